import Reward
import Wire

extension VerificationRequest {
    init(_ request: VerifyRequest, deadline: ContinuousClock.Instant) {
        self.init(
            prompt: request.prompt, response: request.response,
            task: VerificationTask(kind: request.kind, payload: request.payload), deadline: deadline)
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
