import Reward
import Transport
import Wire

/// Who asked for a verdict.
enum VerificationSource: Sendable, Hashable {
    case worker(PeerID)
    /// This process itself, to see whether it judges rightly.
    case canary(Int)
}

/// Requests of one sort, and the threads that judge them.
///
/// Role: keeps verdicts that take microseconds from waiting behind those that take seconds. Owner: the verifier actor.
/// Invariant: a thread has one request at a time.
struct VerificationLane {
    var intake: VerificationIntake<VerificationSource>
    let threads: [VerificationThread]
    var idle: [Int]

    init(name: String, count: Int, registry: VerifierRegistry) {
        intake = VerificationIntake(limits: .init(items: 4_096, bytes: 64 << 20))
        threads = (0..<count).map { VerificationThread(name: "apus-\(name)-\($0)", registry: registry) }
        idle = Array(0..<count)
    }

    /// Whether no thread judges.
    var isIdle: Bool { idle.count == threads.count }
}
