import Model
import Tensor
import Wire

/// What the live check of promise 5 found in one step.
package struct AuditReport: Sendable, Equatable {
    /// Tokens whose rollout log-probability was compared with the learner's, bit for bit.
    package var checkedTokens = 0
    /// Tokens whose bits differ, or whose span names a hash that its version never had.
    package var mismatches = 0
    /// Tokens of versions that the learner no longer holds.
    package var uncheckedTokens = 0

    static func += (left: inout AuditReport, right: AuditReport) {
        left.checkedTokens += right.checkedTokens
        left.mismatches += right.mismatches
        left.uncheckedTokens += right.uncheckedTokens
    }
}

/// Recomputes the log-probabilities of sampled groups under the very versions that generated them, in the precision that the
/// rollout computes in: a quantised rollout has the same bits everywhere, too. What it differs from the exact forward is no
/// mismatch but the sampler's gap to π_old, which the step's statistics measure.
///
/// Role: promise 5 (one forward) watched in every run, not only in tests. Owner: the trainer.
/// Invariant: holds the versions that may still be consumed, `capacity` at most.
final class ExactnessAudit {
    private let configuration: ModelConfiguration
    private let temperature: Float
    private let arithmetic: ProductArithmetic
    private let precision: ForwardPrecision
    private let capacity: Int
    private var versions: [PolicySnapshot] = []

    /// - Parameter capacity: versions that the staleness bound allows to be consumed.
    init(
        configuration: ModelConfiguration, temperature: Float, arithmetic: ProductArithmetic,
        precision: ForwardPrecision,
        capacity: Int
    ) {
        self.configuration = configuration
        self.temperature = temperature
        self.arithmetic = arithmetic
        self.precision = precision
        self.capacity = capacity
    }

    /// Remembers a published version.
    func add(_ snapshot: PolicySnapshot) {
        versions.append(snapshot)
        if versions.count > capacity { versions.removeFirst() }
    }

    /// Checks one group. Its routes are the rollout's own, so nothing is replayed.
    func check(_ group: Experience, pass: PolicyPass) throws -> AuditReport {
        var report = AuditReport()
        let spans = group.responses.flatMap(\.spans)
        for number in Set(spans.map(\.version)).sorted() {
            guard let snapshot = versions.first(where: { $0.version == number }) else {
                report.uncheckedTokens += spans.reduce(0) { $0 + ($1.version == number ? Int($1.count) : 0) }
                continue
            }
            report += try compare(group, with: snapshot, pass: pass)
        }
        return report
    }

    private func compare(_ group: Experience, with snapshot: PolicySnapshot, pass: PolicyPass) throws -> AuditReport {
        var report = AuditReport()
        let policy = LoadedPolicy(
            snapshot: snapshot, configuration: configuration, arithmetic: arithmetic, precision: precision)
        let batch = PackedBatch.groups([(prompt: group.prompt, responses: group.responses.map(\.tokens))])
        let recomputed = try pass.forward(
            policy, batch, replay: nil, keepActivations: false, temperature: temperature)
        var prediction = 0
        for response in group.responses {
            var token = 0
            for span in response.spans {
                let isThisVersion = span.version == snapshot.version
                for _ in 0..<span.count {
                    if isThisVersion {
                        let ours = recomputed.logProbabilities[prediction].bitPattern
                        let theirs = response.logProbabilities[token].bitPattern
                        report.checkedTokens += 1
                        report.mismatches += ours == theirs && span.sha256 == snapshot.sha256 ? 0 : 1
                    }
                    token += 1
                    prediction += 1
                }
            }
        }
        return report
    }
}
