import JSON

extension RotaryEmbedding {
    /// Reads `rope_parameters` (transformers 5) or `rope_theta` and `rope_scaling` (before). A `rope_scaling` that was added
    /// to a configuration with both counts, as in either version of transformers.
    init(_ fields: ConfigurationFields, maximumPositions: Int) throws(ConfigurationError) {
        let (older, newer) = (try fields.fields("rope_scaling"), try fields.fields("rope_parameters"))
        guard let nested = older.flatMap({ $0.object.members.isEmpty ? nil : $0 }) ?? newer else {
            self.init(theta: try fields.required("rope_theta", fields.number("rope_theta")))
            return
        }
        let home = nested.value("rope_theta") == nil ? fields : nested
        self.init(
            theta: try home.required("rope_theta", home.number("rope_theta")),
            scaling: try Self.scaling(nested, maximumPositions: maximumPositions))
    }

    private static func scaling(
        _ fields: ConfigurationFields, maximumPositions: Int
    ) throws(ConfigurationError) -> Scaling {
        func number(_ field: String) throws(ConfigurationError) -> Double {
            try fields.required(field, fields.number(field))
        }
        if let factor = try fields.number("partial_rotary_factor"), factor != 1 {
            throw .unsupported(field: fields.prefix + "partial_rotary_factor", value: "\(factor)", supported: "1")
        }
        switch try fields.string(fields.present("rope_type", "type")) {
        case nil, "default": return .none
        case "linear": return .linear(factor: try number("factor"))
        case "yarn": return .yarn(try yarn(fields, maximumPositions: maximumPositions))
        case "llama3":
            return .llama3(
                Llama3(
                    factor: try number("factor"), lowFrequencyFactor: try number("low_freq_factor"),
                    highFrequencyFactor: try number("high_freq_factor"),
                    originalPositions: try fields.integer("original_max_position_embeddings") ?? maximumPositions))
        case .some(let other):
            throw .unsupported(
                field: fields.prefix + "rope_type", value: other, supported: "default, linear, yarn, llama3")
        }
    }

    private static func yarn(
        _ fields: ConfigurationFields, maximumPositions: Int
    ) throws(ConfigurationError) -> YaRN {
        for field in ["mscale", "mscale_all_dim"] where fields.value(field) != nil {
            throw .unsupported(field: fields.prefix + field, value: "set", supported: "attention_factor")
        }
        var yarn = YaRN(
            factor: try fields.required("factor", fields.number("factor")),
            originalPositions: try fields.integer("original_max_position_embeddings") ?? maximumPositions)
        yarn.betaFast = try fields.number("beta_fast") ?? yarn.betaFast
        yarn.betaSlow = try fields.number("beta_slow") ?? yarn.betaSlow
        yarn.attentionFactor = try fields.number("attention_factor")
        yarn.truncates = try fields.boolean("truncate") ?? yarn.truncates
        return yarn
    }
}
