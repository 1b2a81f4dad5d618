/// Lays tensors out back to back, in the canonical order of `ParameterLayout`.
struct ParameterLayoutBuilder {
    private(set) var tensors: [ParameterTensor] = []
    private(set) var offset = 0

    mutating func append(_ name: String, _ shape: [Int]) -> ParameterTensor {
        let tensor = ParameterTensor(name: name, shape: shape, offset: offset, count: shape.reduce(1, *))
        tensors.append(tensor)
        offset += tensor.count
        return tensor
    }

    mutating func appendLayer(_ index: Int, _ configuration: ModelConfiguration) -> LayerParameters {
        let prefix = "model.layers.\(index)."
        let hidden = configuration.hiddenSize
        let hasBias = configuration.hasProjectionBias
        let (querySize, keyValueSize) = (configuration.querySize, configuration.keyValueSize)
        // Arguments are evaluated in this order, which is the canonical one.
        return LayerParameters(
            inputNorm: append(prefix + "input_layernorm.weight", [hidden]),
            queryProjection: appendLinear(prefix + "self_attn.q_proj", [querySize, hidden], hasBias: hasBias),
            keyProjection: appendLinear(prefix + "self_attn.k_proj", [keyValueSize, hidden], hasBias: hasBias),
            valueProjection: appendLinear(prefix + "self_attn.v_proj", [keyValueSize, hidden], hasBias: hasBias),
            outputProjection: appendLinear(prefix + "self_attn.o_proj", [hidden, querySize], hasBias: false),
            queryNorm: appendHeadNorm(prefix + "self_attn.q_norm.weight", configuration),
            keyNorm: appendHeadNorm(prefix + "self_attn.k_norm.weight", configuration),
            postAttentionNorm: append(prefix + "post_attention_layernorm.weight", [hidden]),
            feedForward: appendFeedForward(prefix + "mlp.", layer: index, configuration))
    }

    private mutating func appendLinear(_ name: String, _ shape: [Int], hasBias: Bool) -> LinearParameters {
        LinearParameters(
            weight: append(name + ".weight", shape),
            bias: hasBias ? append(name + ".bias", [shape[0]]) : nil)
    }

    private mutating func appendHeadNorm(_ name: String, _ configuration: ModelConfiguration) -> ParameterTensor? {
        configuration.hasQueryKeyNorm ? append(name, [configuration.headDimension]) : nil
    }

    private mutating func appendGated(_ prefix: String, inner: Int, hidden: Int) -> GatedParameters {
        GatedParameters(
            gate: append(prefix + "gate_proj.weight", [inner, hidden]),
            up: append(prefix + "up_proj.weight", [inner, hidden]),
            down: append(prefix + "down_proj.weight", [hidden, inner]))
    }

    private mutating func appendFeedForward(
        _ prefix: String, layer: Int, _ configuration: ModelConfiguration
    ) -> FeedForwardParameters {
        let hidden = configuration.hiddenSize
        guard let experts = configuration.experts, configuration.isSparse(layer: layer) else {
            return .dense(appendGated(prefix, inner: configuration.intermediateSize, hidden: hidden))
        }
        let router = append(prefix + "gate.weight", [experts.count, hidden])
        let gated = (0..<experts.count).map { expert in
            appendGated(prefix + "experts.\(expert).", inner: experts.intermediateSize, hidden: hidden)
        }
        let shared = experts.sharedIntermediateSize.map { inner in
            SharedExpertParameters(
                expert: appendGated(prefix + "shared_expert.", inner: inner, hidden: hidden),
                gate: append(prefix + "shared_expert_gate.weight", [1, hidden]))
        }
        return .sparse(SparseParameters(router: router, experts: gated, shared: shared))
    }
}
