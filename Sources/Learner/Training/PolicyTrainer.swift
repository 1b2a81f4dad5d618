package import Model
import Objective
import Tensor

/// The optimizer's side of the learner: master weights, moments, the current policy, and the step that makes the next one.
///
/// Role: all training arithmetic, synchronous. Owner: the `Trainer` actor, whose thread it never leaves.
/// Invariant: `snapshot` is finite and is exactly what was or will be published; forward passes run on it, never on the
/// fp32 master.
package final class PolicyTrainer {
    private let settings: TrainingSettings
    private let configuration: ModelConfiguration
    private let team: ThreadTeam
    private let pass: PolicyPass
    package let optimizer: AdamW
    private let gradient: ParameterArena
    private let audit: ExactnessAudit
    private var policy: LoadedPolicy
    package private(set) var snapshot: PolicySnapshot
    /// Updates attempted, which the learning rate follows.
    private(set) var updates: Int

    package init(start: TrainingState, configuration: ModelConfiguration, settings: TrainingSettings) {
        self.settings = settings
        self.configuration = configuration
        team = ThreadTeam(threads: settings.threads)
        pass = PolicyPass(configuration: configuration, team: team)
        optimizer = start.makeOptimizer(settings.adam, team: team)
        updates = start.optimizer?.updates ?? 0
        gradient = ParameterArena(layout: start.policy.layout)
        audit = ExactnessAudit(
            configuration: configuration, temperature: settings.temperature, capacity: settings.maximumStaleness + 1)
        policy = LoadedPolicy(
            snapshot: start.policy, configuration: configuration, forTraining: true, team: team)
        snapshot = start.policy
        if settings.auditedGroups > 0 { audit.add(start.policy) }
    }

    /// Where training stands, in memory of its own: another trainer can go on from it.
    package var state: TrainingState {
        TrainingState(policy: snapshot, optimizer: OptimizerState(copying: optimizer, updates: updates))
    }

    /// One step: `miniBatches` updates on the groups of one batch, π_old being the policy before the first.
    package func step(_ groups: [Experience]) throws -> StepReport {
        let clock = ContinuousClock()
        let advantages = groups.map {
            GroupAdvantages(rewards: $0.responses.map(\.reward), estimator: settings.advantages)
        }
        var report = StepReport(consumingVersion: snapshot.version)
        report.describe(groups, advantages: advantages)
        report.seconds.audit = try clock.seconds { try runAudit(groups, &report) }

        let miniBatches = split(groups, advantages)
        var old: [[PolicyPass.Result]] = []
        report.seconds.oldPolicy = try clock.seconds {
            // The first mini-batch meets π_θ = π_old in its own forward; only the later ones need a pass before it.
            old = try miniBatches.dropFirst().map { try $0.map(recomputeOldPolicy) }
        }
        report.seconds.update = try clock.seconds {
            for (index, miniBatch) in miniBatches.enumerated() {
                try update(miniBatch, old: index == 0 ? nil : old[index - 1], &report)
            }
        }
        snapshot = snapshot.renumbered(snapshot.version + 1)
        if settings.auditedGroups > 0 { audit.add(snapshot) }
        return report
    }

    private func runAudit(_ groups: [Experience], _ report: inout StepReport) throws {
        let count = min(settings.auditedGroups, groups.count)
        for index in 0..<count {
            report.audit += try audit.check(groups[index * groups.count / count], pass: pass)
        }
    }

    /// Mini-batches of micro-batches; groups stay whole.
    private func split(_ groups: [Experience], _ advantages: [GroupAdvantages]) -> [[MicroBatch]] {
        MiniBatches.split(groups: groups.count, into: settings.miniBatches).map { miniBatch in
            let parts = MicroBatch.cut(miniBatch, rows: { groups[$0].rows }, maximumRows: settings.maximumRows)
            return parts.map { part in
                MicroBatch(
                    part.map { groups[$0] }, advantages: part.map { advantages[$0] }, version: snapshot.version,
                    configuration: configuration)
            }
        }
    }

    private func recomputeOldPolicy(_ micro: MicroBatch) throws -> PolicyPass.Result {
        try pass.forward(
            policy, micro.batch, replay: settings.replay == .rollout ? micro.rolloutRoutes : nil,
            keepActivations: false, temperature: settings.temperature)
    }

    /// One optimizer update on the micro-batches of a mini-batch, refused as a whole when anything is not finite.
    private func update(_ miniBatch: [MicroBatch], old: [PolicyPass.Result]?, _ report: inout StepReport) throws {
        var totals = StepTotals(sequences: 0, tokens: 0)
        for micro in miniBatch {
            totals.sequences += micro.totals.sequences
            totals.tokens += micro.totals.tokens
        }
        gradient.zero()
        var loss = 0.0
        for (index, micro) in miniBatch.enumerated() {
            let old = old?[index]
            let routes: RoutingTable? =
                switch settings.replay {
                case .none: nil
                case .recomputed: old?.routes
                case .rollout: micro.rolloutRoutes
                }
            let current = try pass.forward(
                policy, micro.batch, replay: routes, keepActivations: true, temperature: settings.temperature)
            var batch = micro.objectiveBatch(
                logProbabilities: current.logProbabilities,
                oldLogProbabilities: old?.logProbabilities ?? current.logProbabilities)
            batch.multiplyWeights(by: settings.correction.weights(batch))
            let result = settings.objective.evaluate(batch, totals: totals)
            loss += result.loss
            report.statistics += StalenessStatistics(
                of: batch, result, entropies: current.entropies, rewards: micro.rewards)
            report.outcomes += micro.outcomes(batch, result)
            // Replayed experts say nothing of what the learner's router would have chosen.
            report.compareRoutes(micro, native: settings.replay == .rollout ? nil : old?.routes ?? current.routes)
            try pass.backward(policy, dLogProbabilities: result.dLogProbabilities, into: gradient)
        }
        apply(loss: loss, &report)
    }

    private func apply(loss: Double, _ report: inout StepReport) {
        let rate = settings.learningRate.rate(step: updates)
        report.loss += loss
        report.learningRate = Double(rate)
        report.updates += 1
        updates += 1
        guard loss.isFinite else {
            report.skippedUpdates += 1
            return
        }
        guard case .applied(let norm, _) = optimizer.step(gradient: gradient, learningRate: rate),
            let next = optimizer.snapshot(version: snapshot.version, precision: snapshot.precision)
        else {
            report.skippedUpdates += 1
            return
        }
        report.gradientNorm = norm
        snapshot = next
        policy = LoadedPolicy(snapshot: next, configuration: configuration, forTraining: true, team: team)
    }
}

extension ContinuousClock {
    /// Seconds that `body` took.
    func seconds<Failure: Error>(_ body: () throws(Failure) -> Void) throws(Failure) -> Double {
        let start = now
        try body()
        return (now - start) / .seconds(1)
    }
}
