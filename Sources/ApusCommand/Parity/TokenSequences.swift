import JSON
import Model

/// The input of `logprobs` and `gradients`: {"sequences": [[id, …], …], "prompt_lengths": [n, …]}.
///
/// Invariant: at least one sequence, none empty, all ids within the vocabulary, no sequence longer than the model takes.
struct TokenSequences {
    private static let maximumBytes = 1 << 30

    let sequences: [[Int32]]
    /// Tokens before the completion of each sequence, 1 to its length; nil when the file has none.
    let promptLengths: [Int]?

    init(path: String, configuration: ModelConfiguration) throws {
        let bytes = try FileReading.read(path, limit: Self.maximumBytes)
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue.parse(bytes)
        } catch {
            throw CommandFailure("\(path): \(error)")
        }
        guard let lists = document["sequences"]?.array, !lists.isEmpty else {
            throw CommandFailure("\(path): \"sequences\" must be there and be a list of at least one list of token ids")
        }
        let sequences = try lists.enumerated().map { index, value in
            try Self.sequence(value, index: index, configuration: configuration, path: path)
        }
        promptLengths = try document["prompt_lengths"].map { value in
            try Self.promptLengths(value, sequences: sequences, path: path)
        }
        self.sequences = sequences
    }

    private static func sequence(
        _ value: JSONValue, index: Int, configuration: ModelConfiguration, path: String
    ) throws -> [Int32] {
        guard let ids = value.array else { throw CommandFailure("\(path): sequence \(index) is not a list") }
        guard !ids.isEmpty else { throw CommandFailure("\(path): sequence \(index) is empty; give at least one token") }
        guard ids.count <= configuration.maximumPositions else {
            throw CommandFailure(
                "\(path): sequence \(index) has \(ids.count) tokens, the model takes \(configuration.maximumPositions) "
                    + "(max_position_embeddings); shorten it")
        }
        return try ids.enumerated().map { position, value in
            guard let id = value.integer, (0..<configuration.vocabularySize).contains(id) else {
                let text = String(decoding: JSONWriter.write(value), as: UTF8.self)
                throw CommandFailure(
                    "\(path): sequence \(index), position \(position): \(text.prefix(40)) is no token id; "
                        + "ids are whole numbers from 0 to \(configuration.vocabularySize - 1)")
            }
            return Int32(id)
        }
    }

    private static func promptLengths(_ value: JSONValue, sequences: [[Int32]], path: String) throws -> [Int] {
        guard let values = value.array, values.count == sequences.count else {
            throw CommandFailure(
                "\(path): \"prompt_lengths\" must be a list of \(sequences.count) numbers, one per sequence")
        }
        return try values.enumerated().map { index, value in
            guard let length = value.integer, (1...sequences[index].count).contains(length) else {
                let text = String(decoding: JSONWriter.write(value), as: UTF8.self)
                throw CommandFailure(
                    "\(path): prompt length \(text.prefix(40)) of sequence \(index) is out of range; it must be 1 to "
                        + "\(sequences[index].count), the length of the sequence")
            }
            return length
        }
    }

    /// Runs of sequences that go through the model in one pass: at most so many rows, a longer sequence alone.
    func parts(maximumRows: Int = 4096) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var (start, rows) = (0, 0)
        for (index, sequence) in sequences.enumerated() {
            if rows > 0 && rows + sequence.count > maximumRows {
                parts.append(start..<index)
                (start, rows) = (index, 0)
            }
            rows += sequence.count
        }
        return parts + [start..<sequences.count]
    }
}
