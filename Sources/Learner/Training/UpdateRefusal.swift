/// Why an optimizer update was refused: weights, moments and policy stayed as they were.
package struct UpdateRefusal: Sendable, Equatable, Encodable {
    /// A tensor of the gradient, or of what the update would have made of the weights, that is not finite.
    package struct Tensor: Sendable, Equatable, Encodable {
        package let name: String
        package let elements: Int
        package let nonFinite: Int
    }

    /// A group of the batch in which something is not finite, and what that is.
    package struct Group: Sendable, Equatable, Encodable {
        package let groupID: UInt64
        package let promptIndex: UInt64
        package let what: [String]
    }

    /// What became of the dump of the batch.
    package enum Dump: Sendable, Equatable {
        case written(path: String)
        /// `audit.nonfinite_dumps` are there already, or there is no directory for them.
        case omitted
        case failed(reason: String)
    }

    /// The version that the step consumed, and which of its updates this is, from 1.
    package let version: UInt64
    package let update: Int
    package let reason: String
    package var tensors: [Tensor] = []
    /// Empty when no group alone is to blame, as when finite gradients overflow in their sum.
    package var groups: [Group] = []
    package var dump = Dump.omitted

    init(version: UInt64, update: Int, reason: String) {
        self.version = version
        self.update = update
        self.reason = reason
    }

    private enum CodingKeys: CodingKey { case version, update, reason, tensors, groups }
}
