extension ModelConfiguration {
    /// Most elements a policy may have: bounds every byte count far below overflow.
    private static let maximumElements = 1 << 42
    /// Most layers.
    static let maximumLayers = 1024
    /// Most experts in all layers together: bounds the number of tensors.
    private static let maximumExperts = 1 << 17

    /// Checks the bounds of each value, then those of their products.
    func validate() throws(ConfigurationError) {
        try check("vocab_size", vocabularySize, 1...(1 << 22))
        try check("hidden_size", hiddenSize, 1...(1 << 16))
        try check("num_hidden_layers", layerCount, 1...Self.maximumLayers)
        try check("num_attention_heads", headCount, 1...1024)
        try check("num_key_value_heads", keyValueHeadCount, 1...headCount)
        try check("head_dim", headDimension, 2...1024)
        try check("intermediate_size", intermediateSize, 1...(1 << 20))
        try check("max_position_embeddings", maximumPositions, 1...(1 << 26))
        try require(
            headCount % keyValueHeadCount == 0, "num_key_value_heads", keyValueHeadCount,
            "a divisor of num_attention_heads \(headCount)")
        try require(headDimension % 2 == 0, "head_dim", headDimension, "even numbers")
        try require(normEpsilon > 0 && normEpsilon < 1, "rms_norm_eps", normEpsilon, "between 0 and 1")
        try require(
            experts != nil || !family.isMixtureOfExperts, "num_experts", "absent", "present for \(family.rawValue)")
        if let experts { try validate(experts) }
        try validateRotary()
        try validateTokens()
        try require(
            elementEstimate <= Self.maximumElements, "hidden_size", hiddenSize,
            "at most \(Self.maximumElements) parameters in all")
    }

    private func validate(_ experts: Experts) throws(ConfigurationError) {
        try require(family.isMixtureOfExperts, "num_experts", experts.count, "only in mixture-of-experts families")
        try check("num_experts", experts.count, 1...4096)
        try check("num_experts_per_tok", experts.topK, 1...min(experts.count, 64))
        try check("moe_intermediate_size", experts.intermediateSize, 1...(1 << 20))
        try check("decoder_sparse_step", experts.sparseStep, 1...1024)
        try require(
            experts.count * layerCount <= Self.maximumExperts, "num_experts", experts.count,
            "at most \(Self.maximumExperts) in all layers")
        if let shared = experts.sharedIntermediateSize {
            try check("shared_expert_intermediate_size", shared, 1...(1 << 20))
            try require(
                family.definition.hasSharedExpert, "shared_expert_intermediate_size", shared, "only in qwen2_moe")
        } else {
            try require(
                !family.definition.hasSharedExpert, "shared_expert_intermediate_size", "absent",
                "present for \(family.rawValue)")
        }
        for layer in experts.denseLayers { try check("mlp_only_layers", layer, 0...(layerCount - 1)) }
    }

    private func validateRotary() throws(ConfigurationError) {
        let theta = rotary.theta
        try require(theta > 1 && theta <= 1e12, "rope_theta", theta, "between 1 and 1e12")
        func checkFactor(_ factor: Double) throws(ConfigurationError) {
            try require(factor >= 1 && factor <= 4096, "rope_scaling.factor", factor, "between 1 and 4096")
        }
        let positions = "rope_scaling.original_max_position_embeddings"
        switch rotary.scaling {
        case .none: break
        case .linear(let factor): try checkFactor(factor)
        case .yarn(let yarn):
            try checkFactor(yarn.factor)
            try check(positions, yarn.originalPositions, 1...(1 << 26))
            try require(
                yarn.betaSlow > 0 && yarn.betaFast > yarn.betaSlow && yarn.betaFast <= 1e6, "rope_scaling.beta_fast",
                yarn.betaFast, "above beta_slow, which is above 0")
            if let factor = yarn.attentionFactor {
                try require(factor > 0 && factor <= 100, "rope_scaling.attention_factor", factor, "between 0 and 100")
            }
        case .llama3(let llama3):
            try checkFactor(llama3.factor)
            try check(positions, llama3.originalPositions, 1...(1 << 26))
            try require(
                llama3.lowFrequencyFactor > 0 && llama3.highFrequencyFactor > llama3.lowFrequencyFactor,
                "rope_scaling.high_freq_factor", llama3.highFrequencyFactor, "above low_freq_factor, which is above 0")
        }
    }

    private func validateTokens() throws(ConfigurationError) {
        let vocabulary = 0...Int(vocabularySize - 1)
        if let beginToken { try check("bos_token_id", Int(beginToken), vocabulary) }
        if let paddingToken { try check("pad_token_id", Int(paddingToken), vocabulary) }
        try require(endTokens.count <= 64, "eos_token_id", "\(endTokens.count) tokens", "at most 64 tokens")
        for token in endTokens { try check("eos_token_id", Int(token), vocabulary) }
    }

    /// Parameters, norms and biases left out. No factor exceeds 2²², and no product of the bounds above overflows.
    private var elementEstimate: Int {
        let attention = 2 * hiddenSize * (querySize + keyValueSize)
        var sparse = 0
        if let experts {
            let inner = experts.count * experts.intermediateSize + (experts.sharedIntermediateSize ?? 0)
            sparse = hiddenSize * (3 * inner + experts.count)
        }
        let dense = 3 * hiddenSize * intermediateSize
        return 2 * vocabularySize * hiddenSize + layerCount * (attention + max(dense, sparse))
    }

    private func check(_ field: String, _ value: Int, _ range: ClosedRange<Int>) throws(ConfigurationError) {
        try require(range.contains(value), field, value, "\(range.lowerBound) to \(range.upperBound)")
    }

    private func require(
        _ condition: Bool, _ field: String, _ value: some CustomStringConvertible, _ allowed: String
    ) throws(ConfigurationError) {
        guard condition else {
            throw .outOfRange(field: field, value: value.description, allowed: allowed)
        }
    }
}
