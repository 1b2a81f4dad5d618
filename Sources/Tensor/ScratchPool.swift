import Execution

/// Memory that matrix products borrow for their length: what the heap would map and clear anew for each of them.
///
/// Owner: the process; products of all threads share it. Invariant: holds at most `capacity` blocks that nobody uses.
enum ScratchPool {
    private static let free = Lock<[AlignedMemory]>([])
    private static let capacity = 16

    /// Calls `body` with memory for `count` elements of undefined content, aligned to 64 bytes.
    static func with<Element: BitwiseCopyable>(
        count: Int, of type: Element.Type, _ body: (UnsafeMutablePointer<Element>) -> Void
    ) {
        let byteCount = count * MemoryLayout<Element>.stride
        let memory = take(byteCount) ?? AlignedMemory(byteCount: (max(byteCount, 4096) - 1).roundedUpToPowerOfTwo)
        defer { putBack(memory) }
        body(memory.baseAddress.bindMemory(to: type, capacity: count))
    }

    /// The smallest free block that is large enough.
    private static func take(_ byteCount: Int) -> AlignedMemory? {
        free.withLock { free in
            let fitting = free.indices.filter { free[$0].byteCount >= byteCount }
            return fitting.min { free[$0].byteCount < free[$1].byteCount }.map { free.remove(at: $0) }
        }
    }

    /// Where there are enough, the smallest goes.
    private static func putBack(_ memory: AlignedMemory) {
        free.withLock { free in
            free.append(memory)
            guard free.count > capacity else { return }
            if let smallest = free.indices.min(by: { free[$0].byteCount < free[$1].byteCount }) {
                free.remove(at: smallest)
            }
        }
    }
}

extension Int {
    /// The least power of two above it.
    fileprivate var roundedUpToPowerOfTwo: Int { 1 << (Int.bitWidth - leadingZeroBitCount) }
}
