/// One part of a ZeroMQ message: immutable bytes and the object that keeps them alive.
///
/// Invariant: the bytes neither move nor change while `owner` lives. So a transport may lend them to
/// `zmq_msg_init_data` without a copy, retaining `owner` until ZeroMQ is done with them.
package struct Frame: @unchecked Sendable {
    /// Keeps the memory alive: a weights snapshot, a received ZeroMQ message, or this module's own copy.
    package let owner: any AnyObject & Sendable
    private let start: UnsafeRawPointer?
    /// Bytes in this frame.
    package let count: Int

    /// Lends `bytes`, which `owner` keeps alive, unmoved and unchanged.
    package init(owner: any AnyObject & Sendable, bytes: UnsafeRawBufferPointer) {
        self.owner = owner
        start = bytes.baseAddress
        count = bytes.count
    }

    /// Owns a copy of `bytes`.
    package init(copying bytes: UnsafeRawBufferPointer) {
        self.init(count: bytes.count) { $0.copyMemory(from: bytes) }
    }

    /// Owns a copy of the elements' memory, in this machine's byte order (little endian).
    package init<Element: BitwiseCopyable>(copying elements: [Element]) {
        self = elements.withUnsafeBytes { Frame(copying: $0) }
    }

    /// Owns `count` bytes, all of which `initialize` writes.
    package init(count: Int, initialize: (UnsafeMutableRawBufferPointer) -> Void) {
        let memory = FrameMemory(count: count)
        initialize(memory.bytes)
        self.init(owner: memory, bytes: UnsafeRawBufferPointer(memory.bytes))
    }

    /// The bytes of `range`, sharing this frame's memory. `range` lies within `0..<count`.
    package func slice(_ range: Range<Int>) -> Frame {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "slice \(range) of a frame of \(count) bytes")
        return withUnsafeBytes { Frame(owner: owner, bytes: UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Calls `body` with the bytes; they may be unaligned. The pointer is valid as long as `owner` is retained.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: start, count: count))
    }

    /// A copy of the bytes.
    package var bytes: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}

extension Frame: Equatable {
    /// Equal bytes, whoever owns them.
    package static func == (left: Frame, right: Frame) -> Bool {
        left.withUnsafeBytes { left in right.withUnsafeBytes { right in left.elementsEqual(right) } }
    }
}

/// Memory of a frame that owns its bytes. Written only before the frame is handed out.
private final class FrameMemory: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer

    init(count: Int) {
        bytes = .allocate(byteCount: count, alignment: 64)
    }

    deinit {
        bytes.deallocate()
    }
}
