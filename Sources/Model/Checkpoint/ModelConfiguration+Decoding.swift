import JSON

extension ModelConfiguration {
    /// Reads the text of a config.json, of transformers 4 or 5.
    package init(json bytes: UnsafeRawBufferPointer) throws(ConfigurationError) {
        let document: JSONValue
        do throws(JSONError) { document = try JSONValue.parse(bytes) } catch { throw .notJSON(error) }
        guard case .object(let object) = document else {
            throw .wrongType(field: "config.json", expected: "an object")
        }
        try self.init(ConfigurationFields(object))
    }

    private init(_ fields: ConfigurationFields) throws(ConfigurationError) {
        let name = try fields.required("model_type", fields.string("model_type"))
        guard let family = Family(rawValue: name) else {
            let known = Family.allCases.map(\.rawValue).joined(separator: ", ")
            throw .unsupported(field: "model_type", value: name, supported: known)
        }
        try Self.refuseUnsupported(fields, family: family)
        func integer(_ field: String) throws(ConfigurationError) -> Int {
            try fields.required(field, fields.integer(field))
        }
        let hiddenSize = try integer("hidden_size")
        let headCount = try integer("num_attention_heads")
        let layerCount = try integer("num_hidden_layers")
        let positions = try integer("max_position_embeddings")
        try self.init(
            family: family,
            vocabularySize: integer("vocab_size"),
            hiddenSize: hiddenSize,
            layerCount: layerCount,
            headCount: headCount,
            keyValueHeadCount: fields.integer("num_key_value_heads") ?? headCount,
            headDimension: Self.headDimension(fields, hiddenSize: hiddenSize, headCount: headCount),
            intermediateSize: integer("intermediate_size"),
            experts: family.isMixtureOfExperts ? Self.experts(fields, family: family) : nil,
            hasProjectionBias: family.definition.hasProjectionBias(fields),
            tiesEmbeddings: fields.boolean("tie_word_embeddings") ?? false,
            normEpsilon: Float(fields.required("rms_norm_eps", fields.number("rms_norm_eps"))),
            rotary: RotaryEmbedding(fields, maximumPositions: positions),
            maximumPositions: positions,
            precision: Self.precision(fields),
            beginToken: fields.tokens("bos_token_id").first,
            endTokens: fields.tokens("eos_token_id"),
            paddingToken: fields.tokens("pad_token_id").first)
    }

    private static func refuseUnsupported(_ fields: ConfigurationFields, family: Family) throws(ConfigurationError) {
        if let activation = try fields.string("hidden_act"), activation != "silu" {
            throw .unsupported(field: "hidden_act", value: activation, supported: "silu")
        }
        for flag in ["use_sliding_window", "attention_bias", "mlp_bias"] { try fields.refuse(flag, unless: false) }
        for layer in fields.value("layer_types")?.array ?? [] where layer != .string("full_attention") {
            throw .unsupported(field: "layer_types", value: "\(layer.string ?? "?")", supported: "full_attention")
        }
        if let factor = try fields.number("partial_rotary_factor"), factor != 1 {
            throw .unsupported(field: "partial_rotary_factor", value: "\(factor)", supported: "1")
        }
        if fields.value("quantization_config") != nil {
            throw .unsupported(
                field: "quantization_config", value: "quantised weights", supported: "f32, f16 and bf16 safetensors")
        }
    }

    private static func headDimension(
        _ fields: ConfigurationFields, hiddenSize: Int, headCount: Int
    ) throws(ConfigurationError) -> Int {
        if let dimension = try fields.integer("head_dim") { return dimension }
        // `validate` names these two.
        guard headCount > 0, hiddenSize > 0 else { return 2 }
        guard hiddenSize % headCount == 0 else {
            throw .outOfRange(
                field: "num_attention_heads", value: "\(headCount)",
                allowed: "a divisor of hidden_size \(hiddenSize) when head_dim is absent")
        }
        return hiddenSize / headCount
    }

    private static func experts(_ fields: ConfigurationFields, family: Family) throws(ConfigurationError) -> Experts {
        // transformers 5 renamed num_experts of Qwen3-MoE.
        let count = fields.present("num_experts", "num_local_experts")
        return Experts(
            count: try fields.required(count, fields.integer(count)),
            topK: try fields.required("num_experts_per_tok", fields.integer("num_experts_per_tok")),
            intermediateSize: try fields.required("moe_intermediate_size", fields.integer("moe_intermediate_size")),
            normalisesTopK: try fields.required("norm_topk_prob", fields.boolean("norm_topk_prob")),
            sharedIntermediateSize: family.definition.hasSharedExpert
                ? try fields.integer("shared_expert_intermediate_size") : nil,
            sparseStep: try fields.integer("decoder_sparse_step") ?? 1,
            denseLayers: try fields.integers("mlp_only_layers") ?? [])
    }

    /// `dtype`, formerly `torch_dtype`. Half precision is held as fp32, which represents it exactly.
    private static func precision(_ fields: ConfigurationFields) throws(ConfigurationError) -> ParameterPrecision {
        switch try fields.string(fields.present("dtype", "torch_dtype")) {
        case "bfloat16": return .bf16
        case nil, "float32", "float16": return .fp32
        case .some(let other):
            throw .unsupported(field: "dtype", value: other, supported: "bfloat16, float16, float32")
        }
    }
}
