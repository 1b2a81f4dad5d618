/// Qwen3-MoE (arXiv 2505.09388): Qwen3 whose feed-forward layers are routed to experts; no shared expert.
///
///     h = embed_tokens[token]
///     for each layer:
///         a = input_layernorm(h)                                      RMSNorm
///         q, k, v = q_proj a, k_proj a, v_proj a                      head_dim as config.json says, not hidden / heads
///         q, k = rotate(q_norm q), rotate(k_norm k)                   norms per head, shared by the layer's heads
///         h += o_proj attention(q, k, v)
///         m = post_attention_layernorm(h)
///         sparse layer:                                               (i + 1) a multiple of decoder_sparse_step, i not in
///             p = softmax(gate m)                                     mlp_only_layers; fp32, over all experts
///             E = the num_experts_per_tok greatest of p               renormalised to sum 1 only if norm_topk_prob
///             h += Σ_{e ∈ E} p_e · expert_e(m)
///         dense layer:
///             h += down_proj (silu(gate_proj m) · up_proj m)
///     logits = lm_head norm(h)
///
/// An expert is a gated feed-forward of its own: down_proj (silu(gate_proj m) · up_proj m).
enum Qwen3MoE: ModelFamily {
    static let transformersClass = "Qwen3MoeForCausalLM"
    static let ggufArchitecture = "qwen3moe"
    static let hasExperts = true

    static func flags(_ configuration: ModelConfiguration) -> [(name: String, value: Bool)] {
        [("attention_bias", false), ("use_sliding_window", false)]
    }

    static func layer(_ layer: inout LayerBuilder) -> LayerParameters {
        LayerParameters(
            inputNorm: layer.norm("input_layernorm"),
            queryProjection: layer.query("self_attn.q_proj"),
            keyProjection: layer.keyOrValue("self_attn.k_proj"),
            valueProjection: layer.keyOrValue("self_attn.v_proj"),
            outputProjection: layer.output("self_attn.o_proj"),
            queryNorm: layer.headNorm("self_attn.q_norm"),
            keyNorm: layer.headNorm("self_attn.k_norm"),
            postAttentionNorm: layer.norm("post_attention_layernorm"),
            feedForward: layer.isSparse
                ? .sparse(
                    SparseParameters(
                        router: layer.router("mlp.gate"), experts: layer.experts("mlp.experts"), shared: nil))
                : .dense(layer.gated("mlp")))
    }
}
