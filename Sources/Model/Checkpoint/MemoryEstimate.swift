/// How much memory a policy needs, said before it is taken. Counts what grows with the model and the batch; code, tokenizer
/// and queues are left out.
package struct MemoryEstimate: Sendable, Equatable {
    package struct Part: Sendable, Equatable {
        package let name: String
        package let bytes: Int
    }

    package let parts: [Part]
    package var bytes: Int { parts.reduce(0) { $0 + $1.bytes } }

    /// Generation: the weights once, packed for the matrix kernels, and keys and values (fp32) of all positions that are
    /// cached at the same time.
    ///
    /// - Parameter positions: of all sequences together.
    package static func serving(_ configuration: ModelConfiguration, positions: Int) -> MemoryEstimate {
        let perPosition =
            KeyValuePool.bytesPerBlock(configuration: configuration, layers: configuration.layerCount)
            / RowPlan.blockPositions
        return MemoryEstimate(parts: [
            Part(name: "weights", bytes: weightBytes(configuration)),
            Part(name: "keys and values of \(positions) positions", bytes: positions * perPosition),
        ])
    }

    /// Training, per learner: the published weights, packed for the forward and, transposed, for the backward; a fp32 master
    /// copy, gradient and two moments; and the activations of one micro-batch.
    ///
    /// - Parameters:
    ///   - rows: tokens of a micro-batch, a group's prompt counted once (`batch.max_tokens_per_microbatch`).
    ///   - heldVersions: earlier published weights that are kept, for the audit and for members that are behind.
    ///   - recomputesLayers: whether only each layer's input is kept for the backward.
    package static func training(
        _ configuration: ModelConfiguration, rows: Int, heldVersions: Int, recomputesLayers: Bool
    ) -> MemoryEstimate {
        let elements = ParameterLayout(configuration).elementCount
        return MemoryEstimate(parts: [
            Part(name: "weights", bytes: weightBytes(configuration)),
            Part(name: "packed for the kernels, twice", bytes: 2 * weightBytes(configuration)),
            Part(name: "\(heldVersions) earlier versions", bytes: heldVersions * weightBytes(configuration)),
            Part(name: "master weights (fp32)", bytes: 4 * elements),
            Part(name: "gradient (fp32)", bytes: 4 * elements),
            Part(name: "two moments (fp32)", bytes: 8 * elements),
            Part(
                name: "activations of \(rows) rows",
                bytes: 4 * rows * activationsPerRow(configuration, recomputesLayers: recomputesLayers)),
        ])
    }

    private static func weightBytes(_ configuration: ModelConfiguration) -> Int {
        ParameterLayout(configuration).byteCount(configuration.precision)
    }

    /// Floats that one row of a micro-batch takes: what `LayerActivations` keeps of each layer, or of one when the others are
    /// computed again, and what the backward of one layer needs besides (`BackwardScratch`).
    private static func activationsPerRow(_ configuration: ModelConfiguration, recomputesLayers: Bool) -> Int {
        let (hidden, query) = (configuration.hiddenSize, configuration.querySize)
        let projections = query + 2 * configuration.keyValueSize
        var inner = configuration.intermediateSize
        if let experts = configuration.experts {
            let sparse = experts.topK * (experts.intermediateSize + hidden) + (experts.sharedIntermediateSize ?? 0)
            inner = max(inner, sparse + experts.count)
        }
        let layer = 3 * hidden + 2 * projections + query + 2 * inner
        let backward = 2 * hidden + 2 * projections + query + 4 * inner
        let layers = configuration.layerCount
        return backward + layers * hidden + (recomputesLayers ? 1 : layers) * layer
    }
}
