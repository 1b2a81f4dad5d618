/// Scratch that grows and is never given back, so a step in steady state allocates nothing. Owner: one pass or engine.
/// Invariant: contents are undefined after a `reserve` that had to grow.
package final class ScratchBuffer<Element: BitwiseCopyable> {
    private var memory = AlignedMemory(byteCount: 0)
    /// The memory of the last `reserve`.
    package private(set) var pointer: UnsafeMutablePointer<Element>
    /// Elements held.
    package private(set) var capacity = 0

    package init() {
        pointer = memory.baseAddress.bindMemory(to: Element.self, capacity: 0)
    }

    /// At least `count` elements. Invalidates earlier pointers when it has to grow.
    @discardableResult
    package func reserve(_ count: Int) -> UnsafeMutablePointer<Element> {
        if capacity < count {
            capacity = max(count, capacity * 5 / 4)
            memory = AlignedMemory(byteCount: capacity * MemoryLayout<Element>.stride)
            pointer = memory.baseAddress.bindMemory(to: Element.self, capacity: capacity)
        }
        return pointer
    }
}
