/// What one ZeroMQ message says: who asks or answers, and the message itself.
package struct Envelope: Sendable, Equatable {
    /// Chosen by the sender, never 0, never reused on a connection; the answer names it.
    package var messageID: UInt64
    /// The `messageID` that this answers, or 0.
    package var inReplyTo: UInt64
    package var message: Message

    package init(messageID: UInt64, inReplyTo: UInt64 = 0, message: Message) {
        self.messageID = messageID
        self.inReplyTo = inReplyTo
        self.message = message
    }
}

/// Every message of the protocol. Any request may be answered by `failure` instead of its answer.
package enum Message: Sendable, Equatable {
    // Membership

    /// Any role → learner: first message on the control connection. Answer: `welcome`.
    case hello(Hello)
    /// Learner → member: the member is in; what the run is.
    case welcome(Welcome)
    /// Any role → learner, once per heartbeat interval. Answer: `heartbeatReply`.
    case heartbeat(Heartbeat)
    /// Learner → member: who else takes part, the newest version, which leases are lost.
    case heartbeatReply(HeartbeatReply)
    /// Any role → any peer: the sender leaves on purpose. No answer.
    case goodbye(Goodbye)

    // Leases

    /// Rollout worker → learner: has room for more groups. Answer: `leaseGrant`, possibly without leases.
    case leaseRequest(LeaseRequest)
    /// Learner → rollout worker: prompts to generate responses for.
    case leaseGrant(LeaseGrant)
    /// Rollout worker → learner: will not finish these leases; issue them again. No answer.
    case leaseReturn(LeaseReturn)

    // Groups

    /// Rollout worker → learner: all responses to one prompt. Answer: `receipt`. Resent until a receipt arrives.
    case groupSubmission(GroupSubmission)
    /// Learner → rollout worker: what became of the group. Whatever the outcome, the worker may now forget the group;
    /// `accepted` means that the learner has taken it over.
    case receipt(Receipt)

    // Verification

    /// Rollout worker → reward verifier: judge one response. Answer: `verdictReply`.
    case verifyRequest(VerifyRequest)
    /// Reward verifier → rollout worker. An unjudged response is a verdict too: unknown, with its reason.
    case verdictReply(VerdictReply)

    // Versions

    /// Learner → parameter broadcaster: a version is out; fetch it from the learner. Answer: `publishReceipt`, sent
    /// when all bytes have arrived and their hash is right.
    case publish(Publish)
    /// Parameter broadcaster → learner: holds the version, hash verified, and serves it.
    case publishReceipt(PublishReceipt)
    /// Parameter broadcaster → all subscribers: this version can be fetched here. May be lost; heartbeats repeat it.
    case versionNotice(VersionNotice)
    /// Rollout worker → parameter broadcaster, and parameter broadcaster → learner: send some bytes. Answer: `chunk`.
    case fetch(Fetch)
    /// The bytes asked for.
    case chunk(Chunk)

    // Refusal

    /// Any peer → any peer, in place of an answer: the request was not done, and why.
    case failure(Failure)
}
