import Model
import Reward

/// Examples from a file of {"prompt": "…", "response": "…"} lines, each as likely, drawn with replacement by the seed.
struct DatasetExamples: ExampleSource {
    /// Largest file read, in bytes.
    static let maximumBytes = 1 << 30

    let examples: [Example]
    let seed: UInt64

    init(path: String, encoder: ExampleEncoder, seed: UInt64) throws {
        self.seed = seed
        examples = try JSONLines.read(path, maximumBytes: Self.maximumBytes) { line in
            let prompt = try line.text("prompt")
            guard !prompt.isEmpty else { throw line.failure("\"prompt\" is empty") }
            return encoder.encode(prompt: prompt, response: try line.text("response"))
        }
        guard !examples.isEmpty else {
            throw CommandFailure("\(path) has no line; each line must be {\"prompt\": \"…\", \"response\": \"…\"}")
        }
    }

    func example(at index: UInt64) -> Example {
        var random = SplitMix64(keys: seed, index, 0x6461_7461_7365_7421)
        return random.element(of: examples)
    }
}
