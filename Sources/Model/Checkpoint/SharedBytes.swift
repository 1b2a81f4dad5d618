import Glibc

/// Memory that is written once and then shared by reference: weights, tensors on their way through the network.
///
/// Owner: whoever holds a reference; freed with the last one. Invariant: never changes after `init`, hence Sendable. The
/// address is 64-byte aligned when allocated, page-aligned when mapped, as it happens for a part.
package final class SharedBytes: Sendable {
    private enum Storage {
        case allocated
        case mapped(length: Int)
        /// Part of another object's memory.
        case part(of: SharedBytes)
    }

    package let count: Int
    // Immutable after init, so sharing the pointer across threads is safe.
    private nonisolated(unsafe) let base: UnsafeMutableRawPointer
    private let storage: Storage

    /// Allocates `count` bytes (not zeroed) and lets `initialize` write all of them.
    package init<Failure: Error>(
        count: Int, initialize: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        precondition(count >= 0, "negative size")
        base = .allocate(byteCount: max(count, 1), alignment: 64)
        self.count = count
        storage = .allocated
        try initialize(UnsafeMutableRawBufferPointer(start: base, count: count))
    }

    /// A copy of `bytes`.
    package convenience init(copying bytes: UnsafeRawBufferPointer) {
        self.init(count: bytes.count) { $0.copyMemory(from: bytes) }
    }

    /// Takes over a private read-only mapping of `length` bytes.
    init(adoptingMapping base: UnsafeMutableRawPointer, length: Int) {
        self.base = base
        count = length
        storage = .mapped(length: length)
    }

    /// The bytes of `range`, without a copy; keeps the whole alive.
    package init(_ whole: SharedBytes, range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= whole.count, "range outside")
        base = whole.base + range.lowerBound
        count = range.count
        storage = .part(of: whole)
    }

    /// Gives the memory of a mapped file back to the system until it is read again; nothing for allocated memory. To be
    /// called when the bytes have been copied elsewhere and will hardly be read again.
    package func releaseMappedPages() {
        switch storage {
        case .allocated: return
        case .mapped(let length):
            // Advice that is not taken costs memory and nothing else.
            _ = madvise(base, length, MADV_DONTNEED)
        case .part(let whole): whole.releaseMappedPages()
        }
    }

    deinit {
        switch storage {
        case .allocated: base.deallocate()
        case .part: break
        case .mapped(let length):
            let status = munmap(base, length)
            precondition(status == 0, "munmap of a mapping this object owns failed")
        }
    }

    /// The pointer is valid during `body`.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withExtendedLifetime(self) { () throws(Failure) in
            try body(UnsafeRawBufferPointer(start: base, count: count))
        }
    }
}
