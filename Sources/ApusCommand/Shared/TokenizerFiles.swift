import Model

/// A model directory's tokenizer alone, without its weights.
enum TokenizerFiles {
    private static let maximumBytes = 1 << 28

    static func load(path: String) throws -> Tokenizer {
        let json = path + "/tokenizer.json"
        let (vocabulary, merges) = (path + "/vocab.json", path + "/merges.txt")
        if FileReading.exists(json) {
            return try Tokenizer(json: try FileReading.read(json, limit: maximumBytes))
        }
        guard FileReading.exists(vocabulary), FileReading.exists(merges) else {
            throw CommandFailure(
                "\(path) has neither tokenizer.json nor vocab.json and merges.txt; give the path of a complete model "
                    + "directory")
        }
        let family = try ModelDirectory.loadConfiguration(path: path).family
        return try Tokenizer(
            vocabulary: try FileReading.read(vocabulary, limit: maximumBytes),
            merges: try FileReading.read(merges, limit: maximumBytes), addedTokens: [], isQwen2: family != .llama)
    }
}
