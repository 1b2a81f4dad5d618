import Model
import Reward

/// A prompt and the response to imitate, as tokens.
struct Example: Sendable, Equatable {
    var prompt: [Int32]
    /// Ends with the end token.
    var response: [Int32]
}

/// Where supervised examples come from. Example number i is always the same, so batches can be made by many threads.
protocol ExampleSource: Sendable {
    func example(at index: UInt64) throws -> Example
}

/// Turns text into the tokens of examples.
struct ExampleEncoder: Sendable {
    let tokenizer: Tokenizer
    let endToken: Int32

    func encode(prompt: String, response: String) -> Example {
        Example(
            prompt: tokenizer.encode(prompt: prompt, specialTokens: false),
            response: tokenizer.encode(response, specialTokens: false) + [endToken])
    }
}

/// The built-in generator: Countdown problems of the training split with their demonstrations.
///
/// What to answer is learned from solutions alone; the noisy examples that follow teach only how often to answer something
/// else, which takes far fewer of them.
struct CountdownExamples: ExampleSource {
    let clean: CountdownDemonstrations
    let noisy: CountdownDemonstrations
    /// Number of the first example that may be noise.
    let firstNoisy: UInt64
    let encoder: ExampleEncoder

    func example(at index: UInt64) throws -> Example {
        let demonstration = try (index < firstNoisy ? clean : noisy).demonstration(at: index)
        return encoder.encode(prompt: demonstration.prompt, response: demonstration.response)
    }
}
