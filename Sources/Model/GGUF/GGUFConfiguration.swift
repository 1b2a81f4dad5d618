import Glibc

/// Reads a model configuration out of GGUF metadata and tensors.
struct GGUFConfiguration {
    private let metadata: GGUFMetadata
    private let file: GGUFFile
    private let family: ModelConfiguration.Family

    init(_ metadata: GGUFMetadata) throws(GGUFError.Problem) {
        self.metadata = metadata
        file = metadata.file
        let families = ModelConfiguration.Family.allCases
        guard let family = families.first(where: { $0.definition.ggufArchitecture == metadata.architecture }) else {
            throw .unsupported(
                what: "architecture", found: metadata.architecture,
                supported: families.map { $0.definition.ggufArchitecture }.joined(separator: ", "))
        }
        self.family = family
    }

    /// - Parameters:
    ///   - tiesEmbeddings: whether the head is the embedding, which the tensors show.
    ///   - precision: of the weights to be made.
    func configuration(
        tiesEmbeddings: Bool, precision: ParameterPrecision
    ) throws(GGUFError.Problem) -> ModelConfiguration {
        let hiddenSize = try integer("embedding_length")
        let headCount = try integer("attention.head_count")
        let layerCount = try integer("block_count")
        let vocabularySize = try shape(of: "token_embd.weight")[0]
        let headDimension = try optionalInteger("attention.key_length") ?? hiddenSize / max(headCount, 1)
        try refuseUnsupported(headDimension: headDimension)
        func token(_ name: String) throws(GGUFError.Problem) -> Int32? {
            let key = "tokenizer.ggml.\(name)_token_id"
            // The largest value stands for "none".
            guard let id = try metadata.integer(key), id != Int(UInt32.max), id != -1 else { return nil }
            guard let token = Int32(exactly: id) else { throw .malformed("\(key) is \(id), which is no token id") }
            return token
        }
        let (begin, end, endOfTurn, padding) = (
            try token("bos"), try token("eos"), try token("eot"), try token("padding")
        )
        let experts = family.isMixtureOfExperts ? try experts(layerCount: layerCount) : nil
        let epsilonKey = "attention.layer_norm_rms_epsilon"
        let epsilon = try metadata.required(metadata.own(epsilonKey), metadata.number(metadata.own(epsilonKey)))
        let (keyValueHeads, inner) = (
            try optionalInteger("attention.head_count_kv"), try integer("feed_forward_length")
        )
        let (rotary, positions) = (try rotary(headDimension: headDimension), try integer("context_length"))
        let hasBias = file["blk.0.attn_q.bias"] != nil && (family == .qwen2 || family == .qwen2MoE)
        do throws(ConfigurationError) {
            return try ModelConfiguration(
                family: family, vocabularySize: vocabularySize, hiddenSize: hiddenSize, layerCount: layerCount,
                headCount: headCount, keyValueHeadCount: keyValueHeads ?? headCount, headDimension: headDimension,
                intermediateSize: inner, experts: experts, hasProjectionBias: hasBias, tiesEmbeddings: tiesEmbeddings,
                normEpsilon: Float(epsilon), rotary: rotary, maximumPositions: positions, precision: precision,
                beginToken: begin, endTokens: [end, endOfTurn].compactMap { $0 }.removingRepeated(),
                paddingToken: padding)
        } catch {
            throw .configuration(error)
        }
    }

    private func refuseUnsupported(headDimension: Int) throws(GGUFError.Problem) {
        for key in ["attention.value_length", "rope.dimension_count"] {
            if let value = try optionalInteger(key), value != headDimension {
                throw .unsupported(
                    what: metadata.own(key), found: "\(value)", supported: "the head dimension \(headDimension)")
            }
        }
        if let window = try optionalInteger("attention.sliding_window"), window > 0 {
            throw .unsupported(what: metadata.own("attention.sliding_window"), found: "\(window)", supported: "none")
        }
        if !family.isMixtureOfExperts, let count = try optionalInteger("expert_count"), count > 0 {
            throw .unsupported(
                what: metadata.own("expert_count"), found: "\(count)", supported: "dense models of this architecture")
        }
    }

    private func experts(layerCount: Int) throws(GGUFError.Problem) -> ModelConfiguration.Experts {
        // Which layers are dense the metadata do not say; their tensors do.
        // Of more layers than any model has, the validation of the configuration tells.
        let layers = 0..<min(max(layerCount, 0), ModelConfiguration.maximumLayers)
        let sparse = layers.filter { file["blk.\($0).ffn_gate_inp.weight"] != nil }
        guard let first = sparse.first else { throw .malformed("no layer has experts") }
        let shared = family.definition.hasSharedExpert ? try shape(of: "blk.\(first).ffn_gate_shexp.weight")[0] : nil
        let gates = try shape(of: "blk.\(first).ffn_gate_exps.weight")
        guard gates.count == 3 else { throw .malformed("the experts of layer \(first) are not stacked matrices") }
        return ModelConfiguration.Experts(
            count: try integer("expert_count"), topK: try integer("expert_used_count"), intermediateSize: gates[1],
            normalisesTopK: try metadata.boolean(metadata.own("expert_weights_norm")) ?? (family == .qwen3MoE),
            sharedIntermediateSize: shared, sparseStep: 1,
            denseLayers: layers.filter { !sparse.contains($0) })
    }

    private func rotary(headDimension: Int) throws(GGUFError.Problem) -> RotaryEmbedding {
        let theta = try metadata.number(metadata.own("rope.freq_base")) ?? 10_000
        if let factors = file["rope_freqs.weight"] {
            return try llama3(factors, theta: theta, headDimension: headDimension)
        }
        func number(_ key: String) throws(GGUFError.Problem) -> Double {
            try metadata.required(metadata.own(key), metadata.number(metadata.own(key)))
        }
        switch try metadata.string(metadata.own("rope.scaling.type")) {
        case nil, "none": return RotaryEmbedding(theta: theta)
        case "linear": return RotaryEmbedding(theta: theta, scaling: .linear(factor: try number("rope.scaling.factor")))
        case "yarn":
            let positions = try integer("rope.scaling.original_context_length")
            var yarn = RotaryEmbedding.YaRN(factor: try number("rope.scaling.factor"), originalPositions: positions)
            yarn.betaFast = try metadata.number(metadata.own("rope.scaling.yarn_beta_fast")) ?? yarn.betaFast
            yarn.betaSlow = try metadata.number(metadata.own("rope.scaling.yarn_beta_slow")) ?? yarn.betaSlow
            yarn.attentionFactor = try attentionFactor(scale: yarn.factor)
            return RotaryEmbedding(theta: theta, scaling: .yarn(yarn))
        case let other?:
            throw .unsupported(
                what: metadata.own("rope.scaling.type"), found: other, supported: "none, linear, yarn")
        }
    }

    /// llama.cpp multiplies the factor of the YaRN paper, 0.1·ln(scale) + 1, by what the file says; Hugging Face states the
    /// product. Nil: that of the paper.
    private func attentionFactor(scale: Double) throws(GGUFError.Problem) -> Double? {
        for (key, plain) in [("yarn_ext_factor", 1.0), ("yarn_attn_factor", 1), ("yarn_log_multiplier", 0)] {
            let key = metadata.own("rope.scaling." + key)
            if let value = try metadata.number(key), value != plain {
                throw .unsupported(what: key, found: "\(value)", supported: "\(plain)")
            }
        }
        guard let multiple = try metadata.number(metadata.own("rope.scaling.attn_factor")), multiple != 1 else {
            return nil
        }
        return multiple * (0.1 * log(scale) + 1)
    }

    /// Llama 3.1 and its kin store by what each frequency is divided. The parameters behind it are those of the published
    /// models that give these factors.
    private func llama3(
        _ tensor: GGUFFile.Tensor, theta: Double, headDimension: Int
    ) throws(GGUFError.Problem) -> RotaryEmbedding {
        let factors = file.values(tensor)
        let plain = RotaryEmbedding(theta: theta).inverseFrequencies(headDimension: headDimension)
        for factor in [8.0, 32.0] {
            let scaling = RotaryEmbedding.Llama3(
                factor: factor, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositions: 8192)
            let candidate = RotaryEmbedding(theta: theta, scaling: .llama3(scaling))
            let scaled = candidate.inverseFrequencies(headDimension: headDimension)
            let agrees =
                factors.count == plain.count
                && factors.indices.allSatisfy { index in
                    abs(plain[index] / scaled[index] - factors[index]) <= 1e-4 * factors[index]
                }
            if agrees { return candidate }
        }
        throw .unsupported(
            what: "rope_freqs.weight", found: "with other factors", supported: "those of Llama 3.1 and 3.2")
    }

    private func integer(_ key: String) throws(GGUFError.Problem) -> Int {
        try metadata.required(metadata.own(key), optionalInteger(key))
    }

    private func optionalInteger(_ key: String) throws(GGUFError.Problem) -> Int? {
        try metadata.integer(metadata.own(key))
    }

    private func shape(of tensor: String) throws(GGUFError.Problem) -> [Int] {
        guard let found = file[tensor] else { throw .malformed("tensor \"\(tensor)\" is missing") }
        guard found.shape.count > 1 else { throw .malformed("tensor \"\(tensor)\" is no matrix") }
        return found.shape
    }
}

extension [Int32] {
    fileprivate func removingRepeated() -> [Int32] {
        var seen: Set<Int32> = []
        return filter { seen.insert($0).inserted }
    }
}
