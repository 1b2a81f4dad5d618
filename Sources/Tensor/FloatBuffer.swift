import Glibc

/// A zeroed, 64-byte aligned array of fp32. Role: activations, scratch, arenas. Owner: one pass, engine or optimizer at a time.
///
/// A class that hands out its pointer once: numeric loops over class-stored Swift arrays are 25 times slower.
package final class FloatBuffer: @unchecked Sendable {
    private let memory: AlignedMemory
    package let pointer: UnsafeMutablePointer<Float>
    /// Floats.
    package let count: Int

    package init(count: Int) {
        memory = AlignedMemory(byteCount: count * MemoryLayout<Float>.stride)
        pointer = memory.baseAddress.bindMemory(to: Float.self, capacity: max(count, 1))
        self.count = count
    }

    /// A copy of `values`.
    package convenience init(_ values: [Float]) {
        self.init(count: values.count)
        for (index, value) in values.enumerated() { pointer[index] = value }
    }

    /// Sets every element to +0.
    package func zero() { memset(pointer, 0, count * MemoryLayout<Float>.stride) }

    /// The elements, copied.
    package var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }
}
