/// One named tensor within a flat policy, gradient or moment buffer.
package struct ParameterTensor: Sendable, Equatable {
    /// The name in Hugging Face checkpoints (experts one by one).
    package let name: String
    /// Row-major; of a projection [outputs, inputs].
    package let shape: [Int]
    /// Elements before it in the flat buffer.
    package let offset: Int
    package let count: Int

    /// Element range in the flat buffer.
    package var range: Range<Int> { offset..<offset + count }
}

/// Where every parameter lies in the flat buffers (weights, gradient, moments): the canonical order that hashing, optimizer,
/// clipping and transfer loop over.
///
/// Order: embedding; per layer what its family lists, in that order (`ModelFamily.layer`); final norm; head unless tied.
/// Invariant: tensors lie back to back, names are distinct.
package struct ParameterLayout: Sendable, Equatable {
    package let tensors: [ParameterTensor]
    /// Elements of the whole buffer.
    package let elementCount: Int
    /// [vocabulary, hidden]
    package let embedding: ParameterTensor
    package let layers: [LayerParameters]
    /// [hidden]
    package let finalNorm: ParameterTensor
    /// [vocabulary, hidden]; the embedding itself when tied.
    package let languageModelHead: ParameterTensor
    private let indexByName: [String: Int]

    package init(_ configuration: ModelConfiguration) {
        var layout = TensorLayout()
        let tableShape = [configuration.vocabularySize, configuration.hiddenSize]
        embedding = layout.append("model.embed_tokens.weight", tableShape)
        layers = (0..<configuration.layerCount).map { index in
            var layer = LayerBuilder(configuration, layer: index, after: layout)
            defer { layout = layer.layout }
            return configuration.family.definition.layer(&layer)
        }
        finalNorm = layout.append("model.norm.weight", [configuration.hiddenSize])
        languageModelHead = configuration.tiesEmbeddings ? embedding : layout.append("lm_head.weight", tableShape)
        tensors = layout.tensors
        elementCount = layout.elementCount
        indexByName = Dictionary(uniqueKeysWithValues: layout.tensors.enumerated().map { ($1.name, $0) })
    }

    /// The tensor of that checkpoint name, in constant time.
    package subscript(name: String) -> ParameterTensor? { indexByName[name].map { tensors[$0] } }

    package func layer(_ index: Int) -> LayerParameters { layers[index] }

    /// Bytes of the whole buffer stored in `precision`.
    package func byteCount(_ precision: ParameterPrecision) -> Int { elementCount * precision.size }

    package static func == (left: ParameterLayout, right: ParameterLayout) -> Bool { left.tensors == right.tensors }
}

/// Parameters of one decoder layer.
package struct LayerParameters: Sendable, Equatable {
    /// [hidden]
    package let inputNorm: ParameterTensor
    /// [heads · headDimension, hidden]
    package let queryProjection: LinearParameters
    /// [keyValueHeads · headDimension, hidden]
    package let keyProjection: LinearParameters
    /// [keyValueHeads · headDimension, hidden]
    package let valueProjection: LinearParameters
    /// [hidden, heads · headDimension]
    package let outputProjection: LinearParameters
    /// [headDimension]; Qwen3 families only.
    package let queryNorm: ParameterTensor?
    /// [headDimension]; Qwen3 families only.
    package let keyNorm: ParameterTensor?
    /// [hidden]
    package let postAttentionNorm: ParameterTensor
    package let feedForward: FeedForwardParameters
}

/// A projection: weight [outputs, inputs], and bias [outputs] where the family has one.
package struct LinearParameters: Sendable, Equatable {
    package let weight: ParameterTensor
    package let bias: ParameterTensor?
}

package enum FeedForwardParameters: Sendable, Equatable {
    case dense(GatedParameters)
    case sparse(SparseParameters)
}

/// SwiGLU feed-forward: down(silu(gate x) · up x). gate and up are [inner, hidden], down is [hidden, inner].
package struct GatedParameters: Sendable, Equatable {
    package let gate: ParameterTensor
    package let up: ParameterTensor
    package let down: ParameterTensor
}

/// A routed feed-forward layer.
package struct SparseParameters: Sendable, Equatable {
    /// [experts, hidden]
    package let router: ParameterTensor
    package let experts: [GatedParameters]
    package let shared: SharedExpertParameters?
}

/// The expert that every token takes, and its gate [1, hidden] (Qwen2-MoE).
package struct SharedExpertParameters: Sendable, Equatable {
    package let expert: GatedParameters
    package let gate: ParameterTensor
}
