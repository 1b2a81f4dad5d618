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
    private let reference: LoadedPolicy?
    private let dumps: NonFiniteDumps
    private var policy: LoadedPolicy
    package private(set) var snapshot: PolicySnapshot
    /// Updates attempted, which the learning rate follows.
    private(set) var updates: Int

    /// - Parameters:
    ///   - reference: the policy that the run began with; nil: the one it starts from now. It is kept only for a reference
    ///     penalty and then takes once more the memory of the published weights.
    ///   - dumpDirectory: where updates that are not finite are written; nil for nowhere.
    package init(
        start: TrainingState, reference: PolicySnapshot? = nil, configuration: ModelConfiguration,
        settings: TrainingSettings, dumpDirectory: String? = nil
    ) {
        self.settings = settings
        self.configuration = configuration
        team = ThreadTeam(threads: settings.threads)
        pass = PolicyPass(
            configuration: configuration, team: team, recomputesLayers: settings.recomputesLayers)
        optimizer = start.makeOptimizer(settings.adam, team: team)
        updates = start.optimizer?.updates ?? 0
        gradient = ParameterArena(layout: start.policy.layout)
        audit = ExactnessAudit(
            configuration: configuration, temperature: settings.temperature, arithmetic: settings.arithmetic,
            precision: settings.rolloutPrecision,
            capacity: settings.maximumStaleness + 1)
        self.reference =
            settings.referencePenalty == nil
            ? nil
            : LoadedPolicy(
                snapshot: reference ?? start.policy, configuration: configuration, arithmetic: settings.arithmetic,
                team: team)
        dumps = NonFiniteDumps(directory: dumpDirectory, limit: settings.nonFiniteDumps)
        policy = LoadedPolicy(
            snapshot: start.policy, configuration: configuration, forTraining: true, arithmetic: settings.arithmetic,
            team: team)
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
            GroupAdvantages(rewards: settings.rewards(of: $0), estimator: settings.advantages)
        }
        var report = StepReport(consumingVersion: snapshot.version)
        report.describe(groups, advantages: advantages, overlongPenalty: settings.overlongPenalty)
        report.sampleChoice = SampleChoice(groups, count: settings.sampleResponses)
        report.seconds.audit = try clock.seconds { try runAudit(groups, &report) }

        let miniBatches = split(groups, advantages)
        var old: [[PolicyPass.Result]] = []
        report.seconds.oldPolicy = try clock.seconds {
            guard settings.objective.proximalPolicy == .recomputed else { return }
            // The first mini-batch meets π_θ = π_old in its own forward; only the later ones need a pass before it.
            old = try miniBatches.dropFirst().map { try $0.map(recomputeOldPolicy) }
        }
        report.seconds.update = try clock.seconds {
            for (index, miniBatch) in miniBatches.enumerated() {
                try update(miniBatch, old: index == 0 || old.isEmpty ? nil : old[index - 1], &report)
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
        gradient.zero()
        let evaluation = MiniBatchEvaluation(
            settings: settings, configuration: configuration, pass: pass, policy: policy, reference: reference,
            micros: miniBatch, old: old)
        let parts = try evaluation.run(into: gradient, &report)
        let loss = parts.reduce(0) { $0 + $1.loss }
        let rate = settings.learningRate.rate(step: updates)
        report.loss += loss
        report.learningRate = Double(rate)
        report.updates += 1
        updates += 1
        guard let refusal = apply(loss: loss, rate: rate, &report) else { return }
        report.refusals.append(try explain(refusal, parts, rate: rate, update: report.updates))
    }

    /// Makes the next policy, or says why there is none: then weights, moments and policy are as they were.
    private func apply(loss: Double, rate: Float, _ report: inout StepReport) -> String? {
        guard loss.isFinite else { return "the loss is \(loss)" }
        switch optimizer.step(gradient: gradient, learningRate: rate) {
        case .refused(let refusal): return refusal.description
        case .applied(let norm, _): report.gradientNorm = norm
        }
        guard let next = optimizer.snapshot(version: snapshot.version, precision: snapshot.precision) else {
            preconditionFailure("the optimizer applied an update that is not finite")
        }
        snapshot = next
        policy = LoadedPolicy(
            snapshot: next, configuration: configuration, forTraining: true, arithmetic: settings.arithmetic, team: team
        )
        return nil
    }

    private func explain(
        _ reason: String, _ parts: [EvaluatedBatch], rate: Float, update: Int
    ) throws -> UpdateRefusal {
        var refusal = UpdateRefusal(version: snapshot.version, update: update, reason: reason)
        let broken = gradient.nonFiniteTensors
        let tensors = broken.isEmpty ? optimizer.overflowingTensors(gradient: gradient, learningRate: rate) : broken
        refusal.tensors = tensors.map {
            UpdateRefusal.Tensor(name: $0.name, elements: $0.elements, nonFinite: $0.nonFinite)
        }
        let search = CulpritSearch(
            pass: pass, policy: policy, optimizer: optimizer, temperature: settings.temperature, learningRate: rate)
        refusal.groups = try search.groups(of: parts)
        refusal.dump = dumps.write(refusal, parts)
        return refusal
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
