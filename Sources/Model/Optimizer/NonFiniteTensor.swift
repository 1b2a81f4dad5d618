import CKernels

/// A tensor with elements that are not finite.
package struct NonFiniteTensor: Sendable, Equatable {
    package let name: String
    package let elements: Int
    package let nonFinite: Int
}

extension ParameterArena {
    /// The tensors with an element that is NaN or infinite, in the layout's order.
    package var nonFiniteTensors: [NonFiniteTensor] {
        layout.tensors.compactMap { tensor in
            let count = apus_count_nonfinite(tensor.count, pointer(tensor))
            return count == 0 ? nil : NonFiniteTensor(name: tensor.name, elements: tensor.count, nonFinite: count)
        }
    }
}
