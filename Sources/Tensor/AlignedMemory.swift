import Glibc

/// Zeroed, aligned memory for kernels. Role: the one way Apus allocates numeric memory. Owner: whoever holds the reference;
/// the memory lives exactly as long. Invariant: `baseAddress` is aligned to 64 bytes (a cache line and an AVX-512 register).
///
/// Sendable by convention, not by locking: the owner decides who writes when.
package final class AlignedMemory: @unchecked Sendable {
    package let baseAddress: UnsafeMutableRawPointer
    /// Usable bytes.
    package let byteCount: Int

    private static let cacheLine = 64
    private static let hugePage = 2 << 20
    /// What to unmap, or nil when the memory came from the heap.
    private let mapping: UnsafeMutableRawBufferPointer?

    /// Allocates `byteCount` zero bytes. Running out of memory ends the process: no caller could go on.
    package init(byteCount: Int) {
        precondition(byteCount >= 0, "negative size")
        self.byteCount = byteCount
        if byteCount >= Self.hugePage {
            // Pages of a mapping are zero and cost nothing until touched; 2 MiB pages make long streams of weights cheaper.
            let size = byteCount + Self.hugePage
            let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
            guard let start, start != MAP_FAILED else { fatalError("out of memory: cannot map \(size) bytes") }
            let offset = -Int(bitPattern: start) & (Self.hugePage - 1)
            baseAddress = start + offset
            mapping = UnsafeMutableRawBufferPointer(start: start, count: size)
            madvise(baseAddress, byteCount, MADV_HUGEPAGE)
        } else {
            let size = (max(byteCount, 1) + Self.cacheLine - 1) / Self.cacheLine * Self.cacheLine
            guard let memory = aligned_alloc(Self.cacheLine, size) else {
                fatalError("out of memory: cannot allocate \(size) bytes")
            }
            memset(memory, 0, size)
            baseAddress = memory
            mapping = nil
        }
    }

    deinit {
        if let mapping { munmap(mapping.baseAddress, mapping.count) } else { free(baseAddress) }
    }
}
