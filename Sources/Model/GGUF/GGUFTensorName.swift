/// What llama.cpp calls a parameter of a Hugging Face checkpoint.
struct GGUFTensorName: Equatable {
    /// The tensor's name; that of all experts of a layer together.
    let name: String
    /// Which slice of the first dimension the parameter is, for an expert's matrix.
    let expert: Int?

    private static let global = [
        "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
    ]
    private static let perLayer = [
        "input_layernorm": "attn_norm",
        "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
        "post_attention_layernorm": "ffn_norm",
        "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
        "mlp.gate": "ffn_gate_inp",
        "mlp.experts.gate_proj": "ffn_gate_exps", "mlp.experts.up_proj": "ffn_up_exps",
        "mlp.experts.down_proj": "ffn_down_exps",
        "mlp.shared_expert.gate_proj": "ffn_gate_shexp", "mlp.shared_expert.up_proj": "ffn_up_shexp",
        "mlp.shared_expert.down_proj": "ffn_down_shexp",
        "mlp.shared_expert_gate": "ffn_gate_inp_shexp",
    ]

    /// - Parameter parameter: a name of `ParameterLayout`, for example `model.layers.3.mlp.experts.7.up_proj.weight`.
    init(_ parameter: String) {
        var parts = parameter.split(separator: ".").map(String.init)
        let suffix = parts.removeLast()
        if let name = Self.global[parts.joined(separator: ".")] {
            self.name = name + "." + suffix
            expert = nil
            return
        }
        // model.layers.N.…
        let layer = parts[2]
        parts.removeFirst(3)
        let expert = parts.firstIndex(of: "experts").flatMap { Int(parts[$0 + 1]) }
        if expert != nil { parts.removeAll { Int($0) != nil } }
        guard let name = Self.perLayer[parts.joined(separator: ".")] else {
            preconditionFailure("no GGUF name for \(parameter)")
        }
        self.name = "blk.\(layer).\(name).\(suffix)"
        self.expert = expert
    }
}
