/// Why a request was refused.
package enum FailureCode: String, Sendable, Equatable, CaseIterable {
    /// The peer speaks another protocol version. Not worth retrying.
    case incompatibleProtocol = "incompatible_protocol"
    /// The learner has another run than the one asked for. Not worth retrying.
    case wrongRun = "wrong_run"
    /// The message is not what the protocol says. Not worth retrying.
    case malformed
    /// The message is larger than the receiver takes. Not worth retrying.
    case oversized
    /// The sender may not ask this.
    case unauthorised
    /// The learner does not know the sender (it has restarted, or gave the sender up): say `hello` again.
    case unknownMember = "unknown_member"
    /// The version asked for is not held here (any more).
    case unknownVersion = "unknown_version"
    /// Too much to do: ask again later.
    case overloaded
    /// The receiver leaves: ask another, or again later.
    case shuttingDown = "shutting_down"
    /// A fault of the receiver.
    case `internal`
    /// What was asked for is not offered here, or not any more: ask another.
    case notOffered = "not_offered"
}

/// The request was not done. See `Message.failure`.
package struct Failure: Sendable, Equatable {
    package var code: FailureCode
    /// For people: what was wrong, with the offending value, and what to do.
    package var message: String

    package init(code: FailureCode, message: String) {
        self.code = code
        self.message = message
    }
}
