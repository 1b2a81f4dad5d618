import JSON

/// A Hugging Face model directory in memory: configuration, weights, and the text files that travel with them.
///
/// Invariant: the policy has the layout of the configuration, and `configuration.precision` is the policy's.
package struct ModelDirectory: Sendable {
    /// Files other than config.json and the weights that belong to a model; loaded and saved verbatim.
    package static let companionNames = [
        "tokenizer.json", "tokenizer_config.json", "generation_config.json", "chat_template.jinja",
        "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt",
    ]
    static let maximumTextBytes = 1 << 28

    package let configuration: ModelConfiguration
    package let policy: PolicySnapshot
    /// Content by file name, of `companionNames`.
    package let companions: [String: [UInt8]]
    /// Tokens that end a response: those of generation_config.json, which may list more, or else of config.json.
    package let endTokens: [Int32]

    package init(
        configuration: ModelConfiguration, policy: PolicySnapshot, companions: [String: [UInt8]] = [:]
    ) throws(ModelDirectoryError) {
        precondition(policy.layout == ParameterLayout(configuration), "the policy has another layout")
        self.configuration = configuration.with(precision: policy.precision)
        self.policy = policy
        self.companions = companions
        endTokens = try Self.endTokens(configuration, companions["generation_config.json"])
    }

    /// Reads the directory at `path`. `precision` converts the weights; nil keeps bf16 and fp32 as they are (f16 becomes
    /// fp32, exactly). Weights are in memory once, in layout order.
    ///
    /// - Parameter mapsWeights: lets the file stay where it is when its tensors lie in layout order, as Apus writes them. Then
    ///   it must not be overwritten in place while the policy is used, so it is for tools and not for a run's processes.
    package init(
        path: String, precision: ParameterPrecision? = nil, version: UInt64 = 0, mapsWeights: Bool = false
    ) throws(ModelDirectoryError) {
        let configuration = try Self.loadConfiguration(path: path)
        let weights = try CheckpointWeights(directory: path)
        let layout = ParameterLayout(configuration)
        let precision = precision ?? weights.precision
        let bytes = try weights.load(layout, as: precision, mayMap: mapsWeights)
        let policy: PolicySnapshot
        do throws(PolicySnapshotError) {
            policy = try PolicySnapshot(version: version, precision: precision, layout: layout, bytes: bytes)
        } catch {
            preconditionFailure("the bytes were allocated for the layout: \(error)")
        }
        try self.init(configuration: configuration, policy: policy, companions: Self.loadCompanions(path: path))
    }

    /// Only config.json of the directory at `path`.
    package static func loadConfiguration(path: String) throws(ModelDirectoryError) -> ModelConfiguration {
        guard FileReading.isDirectory(path) else { throw .directoryMissing(path: path) }
        let file = path + "/config.json"
        guard FileReading.exists(file) else { throw .fileMissing(path: file, purpose: "the architecture") }
        let bytes = try read(file, limit: 1 << 20)
        let result: Result<ModelConfiguration, ConfigurationError> = bytes.withUnsafeBytes { raw in
            do throws(ConfigurationError) {
                return .success(try ModelConfiguration(json: raw))
            } catch {
                return .failure(error)
            }
        }
        switch result {
        case .success(let configuration): return configuration
        case .failure(let error): throw .configuration(path: file, error)
        }
    }

    private static func loadCompanions(path: String) throws(ModelDirectoryError) -> [String: [UInt8]] {
        var companions: [String: [UInt8]] = [:]
        for name in companionNames where FileReading.exists(path + "/" + name) {
            companions[name] = try read(path + "/" + name, limit: maximumTextBytes)
        }
        return companions
    }

    private static func endTokens(
        _ configuration: ModelConfiguration, _ generation: [UInt8]?
    ) throws(ModelDirectoryError) -> [Int32] {
        guard let generation else { return configuration.endTokens }
        let name = "generation_config.json"
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue.parse(generation)
        } catch {
            throw .configuration(path: name, .notJSON(error))
        }
        guard case .object(let object) = document else { throw .malformed(path: name, reason: "not an object") }
        let tokens: [Int32]
        do throws(ConfigurationError) {
            tokens = try ConfigurationFields(object).tokens("eos_token_id")
        } catch {
            throw .configuration(path: name, error)
        }
        if let token = tokens.first(where: { Int($0) >= configuration.vocabularySize }) {
            throw .malformed(path: name, reason: "eos_token_id \(token) is outside the vocabulary")
        }
        return tokens.isEmpty ? configuration.endTokens : tokens
    }

    static func read(_ path: String, limit: Int) throws(ModelDirectoryError) -> [UInt8] {
        do throws(FileError) {
            return try FileReading.read(path, limit: limit)
        } catch {
            throw .file(error)
        }
    }

    static func readJSON(_ path: String, limit: Int) throws(ModelDirectoryError) -> JSONValue {
        let bytes = try read(path, limit: limit)
        do throws(JSONError) {
            return try JSONValue.parse(bytes)
        } catch {
            throw .malformed(path: path, reason: error.description)
        }
    }
}

extension ModelDirectory {
    /// The tokenizer of tokenizer.json, or of vocab.json and merges.txt.
    package func tokenizer() throws(TokenizerError) -> Tokenizer {
        try TokenizerFiles(companions, family: configuration.family).tokenizer()
    }

    package var hasTokenizer: Bool { TokenizerFiles(companions, family: configuration.family).isComplete }

    /// The tokenizer of the directory at `path`, without its weights.
    package static func loadTokenizer(path: String) throws(ModelDirectoryError) -> Tokenizer {
        guard FileReading.isDirectory(path) else { throw .directoryMissing(path: path) }
        let companions = try loadCompanions(path: path)
        guard TokenizerFiles(companions, family: .llama).isComplete else {
            throw .fileMissing(
                path: path + "/tokenizer.json", purpose: "the tokenizer; vocab.json and merges.txt would do too")
        }
        // tokenizer.json says all there is to say; config.json is needed only for what the older files leave open.
        let family = companions["tokenizer.json"] == nil ? try loadConfiguration(path: path).family : .llama
        do throws(TokenizerError) {
            return try TokenizerFiles(companions, family: family).tokenizer()
        } catch {
            throw .malformed(path: path, reason: error.description)
        }
    }
}
