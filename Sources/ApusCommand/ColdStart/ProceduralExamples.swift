import Reward

/// Problems of a procedural task's training split, put tersely, with their solutions; from `firstNoisy` on a share of them with
/// the solution of another problem, which has the form of an answer and is seldom right.
struct ProceduralExamples: ExampleSource {
    let source: ProceduralTaskSource
    /// Probability of another problem's solution, in [0, 1].
    let noise: Double
    /// Number of the first example that may be noise.
    let firstNoisy: UInt64
    let encoder: ExampleEncoder

    func example(at index: UInt64) throws -> Example {
        let problem = try source.problem(at: index, split: .training)
        // A stream apart from the one that drew the problem.
        var random = SplitMix64(keys: source.seed, index, 0x6578_616D_706C_6573)
        let isSolution = index < firstNoisy || random.uniform() >= noise
        let response = isSolution ? problem.solution : try source.problem(at: random.next(), split: .training).solution
        return encoder.encode(prompt: problem.terse, response: response)
    }
}
