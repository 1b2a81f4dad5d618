import Foundation
package import Model

/// One of the golden models under Tests/Fixtures, computed by transformers (see the README there).
package struct ModelFixture: Sendable, CustomStringConvertible {
    package static let names = [
        "qwen3_dense", "qwen3_moe", "qwen2_dense", "qwen2_moe", "qwen2_moe_mixed", "llama_dense",
    ]

    package let name: String
    package let configuration: ModelConfiguration
    package let snapshot: PolicySnapshot
    package let inputs: Inputs

    /// inputs.json, as far as tests use it.
    package struct Inputs: Decodable, Sendable {
        package let inputIds: [[Int32]]
        package let lengths: [Int]
        package let advantages: [Float]
        package let nllLoss: Float
        package let nllGradNorm: Float
        package let rl: [String: Objective]
        package let greedy: Greedy
        package let adamw: AdamW

        package struct Objective: Decodable, Sendable {
            package let loss: Float
            package let epsLow: Float
            package let epsHigh: Float
            package let gradNorm: Float
        }

        package struct Greedy: Decodable, Sendable {
            package let prompt: [Int32]
            package let tokens: [Int32]
            package let logprobs: [Float]
        }

        package struct AdamW: Decodable, Sendable {
            package let lr: Float
            package let betas: [Float]
            package let eps: Float
            package let weightDecay: Float
            package let clipGradNorm: Float
            package let lossBeforeEachStep: [Float]
            package let gradNormBeforeClip: [Float]
        }
    }

    package var description: String { name }

    private var directory: String { Self.root + "/" + name }
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures").path

    package init(_ name: String) throws {
        self.name = name
        let model = try ModelDirectory(path: Self.root + "/" + name)
        configuration = model.configuration
        snapshot = model.policy
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        inputs = try decoder.decode(
            Inputs.self, from: Data(contentsOf: URL(fileURLWithPath: Self.root + "/" + name + "/inputs.json")))
    }

    /// The three sequences without their padding.
    package var sequences: [[Int32]] {
        zip(inputs.inputIds, inputs.lengths).map { Array($0.prefix($1)) }
    }

    package func array(_ file: String) throws -> NPYFile { try NPYFile(path: directory + "/" + file + ".npy") }

    /// A file of tensors with the checkpoint's names, as a flat arena.
    package func arena(_ file: String) throws -> ParameterArena {
        let tensors = try SafetensorsFile(path: directory + "/" + file + ".safetensors")
        let arena = ParameterArena(layout: snapshot.layout)
        for tensor in snapshot.layout.tensors {
            guard let stored = tensors[tensor.name] else { throw MissingTensor(name: tensor.name) }
            try tensors.load(
                stored, as: .fp32,
                to: UnsafeMutableRawBufferPointer(start: arena.pointer(tensor), count: 4 * tensor.count))
        }
        return arena
    }

    package struct MissingTensor: Error { let name: String }
}

/// ‖a − b‖ / ‖b‖ in double; 0 when both are zero.
package func relativeFrobeniusError(_ a: [Float], _ b: [Float]) -> Double {
    let difference = zip(a, b).reduce(0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
    let norm = b.reduce(0) { $0 + Double($1) * Double($1) }
    return difference == 0 ? 0 : (difference / norm).squareRoot()
}

/// max |a − b| / max |b|.
package func relativeMaximumError(_ a: [Float], _ b: [Float]) -> Float {
    let difference = zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
    return difference / b.reduce(0) { max($0, abs($1)) }
}
