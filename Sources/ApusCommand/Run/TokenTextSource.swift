import Foundation
import Model
import RunStore
import Telemetry

/// The tokenizer of a run: of the policy that it was told to begin with or, where that is gone, of what it exported.
struct TokenTextSource: Sendable {
    private let tokenizer: Tokenizer?
    /// Why tokens have no text, for people; nil if they have.
    let failure: String?

    init(_ directory: RunDirectory) {
        var tried: [String] = []
        for path in Self.candidates(directory) {
            do {
                tokenizer = try ModelDirectory.loadTokenizer(path: path)
                failure = nil
                return
            } catch {
                tried.append("\(path) (\(error))")
            }
        }
        tokenizer = nil
        failure =
            "responses are shown as token ids: there is no tokenizer in "
            + (tried.isEmpty ? "the run's directory" : tried.joined(separator: ", nor in "))
    }

    private static func candidates(_ directory: RunDirectory) -> [String] {
        // Without a database there are no samples to show either.
        let database = try? RunDatabase(reading: RunDatabase.path(run: directory.path), isChecked: false)
        let configuration = (try? database?.lives().last?.configuration) ?? ""
        let policy = LogValue(json: configuration)?.asObject?["policy"]?.asObject?["path"]?.asText
        return [policy, directory.path + "/export"].compactMap(\.self)
    }

    /// The text of each token; one that ends within a character has none. Nil without tokenizer, or for tokens it does not know.
    func texts(_ tokens: [Int32]) -> [String]? {
        guard let tokenizer else { return nil }
        var decoder = StreamingDecoder(tokenizer)
        var texts: [String] = []
        for token in tokens {
            // Tokens that the tokenizer does not know show that it is another's.
            guard let text = try? decoder.append(token) else { return nil }
            texts.append(text)
        }
        if let last = texts.indices.last { texts[last] += decoder.finish() }
        return texts
    }
}
