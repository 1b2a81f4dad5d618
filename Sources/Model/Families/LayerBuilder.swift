/// Lays the tensors of one layer out, back to back, in the order in which a family asks for them.
struct LayerBuilder {
    let configuration: ModelConfiguration
    private let index: Int
    private var tensors: TensorLayout

    init(_ configuration: ModelConfiguration, layer index: Int, after tensors: TensorLayout) {
        self.configuration = configuration
        self.index = index
        self.tensors = tensors
    }

    /// What was laid out so far, this layer's tensors included.
    var layout: TensorLayout { tensors }

    /// Whether this layer's feed-forward is routed to experts.
    var isSparse: Bool { configuration.isSparse(layer: index) }

    /// An RMSNorm: [hidden].
    mutating func norm(_ name: String) -> ParameterTensor { append(name + ".weight", [configuration.hiddenSize]) }

    /// An RMSNorm over a head: [head dimension].
    mutating func headNorm(_ name: String) -> ParameterTensor {
        append(name + ".weight", [configuration.headDimension])
    }

    /// [heads · head dimension, hidden]
    mutating func query(_ name: String, hasBias: Bool = false) -> LinearParameters {
        linear(name, outputs: configuration.querySize, inputs: configuration.hiddenSize, hasBias: hasBias)
    }

    /// [key/value heads · head dimension, hidden]
    mutating func keyOrValue(_ name: String, hasBias: Bool = false) -> LinearParameters {
        linear(name, outputs: configuration.keyValueSize, inputs: configuration.hiddenSize, hasBias: hasBias)
    }

    /// [hidden, heads · head dimension]
    mutating func output(_ name: String) -> LinearParameters {
        linear(name, outputs: configuration.hiddenSize, inputs: configuration.querySize, hasBias: false)
    }

    /// The dense feed-forward: gate_proj and up_proj [intermediate, hidden], down_proj [hidden, intermediate].
    mutating func gated(_ name: String) -> GatedParameters { gated(name, inner: configuration.intermediateSize) }

    /// [experts, hidden]
    mutating func router(_ name: String) -> ParameterTensor {
        append(name + ".weight", [expertSizes.count, configuration.hiddenSize])
    }

    mutating func experts(_ name: String) -> [GatedParameters] {
        let sizes = expertSizes
        return (0..<sizes.count).map { expert in gated("\(name).\(expert)", inner: sizes.intermediateSize) }
    }

    /// The expert that every token takes, and its gate [1, hidden].
    mutating func sharedExpert(_ name: String, gate: String) -> SharedExpertParameters? {
        guard let inner = expertSizes.sharedIntermediateSize else { return nil }
        return SharedExpertParameters(
            expert: gated(name, inner: inner), gate: append(gate + ".weight", [1, configuration.hiddenSize]))
    }

    private var expertSizes: ModelConfiguration.Experts {
        guard let experts = configuration.experts else {
            preconditionFailure("a sparse layer of a family without experts")
        }
        return experts
    }

    private mutating func linear(_ name: String, outputs: Int, inputs: Int, hasBias: Bool) -> LinearParameters {
        LinearParameters(
            weight: append(name + ".weight", [outputs, inputs]), bias: hasBias ? append(name + ".bias", [outputs]) : nil
        )
    }

    private mutating func gated(_ name: String, inner: Int) -> GatedParameters {
        let hidden = configuration.hiddenSize
        return GatedParameters(
            gate: append(name + ".gate_proj.weight", [inner, hidden]),
            up: append(name + ".up_proj.weight", [inner, hidden]),
            down: append(name + ".down_proj.weight", [hidden, inner]))
    }

    private mutating func append(_ name: String, _ shape: [Int]) -> ParameterTensor {
        tensors.append("model.layers.\(index).\(name)", shape)
    }
}

/// Tensors laid out back to back in a flat buffer.
struct TensorLayout {
    private(set) var tensors: [ParameterTensor] = []
    /// Elements so far.
    private(set) var elementCount = 0

    mutating func append(_ name: String, _ shape: [Int]) -> ParameterTensor {
        let tensor = ParameterTensor(name: name, shape: shape, offset: elementCount, count: shape.reduce(1, *))
        tensors.append(tensor)
        elementCount += tensor.count
        return tensor
    }
}
