package import Model
import Tensor

extension PolicySnapshot {
    /// The same version in fp32, each weight replaced by what `move` makes of its index and value.
    package func moved(_ move: (Int, Float) -> Float) -> PolicySnapshot {
        let master = ParameterArena(self)
        for index in 0..<master.buffer.count {
            master.buffer.pointer[index] = move(index, master.buffer.pointer[index])
        }
        return PolicySnapshot(
            version: version, precision: .fp32, layout: layout,
            master: UnsafeBufferPointer(start: master.buffer.pointer, count: master.buffer.count))
    }

    /// This policy plus `distance` times another one, weight by weight.
    package func moved(by distance: Float, along direction: PolicySnapshot) -> PolicySnapshot {
        let direction = ParameterArena(direction)
        return moved { $1 + distance * direction.buffer.pointer[$0] }
    }
}
