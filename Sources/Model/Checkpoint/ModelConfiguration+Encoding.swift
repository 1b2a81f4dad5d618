import JSON

extension ModelConfiguration {
    /// The text of a config.json that transformers loads. Fields that versions 4 and 5 name differently are written under
    /// both names.
    package func json() -> [UInt8] {
        var object = JSONObject()
        object.append("architectures", .array([.string(family.definition.transformersClass)]))
        object.append("model_type", .string(family.rawValue))
        object.append("vocab_size", .integer(vocabularySize))
        object.append("hidden_size", .integer(hiddenSize))
        object.append("intermediate_size", .integer(intermediateSize))
        object.append("num_hidden_layers", .integer(layerCount))
        object.append("num_attention_heads", .integer(headCount))
        object.append("num_key_value_heads", .integer(keyValueHeadCount))
        object.append("head_dim", .integer(headDimension))
        object.append("hidden_act", .string("silu"))
        object.append("attention_dropout", .number(0))
        object.append("initializer_range", .number(0.02))
        for flag in family.definition.flags(self) { object.append(flag.name, .boolean(flag.value)) }
        if let experts { append(experts, to: &object) }
        object.append("max_position_embeddings", .integer(maximumPositions))
        object.append("rms_norm_eps", .number(Double(normEpsilon.description) ?? Double(normEpsilon)))
        rotary.append(to: &object)
        object.append("tie_word_embeddings", .boolean(tiesEmbeddings))
        object.append("use_cache", .boolean(true))
        object.append("bos_token_id", beginToken.map { .integer(Int($0)) } ?? .null)
        object.append("eos_token_id", Self.value(of: endTokens))
        object.append("pad_token_id", paddingToken.map { .integer(Int($0)) } ?? .null)
        object.append("dtype", .string(precision.configurationName))
        object.append("torch_dtype", .string(precision.configurationName))
        return JSONWriter.write(.object(object), indented: true)
    }

    private func append(_ experts: Experts, to object: inout JSONObject) {
        object.append("num_experts", .integer(experts.count))
        object.append("num_experts_per_tok", .integer(experts.topK))
        object.append("moe_intermediate_size", .integer(experts.intermediateSize))
        object.append("norm_topk_prob", .boolean(experts.normalisesTopK))
        if let shared = experts.sharedIntermediateSize {
            object.append("shared_expert_intermediate_size", .integer(shared))
        }
        object.append("decoder_sparse_step", .integer(experts.sparseStep))
        object.append("mlp_only_layers", .array(experts.denseLayers.map { .integer($0) }))
        object.append("output_router_logits", .boolean(false))
        object.append("router_aux_loss_coef", .number(0.001))
    }

    static func value(of tokens: [Int32]) -> JSONValue {
        switch tokens.count {
        case 0: .null
        case 1: .integer(Int(tokens[0]))
        default: .array(tokens.map { .integer(Int($0)) })
        }
    }
}

extension RotaryEmbedding {
    fileprivate func append(to object: inout JSONObject) {
        var parameters = scalingParameters
        object.append("rope_theta", .number(theta))
        object.append("rope_scaling", scaling == .none ? .null : .object(parameters))
        parameters.append("rope_theta", .number(theta))
        object.append("rope_parameters", .object(parameters))
    }

    private var scalingParameters: JSONObject {
        var object = JSONObject()
        switch scaling {
        case .none: object.append("rope_type", .string("default"))
        case .linear(let factor):
            object.append("rope_type", .string("linear"))
            object.append("factor", .number(factor))
        case .yarn(let yarn):
            object.append("rope_type", .string("yarn"))
            object.append("factor", .number(yarn.factor))
            object.append("original_max_position_embeddings", .integer(yarn.originalPositions))
            object.append("beta_fast", .number(yarn.betaFast))
            object.append("beta_slow", .number(yarn.betaSlow))
            if let factor = yarn.attentionFactor { object.append("attention_factor", .number(factor)) }
            object.append("truncate", .boolean(yarn.truncates))
        case .llama3(let llama3):
            object.append("rope_type", .string("llama3"))
            object.append("factor", .number(llama3.factor))
            object.append("low_freq_factor", .number(llama3.lowFrequencyFactor))
            object.append("high_freq_factor", .number(llama3.highFrequencyFactor))
            object.append("original_max_position_embeddings", .integer(llama3.originalPositions))
        }
        return object
    }
}
