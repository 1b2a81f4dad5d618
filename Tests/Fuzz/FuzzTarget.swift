import Configuration
import Foundation
import Model
import Reward
import Telemetry
import Wire

/// The parsers that read what others wrote.
enum FuzzTarget {
    /// Parses an input, and says what came of it: errors with their numbers and names taken out, so that like outcomes look alike.
    typealias Parse = @Sendable ([UInt8]) -> String

    static let all: [String: Parse] = [
        "configuration": { input in
            outcome {
                var configuration = RunConfiguration()
                try configuration.apply(yaml: String(decoding: input, as: UTF8.self), named: "input")
                try configuration.validate()
            }
        },
        "dataset": { input in
            outcome {
                let check = TaskCheck(registry: .standard)
                let file = try DatasetFile(
                    input, path: "input", format: input.count % 2 == 0 ? .standard : .gsm8k, verifier: "numeric",
                    options: [:], check: check)
                _ = try DatasetTaskSource(
                    file, heldOut: HeldOutQuestions(), check: check, isShuffled: true, seed: 1
                ) { _ in true }
            }
        },
        "gguf": { input in
            withFile(input) { path in
                outcome { _ = try GGUFModel(path: path).tokenizer() }
            }
        },
        "log-line": { input in LogLine(json: String(decoding: input, as: UTF8.self)) == nil ? "refused" : "read" },
        "math": { input in
            let text = String(decoding: input, as: UTF8.self)
            let cut = text.firstIndex(of: "\n") ?? text.startIndex
            let verdict = MathVerifier().verify(response: Array(text[cut...].utf8), gold: Array(text[..<cut].utf8))
            return "\(verdict)"
        },
        "model-configuration": { input in
            outcome { try input.withUnsafeBytes { _ = try ModelConfiguration(json: $0) } }
        },
        "safetensors": { input in
            withFile(input) { path in
                outcome { _ = try SafetensorsFile(path: path) }
            }
        },
        "tokenizer": { input in
            outcome {
                let tokenizer = try Tokenizer(json: input)
                // Whatever it is, it takes any text apart and puts it together again.
                _ = try tokenizer.decode(tokenizer.encode("Grüße, 你好 🙂\n  def f(x): return 12345"))
            }
        },
        "verifiers": { input in
            // A line with the kind, a line with the payload, and the response.
            let parts = String(decoding: input, as: UTF8.self).split(
                separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return "not three parts" }
            let task = VerificationTask(kind: String(parts[0]), payload: Array(parts[1].utf8))
            return "\(parts[0].prefix(20)) \(VerifierRegistry.standard.verify(response: String(parts[2]), task: task))"
        },
        "wire": { input in
            outcome {
                let envelope = try WireCoder.decode(frames(input), limits: WireLimits(parsingBytes: 1 << 20))
                // What is accepted is a valid message.
                let again = try WireCoder.decode(try WireCoder.encode(envelope))
                precondition(again == envelope, "a message changed on its way")
            }
        },
    ]

    static func outcome(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "read"
        } catch {
            return String("\(error)".prefix(200).map { $0.isNumber ? "0" : $0 }.prefix(80))
        }
    }

    /// Frames as the corpus writes them: four bytes of length, least first, before each.
    private static func frames(_ input: [UInt8]) -> [Frame] {
        var frames: [Frame] = []
        var rest = input[...]
        while rest.count >= 4, frames.count < 64 {
            let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            frames.append(Frame(copying: Array(rest.dropFirst(4).prefix(length))))
            rest = rest.dropFirst(4).dropFirst(length)
        }
        return frames
    }

    /// Calls `body` with a file in memory.
    private static func withFile(_ input: [UInt8], _ body: (String) -> String) -> String {
        let path = "/dev/shm/apus-fuzz-\(getpid())"
        guard FileManager.default.createFile(atPath: path, contents: Data(input)) else {
            fatalError("cannot write \(path)")
        }
        defer { unlink(path) }
        return body(path)
    }
}
