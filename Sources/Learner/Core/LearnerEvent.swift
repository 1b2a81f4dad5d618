package import Wire

/// Something that happened at the learner and belongs in its log.
package enum LearnerEvent: Sendable {
    case memberJoined(Member)
    case memberRefused(Member, Failure)
    case memberLeft(Member, reason: String)
    /// A member answered with a failure.
    case memberFailed(Member, Failure)
    /// Groups whose lease ended without a submission; they will be leased again.
    case leasesTakenBack(groups: [UInt64], from: Member?, reason: String)
    /// A submission that was not taken.
    case groupRefused(groupID: UInt64, from: Member, reason: String, message: String)
    /// Groups dropped because their tokens are too old; their prompts will be issued again.
    case overAge(groups: [UInt64])
    /// Too many verdicts are unknown: something that judges, or a task, is broken.
    case unknownShare(VerdictWatch.Window)
    /// The policy knows the newest of the task's sources well enough for the next one, counted from 0.
    case sourceOpened(Int, successRate: Double)
    /// A broadcaster holds a version and serves it.
    case versionServed(VersionIdentity, by: Member)
}
