import Model
import Objective

/// One micro-batch after its forward and backward: what a refused update is explained from.
struct EvaluatedBatch {
    let micro: MicroBatch
    /// What the objective saw, weights included.
    let batch: ObjectiveBatch
    let derivatives: LossDerivatives
    /// Experts given to the forward; nil when the router chose.
    let replay: RoutingTable?
    /// Its part of the mini-batch's loss, penalties included.
    let loss: Double
}

/// The loss of a mini-batch and its gradient.
///
/// Role: the arithmetic of an update up to the optimizer. Owner: `PolicyTrainer`, for one update. All denominators and
/// everything that is pooled come from the mini-batch as a whole, so its cut into micro-batches changes no result but the
/// order of fp32 sums.
struct MiniBatchEvaluation {
    let settings: TrainingSettings
    let configuration: ModelConfiguration
    let pass: PolicyPass
    let policy: LoadedPolicy
    /// What `settings.referencePenalty` refers to.
    let reference: LoadedPolicy?
    let micros: [MicroBatch]
    /// The π_old pass of each micro-batch; nil when π_old is π_θ, or approximated.
    let old: [PolicyPass.Result]?

    /// Adds the gradient to `gradient` and what there is to say of it to `report`.
    func run(into gradient: ParameterArena, _ report: inout StepReport) throws(PolicyPassError) -> [EvaluatedBatch] {
        var totals = StepTotals(sequences: 0, tokens: 0)
        for micro in micros { totals += micro.totals }
        var pooled: PooledTerms?
        if settings.needsSurvey, micros.count > 1 {
            pooled = PooledTerms(settings, configuration, micros, try survey())
        }
        var parts: [EvaluatedBatch] = []
        for index in micros.indices {
            let logReference = try logReference(micros[index])
            let current = try forward(index, keepActivations: true)
            let pooled = pooled ?? PooledTerms(settings, configuration, micros, [current])
            parts.append(
                try evaluate(
                    index, current, logReference: logReference, pooled: pooled, totals: totals, into: gradient, &report)
            )
        }
        return parts
    }

    /// A forward of the whole mini-batch before the first gradient, for what is pooled over it.
    private func survey() throws(PolicyPassError) -> [PolicyPass.Result] {
        var results: [PolicyPass.Result] = []
        for index in micros.indices { results.append(try forward(index, keepActivations: false)) }
        return results
    }

    private func forward(_ index: Int, keepActivations: Bool) throws(PolicyPassError) -> PolicyPass.Result {
        try pass.forward(
            policy, micros[index].batch, replay: replay(index), keepActivations: keepActivations,
            temperature: settings.temperature)
    }

    private func replay(_ index: Int) -> RoutingTable? {
        switch settings.replay {
        case .none: nil
        case .recomputed: old?[index].routes
        case .rollout: micros[index].rolloutRoutes
        }
    }

    /// log π_ref, with the reference's own choice of experts.
    private func logReference(_ micro: MicroBatch) throws(PolicyPassError) -> [Float]? {
        guard let reference, settings.referencePenalty != nil else { return nil }
        return try pass.forward(reference, micro.batch, temperature: settings.temperature).logProbabilities
    }

    private func logOld(_ index: Int, _ current: PolicyPass.Result) -> [Float] {
        switch settings.objective.proximalPolicy {
        case .recomputed: old?[index].logProbabilities ?? current.logProbabilities
        case .logLinear:
            ProximalPolicy.interpolate(
                sampler: micros[index].samplerLogProbabilities, current: current.logProbabilities,
                staleness: micros[index].tokenStaleness)
        }
    }

    private func evaluate(
        _ index: Int, _ current: PolicyPass.Result, logReference: [Float]?, pooled: PooledTerms, totals: StepTotals,
        into gradient: ParameterArena, _ report: inout StepReport
    ) throws(PolicyPassError) -> EvaluatedBatch {
        let micro = micros[index]
        var batch = micro.objectiveBatch(
            logProbabilities: current.logProbabilities, oldLogProbabilities: logOld(index, current))
        report.weights += settings.weighting.weigh(&batch, entropyWeights: pooled.entropyWeights[index])
        var result = settings.objective.evaluate(batch, totals: totals)
        if let penalty = settings.referencePenalty, let logReference {
            report.reference += penalty.add(
                to: &result, batch: batch, reference: logReference, aggregation: settings.objective.aggregation,
                totals: totals)
        }
        report.statistics += StalenessStatistics(
            of: batch, result, entropies: current.entropies, rewards: micro.rewards)
        report.outcomes += micro.outcomes(batch, result)
        report.samples += micro.samples(report.sampleChoice, batch, entropies: current.entropies)
        var derivatives = LossDerivatives(
            logProbabilities: result.dLogProbabilities, expertProbabilities: pooled.expertDerivatives)
        var loss = result.loss
        if let bonus = settings.entropyBonus {
            let part = bonus.evaluate(
                batch, entropies: current.entropies, aggregation: settings.objective.aggregation, totals: totals)
            derivatives.entropies = part.dEntropies
            report.entropyBonusLoss += part.loss
            loss += part.loss
        }
        let routers = try pass.backward(policy, derivatives, into: gradient)
        report.balanceLoss += routers.balanceLoss
        report.compareRoutes(micro, own: routers.ownRoutes ?? current.routes)
        report.addLoad(current.routes, configuration)
        return EvaluatedBatch(
            micro: micro, batch: batch, derivatives: derivatives, replay: replay(index),
            loss: loss + routers.balanceLoss)
    }
}

/// What depends on all of a mini-batch: which tokens have the highest entropy, and how its rows fall on the experts.
private struct PooledTerms {
    /// `[micro-batches][tokens]` weights of the entropy mask; empty lists without one.
    let entropyWeights: [[Float]]
    /// `[sparse layers][experts]`; empty without a load-balancing loss.
    let expertDerivatives: [[Float]]

    /// - Parameter results: forwards of all `micros`; not read when nothing is pooled.
    init(
        _ settings: TrainingSettings, _ configuration: ModelConfiguration, _ micros: [MicroBatch],
        _ results: [PolicyPass.Result]
    ) {
        if let mask = settings.weighting.entropyMask {
            let weights = mask.weights(entropies: results.flatMap(\.entropies), mask: micros.flatMap(\.mask))
            var start = 0
            entropyWeights = micros.map { micro in
                defer { start += micro.tokenCount }
                return Array(weights[start..<start + micro.tokenCount])
            }
        } else {
            entropyWeights = micros.map { _ in [] }
        }
        var load: ExpertLoad?
        if settings.loadBalance > 0 {
            for result in results { load.add(result.routes, configuration) }
        }
        expertDerivatives = load?.balanceDerivatives(coefficient: settings.loadBalance) ?? []
    }
}

extension ExpertLoad? {
    /// Adds the choices of a pass; a dense model has none.
    mutating func add(_ routes: RoutingTable, _ configuration: ModelConfiguration) {
        guard let experts = configuration.experts, routes.layers > 0 else { return }
        let load = ExpertLoad(routes.ids, layers: routes.layers, topK: routes.topK, experts: experts.count)
        if self == nil { self = load } else { self? += load }
    }
}
