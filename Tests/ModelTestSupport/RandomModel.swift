package import Model
import Tensor
import TestSupport

/// Small random models of every architecture, shapes unlike those of the golden models on purpose.
package enum RandomModel {
    /// Head dimension ≠ hidden / heads, one key/value head, odd vocabulary, top-1, all experts, tied and untied heads.
    package static let configurations: [ModelConfiguration] = {
        do {
            return [
                try make(.qwen3, hidden: 48, heads: 3, keyValueHeads: 1, dimension: 24, vocabulary: 101, tied: true),
                try make(.llama, hidden: 64, heads: 4, keyValueHeads: 4, dimension: 16, vocabulary: 77, tied: false),
                try make(
                    .qwen3MoE, hidden: 40, heads: 6, keyValueHeads: 2, dimension: 10, vocabulary: 131, tied: true,
                    experts: .init(count: 6, topK: 1, intermediateSize: 24, normalisesTopK: true)),
                try make(
                    .qwen3MoE, hidden: 32, heads: 2, keyValueHeads: 1, dimension: 32, vocabulary: 64, tied: false,
                    experts: .init(count: 4, topK: 4, intermediateSize: 40, normalisesTopK: false)),
                try make(
                    .qwen2MoE, hidden: 56, heads: 4, keyValueHeads: 2, dimension: 14, vocabulary: 99, tied: false,
                    experts: .init(
                        count: 5, topK: 3, intermediateSize: 17, normalisesTopK: false, sharedIntermediateSize: 33,
                        sparseStep: 2)),
                // A feed-forward and a vocabulary of several blocks.
                try make(
                    .qwen2, hidden: 32, heads: 2, keyValueHeads: 1, dimension: 16, vocabulary: 1100, tied: true,
                    intermediate: 320),
            ]
        } catch {
            preconditionFailure("the test's own configurations are valid: \(error)")
        }
    }()

    private static func make(
        _ family: ModelConfiguration.Family, hidden: Int, heads: Int, keyValueHeads: Int, dimension: Int,
        vocabulary: Int, tied: Bool, experts: ModelConfiguration.Experts? = nil, intermediate: Int = 52
    ) throws -> ModelConfiguration {
        try ModelConfiguration(
            family: family, vocabularySize: vocabulary, hiddenSize: hidden, layerCount: 3, headCount: heads,
            keyValueHeadCount: keyValueHeads, headDimension: dimension, intermediateSize: intermediate,
            experts: experts,
            hasProjectionBias: family == .qwen2 || family == .qwen2MoE, tiesEmbeddings: tied, normEpsilon: 1e-6,
            rotary: RotaryEmbedding(theta: 10_000), maximumPositions: 512, precision: .fp32)
    }

    /// Random weights: matrices scaled by the square root of their inputs, norms around 1.
    package static func snapshot(
        _ configuration: ModelConfiguration, seed: UInt64, version: UInt64 = 0, precision: ParameterPrecision = .fp32
    ) -> PolicySnapshot {
        var generator = SplitMix64(seed: seed)
        let layout = ParameterLayout(configuration)
        let master = ParameterArena(layout: layout)
        for tensor in layout.tensors {
            let isNorm = tensor.name.contains("norm")
            let scale = isNorm ? 0.3 : tensor.shape.count == 1 ? 0.5 : 3 / Float(tensor.shape[1]).squareRoot()
            for index in 0..<tensor.count {
                master.pointer(tensor)[index] = (isNorm ? 1 : 0) + scale * Float.random(in: -1...1, using: &generator)
            }
        }
        return PolicySnapshot(
            version: version, precision: precision, layout: layout,
            master: UnsafeBufferPointer(start: master.buffer.pointer, count: master.buffer.count))
    }

    /// Groups of random prompts and responses, lengths around the block size of 16.
    package static func groups(
        _ configuration: ModelConfiguration, seed: UInt64, count: Int = 3
    ) -> [(prompt: [Int32], responses: [[Int32]])] {
        var generator = SplitMix64(seed: seed)
        func tokens(_ range: ClosedRange<Int>) -> [Int32] {
            (0..<Int.random(in: range, using: &generator)).map { _ in
                Int32.random(in: 0..<Int32(configuration.vocabularySize), using: &generator)
            }
        }
        return (0..<count).map { _ in
            (tokens(1...40), (0..<Int.random(in: 1...4, using: &generator)).map { _ in tokens(1...35) })
        }
    }
}
