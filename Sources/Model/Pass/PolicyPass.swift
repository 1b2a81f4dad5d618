import CKernels
package import Tensor

/// A learner's forward and backward over packed batches. Role: log-probabilities under a policy, and the gradient of a loss in
/// them. Owner: one compute domain; confined to its thread. Owns scratch, activations and the working key/value memory.
package final class PolicyPass {
    package let configuration: ModelConfiguration
    let team: ThreadTeam
    let forward: RowForward
    let head: LanguageModelHead
    let backwardScratch = BackwardScratch()
    private let keeping: RowForward.Keeping
    var recomputesLayers: Bool { keeping == .layerInputs }
    /// Keys and values of one layer at a time.
    private(set) var pool: KeyValuePool
    /// What the last forward with `keepActivations` left for the backward.
    private(set) var kept: KeptForward?

    /// What the backward needs besides the activations.
    struct KeptForward {
        let version: UInt64
        let batch: PackedBatch
        let plan: RowPlan
        let predictions: RowPredictions
        let routes: RoutingTable
        /// Whether the forward was given experts, so that `routes` are not the routers' own.
        let isReplayed: Bool
        let inverseTemperature: Float
        /// Of each row of `predictions`; the entropy in nats.
        let logSumExp: [Float]
        let rowEntropies: [Float]

        /// Indices of segments that belong together: each root with the segments that continue it, in order.
        var trees: [[Int]] {
            var trees: [[Int]] = []
            var treeOfRoot: [Int: Int] = [:]
            for (index, segment) in batch.segments.enumerated() {
                if let tree = segment.prefix.flatMap({ treeOfRoot[$0] }) {
                    trees[tree].append(index)
                } else {
                    treeOfRoot[index] = trees.count
                    trees.append([index])
                }
            }
            return trees
        }
    }

    /// Per prediction of the batch, in its order.
    package struct Result: Sendable {
        /// log p(target | everything before), in nats.
        package var logProbabilities: [Float]
        /// Entropy of the distribution the target was predicted by, in nats.
        package var entropies: [Float]
        /// Experts used, one row per row of the batch.
        package var routes: RoutingTable
    }

    /// `recomputesLayers`: keep only each layer's input for the backward and compute the layer a second time there; memory per
    /// row falls from all activations to hidden size × layers, time grows by about a third. Gradients are the same bit by bit.
    package init(configuration: ModelConfiguration, team: ThreadTeam, recomputesLayers: Bool = false) {
        self.configuration = configuration
        self.team = team
        keeping = recomputesLayers ? .layerInputs : .everything
        forward = RowForward(configuration: configuration, team: team)
        head = LanguageModelHead(configuration: configuration, team: team)
        pool = KeyValuePool(configuration: configuration, layers: 1, blocks: 0)
    }

    /// Log-probabilities of every prediction of `batch` under `policy` at `temperature` (which divides the logits).
    /// `replay` (rows as in the batch) fixes the experts of rows it has recorded. `keepActivations` prepares `backward`.
    package func forward(
        _ policy: LoadedPolicy, _ batch: PackedBatch, replay: RoutingTable? = nil, keepActivations: Bool = false,
        temperature: Float = 1
    ) throws(PolicyPassError) -> Result {
        kept = nil
        try validate(policy, batch, replay: replay, keepActivations: keepActivations, temperature: temperature)
        let plan = RowPlan(batch)
        if pool.blocks < plan.blockCount {
            pool = KeyValuePool(configuration: configuration, layers: 1, blocks: plan.blockCount)
        }
        var routes: RoutingTable? = RoutingTable(
            rows: batch.rowCount, layers: configuration.sparseLayers.count, topK: configuration.experts?.topK ?? 0)
        let stream = forward.run(
            policy, plan, pool: pool, keeping: keepActivations ? keeping : .nothing, replay: replay, routes: &routes)
        let predictions = RowPredictions(batch)
        let inverseTemperature = 1 / temperature
        let (result, logSumExp, rowEntropies) = predict(
            policy, stream: stream, predictions: predictions, inverseTemperature: inverseTemperature, routes: routes)
        if keepActivations {
            kept = KeptForward(
                version: policy.version, batch: batch, plan: plan, predictions: predictions, routes: result.routes,
                isReplayed: replay != nil, inverseTemperature: inverseTemperature, logSumExp: logSumExp,
                rowEntropies: rowEntropies)
        }
        return result
    }

    /// Hands out what the backward needs, once: it overwrites parts of it.
    func takeKept() -> KeptForward? {
        defer { kept = nil }
        return kept
    }

    /// The residual stream that enters layer `index`, or, for the layer count, leaves the last one, as [rows][hidden].
    /// Only after a forward that kept activations; for inspection and tests.
    package func hiddenStates(enteringLayer index: Int) throws(PolicyPassError) -> [Float] {
        guard let kept else { throw .state("hidden states need a forward with keepActivations") }
        let count = kept.batch.rowCount * configuration.hiddenSize
        return Array(UnsafeBufferPointer(start: forward.keptStream(index), count: count))
    }

    private func validate(
        _ policy: LoadedPolicy, _ batch: PackedBatch, replay: RoutingTable?, keepActivations: Bool, temperature: Float
    ) throws(PolicyPassError) {
        guard policy.configuration == configuration else {
            throw .state("the policy belongs to another model configuration than this pass")
        }
        guard temperature > 0, temperature.isFinite else { throw .temperature(temperature) }
        guard policy.isForTraining || !keepActivations else {
            throw .state("the policy was loaded without forTraining: the backward needs its transposed matrices")
        }
        try batch.validate(configuration)
        try replay?.validate(configuration, rows: batch.rowCount)
    }

    private func predict(
        _ policy: LoadedPolicy, stream: UnsafePointer<Float>, predictions: RowPredictions, inverseTemperature: Float,
        routes: RoutingTable?
    ) -> (Result, logSumExp: [Float], rowEntropies: [Float]) {
        let distributions = head.distributions(
            policy, stream: stream, predictions: predictions, inverseTemperature: inverseTemperature)
        var logProbabilities = [Float](repeating: 0, count: predictions.order.count)
        var entropies = logProbabilities
        for row in predictions.rows.indices {
            for index in Int(predictions.offsets[row])..<Int(predictions.offsets[row + 1]) {
                logProbabilities[predictions.order[index]] = LanguageModelHead.logProbability(
                    logit: distributions.targetLogits[index], inverseTemperature: inverseTemperature,
                    logSumExp: distributions.logSumExp[row])
                entropies[predictions.order[index]] = distributions.entropies[row]
            }
        }
        let result = Result(
            logProbabilities: logProbabilities, entropies: entropies,
            routes: routes ?? RoutingTable(rows: 0, layers: 0, topK: 0))
        return (result, distributions.logSumExp, distributions.entropies)
    }
}
