/// Qwen2-MoE (Qwen1.5-MoE-A2.7B, Qwen2-57B-A14B): Qwen2 whose feed-forward layers are routed to experts, with one expert that
/// every token takes.
///
///     h = embed_tokens[token]
///     for each layer:
///         a = input_layernorm(h)                                      RMSNorm
///         q, k, v = q_proj a + b_q, k_proj a + b_k, v_proj a + b_v    biases unless qkv_bias is false
///         q, k = rotate(q), rotate(k)                                 by position, halves of each head
///         h += o_proj attention(q, k, v)
///         m = post_attention_layernorm(h)
///         sparse layer:                                               (i + 1) a multiple of decoder_sparse_step, i not in
///             p = softmax(gate m)                                     mlp_only_layers; fp32, over all experts
///             E = the num_experts_per_tok greatest of p               renormalised to sum 1 only if norm_topk_prob
///             h += Σ_{e ∈ E} p_e · expert_e(m)
///                + sigmoid(shared_expert_gate m) · shared_expert(m)
///         dense layer:
///             h += down_proj (silu(gate_proj m) · up_proj m)
///     logits = lm_head norm(h)
///
/// An expert is a gated feed-forward of its own: down_proj (silu(gate_proj m) · up_proj m).
enum Qwen2MoE: ModelFamily {
    static let transformersClass = "Qwen2MoeForCausalLM"
    static let ggufArchitecture = "qwen2moe"
    static let hasExperts = true
    static let hasSharedExpert = true

    static func hasProjectionBias(_ fields: ConfigurationFields) throws(ConfigurationError) -> Bool {
        try fields.boolean("qkv_bias") ?? true
    }

    static func flags(_ configuration: ModelConfiguration) -> [(name: String, value: Bool)] {
        [("qkv_bias", configuration.hasProjectionBias), ("use_sliding_window", false)]
    }

    static func layer(_ layer: inout LayerBuilder) -> LayerParameters {
        let hasBias = layer.configuration.hasProjectionBias
        return LayerParameters(
            inputNorm: layer.norm("input_layernorm"),
            queryProjection: layer.query("self_attn.q_proj", hasBias: hasBias),
            keyProjection: layer.keyOrValue("self_attn.k_proj", hasBias: hasBias),
            valueProjection: layer.keyOrValue("self_attn.v_proj", hasBias: hasBias),
            outputProjection: layer.output("self_attn.o_proj"),
            queryNorm: nil,
            keyNorm: nil,
            postAttentionNorm: layer.norm("post_attention_layernorm"),
            feedForward: layer.isSparse
                ? .sparse(
                    SparseParameters(
                        router: layer.router("mlp.gate"),
                        experts: layer.experts("mlp.experts"),
                        shared: layer.sharedExpert("mlp.shared_expert", gate: "mlp.shared_expert_gate")))
                : .dense(layer.gated("mlp")))
    }
}
