import CKernels
import Tensor

/// Packs the tensors of one snapshot. Role: the only place that knows both the flat layout and the packed form.
struct PolicyLoader {
    let snapshot: PolicySnapshot
    let configuration: ModelConfiguration
    let forTraining: Bool
    /// Of all products but those that `precision` puts into eight bits and those of routers.
    let arithmetic: ProductArithmetic
    let precision: ForwardPrecision

    /// Of the projections, which are nearly all of the work.
    private var projection: ProductArithmetic { precision == .int8 ? .int8 : arithmetic }

    private var type: WeightType { snapshot.precision == .bf16 ? .bfloat16 : .float32 }

    func layers(team: ThreadTeam) -> [LoadedLayer] {
        var loaded = [LoadedLayer?](repeating: nil, count: configuration.layerCount)
        loaded.withUnsafeMutableBufferPointer { loaded in
            let slots = loaded
            team.run(tasks: slots.count) { index in slots[index] = layer(snapshot.layout.layer(index)) }
        }
        return loaded.compactMap { $0 }
    }

    private func layer(_ parameters: LayerParameters) -> LoadedLayer {
        let projections = [parameters.queryProjection, parameters.keyProjection, parameters.valueProjection]
        let biases = projections.compactMap(\.bias)
        return LoadedLayer(
            inputNorm: vector(parameters.inputNorm),
            queryKeyValue: linear(projections.map(\.weight), projection),
            queryKeyValueBias: biases.isEmpty ? nil : FloatBuffer(biases.flatMap { vector($0).values }),
            queryNorm: parameters.queryNorm.map(vector),
            keyNorm: parameters.keyNorm.map(vector),
            output: linear([parameters.outputProjection.weight], projection),
            postAttentionNorm: vector(parameters.postAttentionNorm),
            feedForward: feedForward(parameters.feedForward))
    }

    private func feedForward(_ parameters: FeedForwardParameters) -> LoadedFeedForward {
        switch parameters {
        case .dense(let parameters):
            return .dense(gated(parameters))
        case .sparse(let parameters):
            let shared = parameters.shared.map { shared in
                LoadedSharedExpert(
                    expert: gated(shared.expert), gate: linear([shared.gate], zeroRows: 1, .fp32))
            }
            return .sparse(
                LoadedSparse(
                    router: linear([parameters.router], .fp32), experts: parameters.experts.map(gated), shared: shared))
        }
    }

    private func gated(_ parameters: GatedParameters) -> LoadedGated {
        LoadedGated(
            gateUp: linear([parameters.gate, parameters.up], projection),
            down: linear([parameters.down], projection))
    }

    /// A vector as fp32.
    func vector(_ tensor: ParameterTensor) -> FloatBuffer {
        let vector = FloatBuffer(count: tensor.count)
        snapshot.withTensor(tensor) { bytes in
            FloatConversion.load(
                bytes, as: snapshot.precision,
                to: UnsafeMutableBufferPointer(start: vector.pointer, count: tensor.count))
        }
        return vector
    }

    /// Matrices of equal width stacked, with `zeroRows` rows of zeros below, packed.
    func linear(
        _ tensors: [ParameterTensor], zeroRows: Int = 0, _ arithmetic: ProductArithmetic
    ) -> PackedLinear {
        let inputs = tensors[0].shape[1]
        let outputs = tensors.reduce(0) { $0 + $1.shape[0] } + zeroRows
        let isAdjacent =
            zeroRows == 0 && zip(tensors, tensors.dropFirst()).allSatisfy { $0.range.upperBound == $1.offset }
        return snapshot.bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { preconditionFailure("a policy without weights") }
            let size = snapshot.precision.size
            if isAdjacent {
                return pack(base + tensors[0].offset * size, outputs: outputs, inputs: inputs, arithmetic)
            }
            let stacked = AlignedMemory(byteCount: outputs * inputs * size)
            var end = stacked.baseAddress
            for tensor in tensors {
                end.copyMemory(from: base + tensor.offset * size, byteCount: tensor.count * size)
                end += tensor.count * size
            }
            return pack(stacked.baseAddress, outputs: outputs, inputs: inputs, arithmetic)
        }
    }

    private func pack(
        _ weights: UnsafeRawPointer, outputs: Int, inputs: Int, _ arithmetic: ProductArithmetic
    ) -> PackedLinear {
        PackedLinear(
            forward: PackedMatrix(
                weights: weights, type: type, outputs: outputs, inputs: inputs, arithmetic: arithmetic),
            transposed: forTraining
                ? PackedMatrix(
                    transposing: weights, type: type, rows: outputs, columns: inputs, arithmetic: arithmetic) : nil)
    }
}

/// The token embedding, read row by row from the snapshot's own bytes. Owner: a loaded policy.
struct EmbeddingTable: Sendable {
    private let bytes: SharedBytes
    private let precision: ParameterPrecision
    private let byteOffset: Int
    private let dimension: Int

    init(snapshot: PolicySnapshot) {
        bytes = snapshot.bytes
        precision = snapshot.precision
        byteOffset = snapshot.layout.embedding.offset * snapshot.precision.size
        dimension = snapshot.layout.embedding.shape[1]
    }

    /// Writes the embeddings of `tokens` as fp32 rows to `output` [tokens][hidden].
    func look(up tokens: UnsafeBufferPointer<Int32>, to output: UnsafeMutablePointer<Float>) {
        bytes.withUnsafeBytes { bytes in
            let rowBytes = dimension * precision.size
            for (row, token) in tokens.enumerated() {
                let start = byteOffset + Int(token) * rowBytes
                FloatConversion.load(
                    UnsafeRawBufferPointer(rebasing: bytes[start..<start + rowBytes]), as: precision,
                    to: UnsafeMutableBufferPointer(start: output + row * dimension, count: dimension))
            }
        }
    }
}
