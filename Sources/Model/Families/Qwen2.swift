/// Qwen2 and Qwen2.5 (arXiv 2407.10671, 2412.15115): Llama with biases on the query, key and value projections.
///
///     h = embed_tokens[token]
///     for each layer:
///         a = input_layernorm(h)                                      RMSNorm
///         q, k, v = q_proj a + b_q, k_proj a + b_k, v_proj a + b_v
///         q, k = rotate(q), rotate(k)                                 by position, halves of each head
///         h += o_proj attention(q, k, v)
///         m = post_attention_layernorm(h)
///         h += down_proj (silu(gate_proj m) · up_proj m)
///     logits = lm_head norm(h)                                        lm_head is embed_tokens when tied
enum Qwen2: ModelFamily {
    static let transformersClass = "Qwen2ForCausalLM"
    static let ggufArchitecture = "qwen2"

    static func hasProjectionBias(_ fields: ConfigurationFields) throws(ConfigurationError) -> Bool { true }

    static func flags(_ configuration: ModelConfiguration) -> [(name: String, value: Bool)] {
        [("use_sliding_window", false)]
    }

    static func layer(_ layer: inout LayerBuilder) -> LayerParameters {
        LayerParameters(
            inputNorm: layer.norm("input_layernorm"),
            queryProjection: layer.query("self_attn.q_proj", hasBias: true),
            keyProjection: layer.keyOrValue("self_attn.k_proj", hasBias: true),
            valueProjection: layer.keyOrValue("self_attn.v_proj", hasBias: true),
            outputProjection: layer.output("self_attn.o_proj"),
            queryNorm: nil,
            keyNorm: nil,
            postAttentionNorm: layer.norm("post_attention_layernorm"),
            feedForward: .dense(layer.gated("mlp")))
    }
}
