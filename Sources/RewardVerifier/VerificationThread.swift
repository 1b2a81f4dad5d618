import Execution
import Reward
import Wire

/// One thread on which verifiers run, so that a slow one never holds up sockets or other actors.
actor VerificationThread {
    private let executor: ThreadExecutor
    private let registry: VerifierRegistry

    init(name: String, registry: VerifierRegistry) {
        executor = ThreadExecutor(name: name)
        self.registry = registry
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// The judgement of one response, and the milliseconds it took.
    func judge(_ request: VerificationRequest) -> (judgement: Judgement, milliseconds: Double) {
        let start = ContinuousClock.now
        let judgement = registry.judge(request)
        return (judgement, (ContinuousClock.now - start) / .milliseconds(1))
    }

    nonisolated func shutdown() { executor.shutdown() }
}

extension WireVerdict.Judgement {
    init(_ verdict: Verdict) {
        self =
            switch verdict {
            case .correct(let score): .correct(score: score)
            case .wrong(let score): .wrong(score: score)
            case .unknown(.timeout): .unknown(.timeout)
            case .unknown(.crash): .unknown(.crash)
            case .unknown(.malformedTask): .unknown(.malformedTask)
            case .unknown(.unsupported): .unknown(.unsupported)
            case .unknown(.overload): .unknown(.overload)
            }
    }
}
