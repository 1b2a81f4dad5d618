/// Llama (arXiv 2302.13971, 2407.21783); SmolLM2 and others share the architecture.
///
///     h = embed_tokens[token]
///     for each layer:
///         a = input_layernorm(h)                                      RMSNorm
///         q, k, v = q_proj a, k_proj a, v_proj a
///         q, k = rotate(q), rotate(k)                                 by position, halves of each head
///         h += o_proj attention(q, k, v)                              causal; each key/value head serves several query heads
///         m = post_attention_layernorm(h)
///         h += down_proj (silu(gate_proj m) · up_proj m)
///     logits = lm_head norm(h)                                        lm_head is embed_tokens when tied
enum Llama: ModelFamily {
    static let transformersClass = "LlamaForCausalLM"
    static let ggufArchitecture = "llama"
    static let ggufPermutesRotaryRows = true

    static func flags(_ configuration: ModelConfiguration) -> [(name: String, value: Bool)] {
        [("attention_bias", false), ("mlp_bias", false)]
    }

    static func layer(_ layer: inout LayerBuilder) -> LayerParameters {
        LayerParameters(
            inputNorm: layer.norm("input_layernorm"),
            queryProjection: layer.query("self_attn.q_proj"),
            keyProjection: layer.keyOrValue("self_attn.k_proj"),
            valueProjection: layer.keyOrValue("self_attn.v_proj"),
            outputProjection: layer.output("self_attn.o_proj"),
            queryNorm: nil,
            keyNorm: nil,
            postAttentionNorm: layer.norm("post_attention_layernorm"),
            feedForward: .dense(layer.gated("mlp")))
    }
}
