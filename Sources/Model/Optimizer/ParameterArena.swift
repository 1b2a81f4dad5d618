package import Tensor

/// One fp32 value per parameter, in the canonical order of the layout. Role: gradients, master weights, moments.
/// Owner: the learner; whoever writes has it to himself. One contiguous buffer, so hashing, clipping and Adam are plain loops.
package final class ParameterArena {
    package let layout: ParameterLayout
    package let buffer: FloatBuffer

    /// All zeros.
    package init(layout: ParameterLayout) {
        self.layout = layout
        buffer = FloatBuffer(count: layout.elementCount)
    }

    /// The same values in memory of its own.
    package convenience init(copying other: ParameterArena) {
        self.init(layout: other.layout)
        buffer.pointer.update(from: other.buffer.pointer, count: other.buffer.count)
    }

    /// The weights of `snapshot` as fp32.
    package convenience init(_ snapshot: PolicySnapshot) {
        self.init(layout: snapshot.layout)
        snapshot.copy(to: UnsafeMutableBufferPointer(start: buffer.pointer, count: buffer.count))
    }

    package func zero() { buffer.zero() }

    /// Where a tensor of the layout begins.
    package func pointer(_ tensor: ParameterTensor) -> UnsafeMutablePointer<Float> { buffer.pointer + tensor.offset }

    /// The elements of one tensor, copied.
    package func values(_ tensor: ParameterTensor) -> [Float] {
        Array(UnsafeBufferPointer(start: pointer(tensor), count: tensor.count))
    }
}
