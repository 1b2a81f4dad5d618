import Foundation
import JSON

extension ModelDirectory {
    /// Writes a directory that transformers loads: config.json, model.safetensors (or shards and their index when larger
    /// than `maximumShardBytes`), the companions, and generation_config.json and tokenizer_config.json where missing.
    ///
    /// All is written to a directory beside `path`, which then takes its name: `path` never holds half a model. An existing
    /// model there is replaced; a directory that holds anything else is refused.
    package func save(to path: String, maximumShardBytes: Int = 5_000_000_000) throws(ModelDirectoryError) {
        let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        try Self.checkReplaceable(path)
        let staging = "\(path).\(getpid()).temporary"
        do throws(ModelDirectoryError) {
            try Self.createDirectory(staging)
            try writeContents(to: staging, maximumShardBytes: maximumShardBytes)
            try Self.replace(path, by: staging)
        } catch {
            Self.discard(staging)
            throw error
        }
    }

    private func writeContents(to path: String, maximumShardBytes: Int) throws(ModelDirectoryError) {
        do throws(FileError) {
            try AtomicFile.write(configuration.json(), to: path + "/config.json")
            for (name, content) in completedCompanions() { try AtomicFile.write(content, to: path + "/" + name) }
            try writeWeights(to: path, maximumShardBytes: maximumShardBytes)
        } catch {
            throw .file(error)
        }
    }

    // MARK: Weights

    private func writeWeights(to path: String, maximumShardBytes: Int) throws(FileError) {
        let shards = shards(maximumBytes: maximumShardBytes)
        guard shards.count > 1 else {
            return try writeShard(policy.layout.tensors[...], to: path + "/model.safetensors")
        }
        var map = JSONObject()
        for (index, shard) in shards.enumerated() {
            let name = "model-\(Self.padded(index + 1))-of-\(Self.padded(shards.count)).safetensors"
            try writeShard(shard, to: path + "/" + name)
            for tensor in shard { map.append(tensor.name, .string(name)) }
        }
        var metadata = JSONObject()
        metadata.append("total_size", .integer(policy.bytes.count))
        var index = JSONObject()
        index.append("metadata", .object(metadata))
        index.append("weight_map", .object(map))
        try AtomicFile.write(
            JSONWriter.write(.object(index), indented: true), to: path + "/model.safetensors.index.json")
    }

    private func writeShard(_ tensors: ArraySlice<ParameterTensor>, to path: String) throws(FileError) {
        try policy.bytes.withUnsafeBytes { (all) throws(FileError) in
            try SafetensorsWriter.write(
                SafetensorsWriter.entries(tensors, policy.precision, in: all), to: path)
        }
    }

    /// Consecutive tensors, as many per shard as fit; a tensor larger than a shard gets its own.
    private func shards(maximumBytes: Int) -> [ArraySlice<ParameterTensor>] {
        let tensors = policy.layout.tensors
        var shards: [ArraySlice<ParameterTensor>] = []
        var (start, bytes) = (0, 0)
        for (index, tensor) in tensors.enumerated() {
            let size = tensor.count * policy.precision.size
            if bytes > 0 && bytes + size > maximumBytes {
                shards.append(tensors[start..<index])
                (start, bytes) = (index, 0)
            }
            bytes += size
        }
        return shards + [tensors[start...]]
    }

    /// Five digits, as transformers numbers its shards.
    private static func padded(_ number: Int) -> String {
        String(repeating: "0", count: max(0, 5 - String(number).count)) + String(number)
    }

    // MARK: Companions

    private func completedCompanions() -> [(name: String, content: [UInt8])] {
        var companions = self.companions
        if companions["generation_config.json"] == nil {
            var generation = JSONObject()
            generation.append("bos_token_id", configuration.beginToken.map { .integer(Int($0)) } ?? .null)
            generation.append("eos_token_id", ModelConfiguration.value(of: endTokens))
            generation.append("pad_token_id", configuration.paddingToken.map { .integer(Int($0)) } ?? .null)
            companions["generation_config.json"] = JSONWriter.write(.object(generation), indented: true)
        }
        // Only files that cannot be read at all are passed on without one: the reference may know them.
        if companions["tokenizer.json"] == nil, let document = unlessUnreadable() {
            companions["tokenizer.json"] = document.json()
        }
        if companions["tokenizer.json"] != nil && companions["tokenizer_config.json"] == nil {
            var tokenizer = JSONObject()
            tokenizer.append("tokenizer_class", .string("PreTrainedTokenizerFast"))
            tokenizer.append("bos_token", tokenText(configuration.beginToken))
            tokenizer.append("eos_token", tokenText(endTokens.first))
            tokenizer.append("pad_token", tokenText(configuration.paddingToken))
            tokenizer.append("model_max_length", .integer(configuration.maximumPositions))
            tokenizer.append("clean_up_tokenization_spaces", .boolean(false))
            companions["tokenizer_config.json"] = JSONWriter.write(.object(tokenizer), indented: true)
        }
        return companions.sorted { $0.key < $1.key }.map { (name: $0.key, content: $0.value) }
    }

    /// What vocab.json and merges.txt describe, when they are there and can be read.
    private func unlessUnreadable() -> TokenizerDocument? {
        do throws(TokenizerError) {
            return try TokenizerFiles(companions, family: configuration.family).document()
        } catch {
            return nil
        }
    }

    /// How tokenizer.json writes an added token; null when it has none of that id.
    private func tokenText(_ id: Int32?) -> JSONValue {
        guard let id, let json = companions["tokenizer.json"] else { return .null }
        do throws(TokenizerError) {
            let token = try Tokenizer(json: json).addedTokens.first { $0.id == id }
            return token.map { .string($0.content) } ?? .null
        } catch {
            // A tokenizer that only the reference implementation can read is passed on as it is.
            return .null
        }
    }

    // MARK: Replacing the directory

    private static func isModelFile(_ name: String) -> Bool {
        name == "config.json" || companionNames.contains(name) || name == "model.safetensors.index.json"
            || (name.hasPrefix("model") && name.hasSuffix(".safetensors"))
    }

    private static func checkReplaceable(_ path: String) throws(ModelDirectoryError) {
        guard FileReading.exists(path) else { return }
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw .file(FileError(operation: "list", path: path, code: ENOTDIR))
        }
        if let foreign = names.sorted().first(where: { !isModelFile($0) }) {
            throw .wouldOverwrite(path: path, file: foreign)
        }
    }

    private static func createDirectory(_ path: String) throws(ModelDirectoryError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .file(FileError(operation: "create directory", path: path))
        }
    }

    /// A model already at `path` is moved aside first and removed last, so one of the two is complete at every moment.
    private static func replace(_ path: String, by staging: String) throws(ModelDirectoryError) {
        let previous = "\(path).\(getpid()).previous.temporary"
        if FileReading.exists(path) {
            guard rename(path, previous) == 0 else { throw .file(FileError(operation: "rename", path: path)) }
        }
        guard rename(staging, path) == 0 else { throw .file(FileError(operation: "rename to", path: path)) }
        do throws(FileError) {
            try AtomicFile.synchroniseDirectory(of: path)
        } catch {
            throw .file(error)
        }
        discard(previous)
    }

    /// Best effort: what stays behind is named `.temporary` and in nobody's way.
    private static func discard(_ path: String) {
        guard FileReading.exists(path) else { return }
        do { try FileManager.default.removeItem(atPath: path) } catch { return }
    }
}
