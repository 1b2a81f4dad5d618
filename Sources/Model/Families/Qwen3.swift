/// Qwen3 (arXiv 2505.09388): no biases, but an RMSNorm over each query and key head before its rotation.
///
///     h = embed_tokens[token]
///     for each layer:
///         a = input_layernorm(h)                                      RMSNorm
///         q, k, v = q_proj a, k_proj a, v_proj a                      head_dim as config.json says, not hidden / heads
///         q, k = rotate(q_norm q), rotate(k_norm k)                   norms per head, shared by the layer's heads
///         h += o_proj attention(q, k, v)
///         m = post_attention_layernorm(h)
///         h += down_proj (silu(gate_proj m) · up_proj m)
///     logits = lm_head norm(h)                                        lm_head is embed_tokens when tied
enum Qwen3: ModelFamily {
    static let transformersClass = "Qwen3ForCausalLM"
    static let ggufArchitecture = "qwen3"

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
            feedForward: .dense(layer.gated("mlp")))
    }
}
