import Foundation
import Model
import ModelTestSupport
import Tensor
import Testing

/// Shapes and options that the golden models do not have: Tests/Fixtures/variants, computed by transformers.
@Suite struct VariantParityTests {
    static let names = [
        "qwen3_one_kv_head", "qwen3_yarn", "qwen3_moe_top1_mixed", "qwen3_moe_all_experts", "qwen2_moe_without_bias",
        "qwen2_tied_yarn", "llama_llama3", "llama_tied_linear",
    ]

    private struct Golden: Decodable {
        let sequences: [[Int32]]
        let logprobs: [[Float]]
        let nll: Double
        /// By tensor: the gradient's norm, and its scalar product with `Weights.vector(0, …)`.
        let gradients: [String: [Double]]
    }

    @Test(arguments: names)
    func logProbabilitiesAndGradients(_ name: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/variants/\(name)")
        let configuration = try ModelDirectory.loadConfiguration(path: root.path)
        let golden = try JSONDecoder().decode(
            Golden.self, from: Data(contentsOf: root.appendingPathComponent("golden.json")))
        let policy = LoadedPolicy(
            snapshot: Weights.snapshot(configuration), configuration: configuration, forTraining: true)
        let pass = PolicyPass(configuration: configuration, team: ThreadTeam(threads: 1))
        let batch = PackedBatch.sequences(golden.sequences)
        let result = try pass.forward(policy, batch, keepActivations: true)
        #expect(relativeMaximumError(result.logProbabilities, golden.logprobs.flatMap { $0 }) < 1e-5)

        let count = result.logProbabilities.count
        let loss = -result.logProbabilities.reduce(0) { $0 + Double($1) } / Double(count)
        #expect(abs(loss - golden.nll) < 1e-5 * golden.nll)
        let gradient = ParameterArena(layout: ParameterLayout(configuration))
        let derivatives = [Float](repeating: -1 / Float(count), count: count)
        try pass.backward(policy, dLogProbabilities: derivatives, into: gradient)
        #expect(Set(golden.gradients.keys) == Set(gradient.layout.tensors.map(\.name)))
        // A router of one expert per token whose gates are renormalised has no gradient but rounding in the reference.
        let whole = golden.gradients.values.reduce(0) { $0 + $1[0] * $1[0] }.squareRoot()
        for tensor in gradient.layout.tensors {
            let values = gradient.values(tensor).map(Double.init)
            let expected = try #require(golden.gradients[tensor.name])
            let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let product = zip(values, Weights.vector(0, tensor.count)).reduce(0) { $0 + $1.0 * Double($1.1) }
            let error = max(1e-4 * expected[0], 1e-7 * whole)
            #expect(abs(norm - expected[0]) <= error, "\(tensor.name)")
            // An error e of the gradient moves its product with a vector of elements below 1/4 by less than e · √n / 4.
            let tolerance = error * Double(tensor.count).squareRoot() / 4
            #expect(abs(product - expected[1]) <= tolerance, "\(tensor.name)")
        }
    }
}

/// The formula of the variants' weights, the same in make.py.
private enum Weights {
    static func snapshot(_ configuration: ModelConfiguration) -> PolicySnapshot {
        let layout = ParameterLayout(configuration)
        let arena = ParameterArena(layout: layout)
        for tensor in layout.tensors {
            let offset: Float = tensor.name.contains("norm") ? 1 : 0
            for (index, value) in vector(hash(tensor.name), tensor.count).enumerated() {
                arena.pointer(tensor)[index] = offset + value
            }
        }
        return PolicySnapshot(
            version: 0, precision: .fp32, layout: layout,
            master: UnsafeBufferPointer(start: arena.buffer.pointer, count: arena.buffer.count))
    }

    static func vector(_ start: UInt64, _ count: Int) -> [Float] {
        (0..<count).map { (Float(splitMix(start &+ UInt64($0)) >> 40) / 8_388_608 - 1) / 4 }
    }

    private static func splitMix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    /// FNV-1a.
    private static func hash(_ name: String) -> UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
