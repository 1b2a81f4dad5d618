import Learner
import Model
import Objective
import Tensor
import Wire

/// An update written out by hand: the whole mini-batch in one pass, straight from the groups.
///
/// Everything that the trainer adds is absent: micro-batches, pooling across them, the order of passes.
struct ExpectedUpdate {
    let settings: TrainingSettings
    let configuration: ModelConfiguration
    /// π_θ, π_old and π_ref.
    let policy: PolicySnapshot
    let old: PolicySnapshot
    let reference: PolicySnapshot
    let groups: [Experience]

    private var responses: [Experience.Response] { groups.flatMap(\.responses) }

    /// The gradient of the loss in every parameter.
    func gradient() throws -> [Float] {
        let pass = PolicyPass(configuration: configuration, team: ThreadTeam(threads: 1))
        let packed = PackedBatch.groups(groups.map { (prompt: $0.prompt, responses: $0.responses.map(\.tokens)) })
        func forward(_ snapshot: PolicySnapshot, replay: RoutingTable?, keep: Bool = false) throws -> PolicyPass.Result
        {
            try pass.forward(
                LoadedPolicy(snapshot: snapshot, configuration: configuration, forTraining: keep), packed,
                replay: replay, keepActivations: keep, temperature: settings.temperature)
        }
        let rollout = RoutingTable(concatenating: groups.compactMap(\.routes))
        let replay = settings.replay == .rollout ? rollout : nil
        let before = try forward(old, replay: replay)
        let logReference = try forward(reference, replay: nil).logProbabilities
        let loaded = LoadedPolicy(snapshot: policy, configuration: configuration, forTraining: true)
        let current = try pass.forward(
            loaded, packed, replay: settings.replay == .recomputed ? before.routes : replay, keepActivations: true,
            temperature: settings.temperature)

        var batch = batch(current: current.logProbabilities, old: before.logProbabilities)
        _ = settings.weighting.weigh(
            &batch,
            entropyWeights: settings.weighting.entropyMask?.weights(entropies: current.entropies, mask: batch.mask)
                ?? [])
        var result = settings.objective.evaluate(batch)
        let totals = StepTotals(of: [batch])
        _ = settings.referencePenalty?.add(
            to: &result, batch: batch, reference: logReference, aggregation: settings.objective.aggregation,
            totals: totals)
        var derivatives = LossDerivatives(logProbabilities: result.dLogProbabilities)
        if let bonus = settings.entropyBonus {
            derivatives.entropies =
                bonus.evaluate(
                    batch, entropies: current.entropies, aggregation: settings.objective.aggregation, totals: totals
                ).dEntropies
        }
        if settings.loadBalance > 0 {
            derivatives.expertProbabilities = ExpertLoad(
                current.routes.ids, layers: current.routes.layers, topK: current.routes.topK,
                experts: configuration.experts?.count ?? 0
            ).balanceDerivatives(coefficient: settings.loadBalance)
        }
        let gradient = ParameterArena(layout: policy.layout)
        _ = try pass.backward(loaded, derivatives, into: gradient)
        return gradient.buffer.values
    }

    private func batch(current: [Float], old: [Float]) -> ObjectiveBatch {
        let sampler = responses.flatMap(\.logProbabilities)
        let staleness = responses.flatMap { response in
            response.spans.flatMap { Array(repeating: Int(policy.version - $0.version), count: Int($0.count)) }
        }
        let isApproximated = settings.objective.proximalPolicy == .logLinear
        return ObjectiveBatch(
            offsets: responses.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.tokens.count) },
            logProbabilities: current,
            oldLogProbabilities: isApproximated
                ? ProximalPolicy.interpolate(sampler: sampler, current: current, staleness: staleness) : old,
            samplerLogProbabilities: sampler,
            mask: responses.flatMap { Array(repeating: $0.reward != nil, count: $0.tokens.count) },
            advantages: groups.flatMap(advantages))
    }

    private func advantages(_ group: Experience) -> [Float] {
        let rewards = group.responses.map { response in
            response.reward.map { $0 + (settings.overlongPenalty?.penalty(length: response.tokens.count) ?? 0) }
        }
        return GroupAdvantages(rewards: rewards, estimator: settings.advantages).advantages
    }
}
