package import Tensor

/// The one forward: runs a plan's rows through all decoder layers. Role: both a generation engine's step and a learner's pass
/// are calls of `run`, so equal weights and equal prefixes give equal bits (promise 5). Owner: one engine or pass; confined to
/// its thread.
///
/// Every phase computes rows independently of each other, apart from the keys and values they read. Work is divided among
/// threads by rows or output columns; no sum ever crosses a task.
package final class RowForward {
    package let configuration: ModelConfiguration
    package let team: ThreadTeam
    let rotary: RotaryTable
    let tables = AttentionTables()
    let scratch = ForwardScratch()
    /// Residual streams entering each layer, and that leaving the last; when nothing is kept only two alternate.
    private var streams: [ScratchBuffer<Float>] = []
    private var activations: [LayerActivations] = []
    private var keepsEverything = false
    private let replayedIDs = ScratchBuffer<Int16>()

    /// What survives the forward for a backward.
    package enum Keeping: Sendable {
        case nothing
        /// Each layer's input only; the backward computes the layer again.
        case layerInputs
        /// Everything the backward needs.
        case everything
    }

    package init(configuration: ModelConfiguration, team: ThreadTeam) {
        self.configuration = configuration
        self.team = team
        rotary = RotaryTable(configuration)
    }

    /// Runs the rows of `plan` through all layers and returns the residual stream before the final norm [rows][hidden], valid
    /// until the next call. Keys and values go to `pool`: with as many layers as the model each layer has its own, with one
    /// layer all use the same in turn. `replay` fixes expert ids; `routes` receives those used, if not nil.
    package func run(
        _ policy: LoadedPolicy, _ plan: RowPlan, pool: KeyValuePool, keeping: Keeping = .nothing,
        replay: RoutingTable? = nil, routes: inout RoutingTable?
    ) -> UnsafeMutablePointer<Float> {
        prepare(plan, keeping: keeping)
        let hidden = configuration.hiddenSize
        let first = stream(0, keeping: keeping).reserve(plan.rowCount * hidden)
        plan.tokens.withUnsafeBufferPointer { policy.embedding.look(up: $0, to: first) }
        var sparseIndex = 0
        for index in 0..<configuration.layerCount {
            let output = stream(index + 1, keeping: keeping).reserve(plan.rowCount * hidden)
            let input = stream(index, keeping: keeping).pointer
            let activations = self.activations(ofLayer: index)
            runLayer(
                index, sparseIndex: sparseIndex, policy: policy, plan: plan, pool: pool, replay: replay, input: input,
                output: output, keeping: keepsEverything, activations: activations)
            if case .sparse = policy.layers[index].feedForward {
                routes?.setLayer(sparseIndex, from: activations.expertIDs.pointer)
                sparseIndex += 1
            }
        }
        return stream(configuration.layerCount, keeping: keeping).pointer
    }

    /// One layer; also what recomputation calls. `sparseIndex` is its column in the routing table, if it is sparse; `keeping`
    /// says whether a backward will read `activations`.
    func runLayer(
        _ index: Int, sparseIndex: Int, policy: LoadedPolicy, plan: RowPlan, pool: KeyValuePool, replay: RoutingTable?,
        input: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>, keeping: Bool, activations: LayerActivations
    ) {
        let layer = policy.layers[index]
        let poolLayer = pool.layers == 1 ? 0 : index
        tables.point(plan, at: poolLayer, of: pool)
        attend(layer, plan: plan, pool: pool, poolLayer: poolLayer, input: input, activations: activations)
        switch layer.feedForward {
        case .dense(let gated):
            runDense(gated, rows: plan.rowCount, keeping: keeping, activations: activations, output: output)
        case .sparse(let sparse):
            let replayed = replay.map { table in
                let ids = replayedIDs.reserve(table.rows * table.topK)
                table.copyLayer(sparseIndex, to: ids)
                return UnsafePointer(ids)
            }
            runSparse(
                sparse, rows: plan.rowCount, replay: replayed, keeping: keeping, activations: activations,
                output: output)
        }
    }

    /// The residual stream that entered layer `index` (index = layer count: that left the last). After a run that kept them.
    func keptStream(_ index: Int) -> UnsafeMutablePointer<Float> { streams[index].pointer }

    /// Activations of a layer: its own if everything was kept, else the ones all layers share.
    func activations(ofLayer index: Int) -> LayerActivations {
        activations[keepsEverything ? index : 0]
    }

    private func prepare(_ plan: RowPlan, keeping: Keeping) {
        rotary.reserve(positions: Int(plan.highestPosition) + 1)
        tables.prepare(plan)
        let streamCount = keeping == .nothing ? 2 : configuration.layerCount + 1
        keepsEverything = keeping == .everything
        let activationCount = keepsEverything ? configuration.layerCount : 1
        while streams.count < streamCount { streams.append(ScratchBuffer()) }
        while activations.count < activationCount { activations.append(LayerActivations()) }
    }

    private func stream(_ index: Int, keeping: Keeping) -> ScratchBuffer<Float> {
        streams[keeping == .nothing ? index & 1 : index]
    }
}

/// Memory that lives within one phase of a layer. Owner: a `RowForward`.
final class ForwardScratch {
    /// Per thread, what the attention kernel asks for.
    let attention = ScratchBuffer<Float>()
    /// silu(gate) · up of all rows [R][I], or rounded to bf16.
    let activated = ScratchBuffer<Float>()
    let roundedActivated = ScratchBuffer<UInt16>()
    /// Router logits [R][experts], and logits of the shared expert's gate [R][2].
    let routerLogits = ScratchBuffer<Float>()
    let sharedGateLogits = ScratchBuffer<Float>()
    let sharedGateIDs = ScratchBuffer<Int16>()
    /// Outputs of the routed experts [slots][H] and of the shared one [R][H].
    let expertOutputs = ScratchBuffer<Float>()
    let sharedOutputs = ScratchBuffer<Float>()
    /// Per thread, rows gathered for an expert [64][H] and their activations [64][I].
    let gathered = ScratchBuffer<Float>()
    let gatheredActivated = ScratchBuffer<Float>()
}
