import Reward
import Wire

extension VerificationRequest {
    /// - Parameter deadline: by which the worker must have the verdict. The verifier has a little less, since a verdict that
    ///   sets out at the deadline comes too late.
    init(_ request: VerifyRequest, deadline: ContinuousClock.Instant) {
        let travel = min(.milliseconds(500), Duration.milliseconds(Int64(clamping: request.deadlineMilliseconds)) / 10)
        self.init(
            prompt: request.prompt, response: request.response,
            task: VerificationTask(kind: request.kind, payload: request.payload), deadline: deadline - travel)
    }

    init(_ canary: Canary, deadline: ContinuousClock.Instant) {
        self.init(prompt: "", response: canary.response, task: canary.task, deadline: deadline)
    }
}

extension VerifyRequest {
    init(_ canary: Canary, patience: Duration) {
        self.init(
            requestID: 0, kind: canary.task.kind, payload: canary.task.payload, prompt: "", response: canary.response,
            deadlineMilliseconds: UInt64(patience / .milliseconds(1)))
    }
}
