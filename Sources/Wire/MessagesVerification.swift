/// Asks for the verdict on one response; text only. See `Message.verifyRequest`.
package struct VerifyRequest: Sendable, Equatable {
    /// Chosen by the worker, unique on the connection.
    package var requestID: UInt64
    /// Which verifier, such as "countdown".
    package var kind: String
    /// The lease's `verificationPayload`: a JSON object in UTF-8.
    package var payload: [UInt8]
    package var prompt: String
    package var response: String
    /// From receipt of the request; later the answer is worth nothing.
    package var deadlineMilliseconds: UInt64

    package init(
        requestID: UInt64, kind: String, payload: [UInt8], prompt: String, response: String,
        deadlineMilliseconds: UInt64
    ) {
        self.requestID = requestID
        self.kind = kind
        self.payload = payload
        self.prompt = prompt
        self.response = response
        self.deadlineMilliseconds = deadlineMilliseconds
    }
}

/// What a verifier found. A failure is not a reward: what could not be judged is unknown, never wrong.
package struct WireVerdict: Sendable, Equatable {
    package enum UnknownReason: String, Sendable, Equatable, CaseIterable {
        case timeout
        case crash
        case malformedTask = "malformed_task"
        case unsupported
        case overload
    }

    package enum Judgement: Sendable, Equatable {
        /// Scores are finite.
        case correct(score: Double)
        case wrong(score: Double)
        case unknown(UnknownReason)
    }

    package var judgement: Judgement
    /// Why, in a short sentence for people; may be empty.
    package var detail: String
    /// Member id of the verifier that judged; empty if none did.
    package var verifierID: String
    /// Time spent judging, without queueing.
    package var latencyMilliseconds: Double

    package init(
        judgement: Judgement, detail: String = "", verifierID: String = "", latencyMilliseconds: Double = 0
    ) {
        self.judgement = judgement
        self.detail = detail
        self.verifierID = verifierID
        self.latencyMilliseconds = latencyMilliseconds
    }
}

/// Answers a `VerifyRequest`. See `Message.verdictReply`.
package struct VerdictReply: Sendable, Equatable {
    package var requestID: UInt64
    package var verdict: WireVerdict

    package init(requestID: UInt64, verdict: WireVerdict) {
        self.requestID = requestID
        self.verdict = verdict
    }
}
