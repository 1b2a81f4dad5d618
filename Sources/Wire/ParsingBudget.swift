import CProtobufC
import Glibc

/// The memory that one unpacking may take: an allocator for protobuf-c that refuses when it is spent.
///
/// Freed memory is not given back to the budget: what counts is how much a message makes us allocate.
final class ParsingBudget {
    let limit: Int
    /// Bytes handed out so far.
    private(set) var spent = 0
    /// Whether an allocation was refused.
    private(set) var isExhausted = false

    init(bytes limit: Int) {
        self.limit = limit
    }

    /// Calls `body` with an allocator that draws on this budget. Whatever was unpacked with it is freed with it, before
    /// `body` returns.
    func withAllocator<Result, Failure: Error>(
        _ body: (UnsafeMutablePointer<ProtobufCAllocator>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var allocator = ProtobufCAllocator(
            alloc: { budget, size in
                budget.flatMap { Unmanaged<ParsingBudget>.fromOpaque($0).takeUnretainedValue().allocate(size) }
            },
            free: { _, block in Glibc.free(block) },
            allocator_data: Unmanaged.passUnretained(self).toOpaque())
        return try body(&allocator)
    }

    private func allocate(_ size: Int) -> UnsafeMutableRawPointer? {
        guard size <= limit - spent else {
            isExhausted = true
            return nil
        }
        spent += size
        return malloc(size)
    }
}
