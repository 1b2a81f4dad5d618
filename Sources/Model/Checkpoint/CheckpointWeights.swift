import JSON

/// The tensors of a Hugging Face checkpoint, whether in one safetensors file or several, experts one by one or fused.
struct CheckpointWeights {
    /// Where one parameter of the layout is found.
    private struct Source {
        let file: SafetensorsFile
        let tensor: SafetensorsFile.Tensor
        /// Elements of `tensor` that are the parameter.
        let elements: Range<Int>
    }

    private let files: [SafetensorsFile]
    /// The file to blame when a tensor is missing: the index, or the only file.
    private let path: String

    /// Opens model.safetensors, or the shards that model.safetensors.index.json lists.
    init(directory: String) throws(ModelDirectoryError) {
        let single = directory + "/model.safetensors"
        let index = directory + "/model.safetensors.index.json"
        if FileReading.exists(single) {
            path = single
            files = [try Self.open(single)]
        } else if FileReading.exists(index) {
            path = index
            var files: [SafetensorsFile] = []
            for shard in try Self.shards(index) { files.append(try Self.open(directory + "/" + shard)) }
            self.files = files
        } else {
            throw .fileMissing(path: single, purpose: "the weights; a model.safetensors.index.json would do too")
        }
        try checkDistinct()
    }

    /// bf16 when every weight is stored so, otherwise fp32, which represents all weight formats exactly.
    var precision: ParameterPrecision {
        files.allSatisfy { $0.tensors.allSatisfy { $0.format == .bfloat16 } } ? .bf16 : .fp32
    }

    /// The weights in layout order. Throws unless the checkpoint has exactly the layout's tensors with their shapes.
    ///
    /// - Parameter mayMap: whether the file itself may serve, where its tensors lie in layout order and in `precision`.
    func load(
        _ layout: ParameterLayout, as precision: ParameterPrecision, mayMap: Bool
    ) throws(ModelDirectoryError) -> SharedBytes {
        var sources: [Source] = []
        sources.reserveCapacity(layout.tensors.count)
        for tensor in layout.tensors { sources.append(try source(of: tensor)) }
        try refuseUnexpected(used: sources, layout)
        if mayMap, let mapped = mapped(sources, as: precision) { return mapped }
        return try SharedBytes(count: layout.byteCount(precision)) { (destination) throws(ModelDirectoryError) in
            for (tensor, source) in zip(layout.tensors, sources) {
                let range = tensor.offset * precision.size..<(tensor.offset + tensor.count) * precision.size
                let target = UnsafeMutableRawBufferPointer(rebasing: destination[range])
                do throws(SafetensorsError) {
                    try source.file.load(source.tensor, elements: source.elements, as: precision, to: target)
                } catch {
                    throw .safetensors(error)
                }
            }
        }
    }
}

// MARK: - Without a copy

extension CheckpointWeights {
    private func mapped(_ sources: [Source], as precision: ParameterPrecision) -> SharedBytes? {
        guard files.count == 1, let first = sources.first else { return nil }
        let isPlain = sources.allSatisfy { source in
            source.tensor.format == SafetensorsFormat(precision) && source.elements.count == source.tensor.count
        }
        // What reads weights may read whole elements.
        guard isPlain, first.tensor.range.lowerBound.isMultiple(of: precision.size) else { return nil }
        return files[0].contiguousBytes(sources.map(\.tensor))
    }
}

// MARK: - Finding tensors

extension CheckpointWeights {
    private func find(_ name: String) -> (file: SafetensorsFile, tensor: SafetensorsFile.Tensor)? {
        for file in files {
            if let tensor = file[name] { return (file, tensor) }
        }
        return nil
    }

    private func source(of parameter: ParameterTensor) throws(ModelDirectoryError) -> Source {
        if let (file, tensor) = find(parameter.name) {
            guard tensor.shape == parameter.shape else {
                throw .wrongShape(
                    path: file.path, tensor: parameter.name, expected: parameter.shape, found: tensor.shape)
            }
            return Source(file: file, tensor: tensor, elements: 0..<tensor.count)
        }
        if let fused = FusedExpert(parameter), let (file, tensor) = find(fused.name) {
            guard tensor.shape.count == 3, fused.expert < tensor.shape[0], tensor.shape[1...] == fused.shape[...] else {
                throw .wrongShape(
                    path: file.path, tensor: fused.name, expected: [fused.expert + 1] + fused.shape, found: tensor.shape
                )
            }
            return Source(file: file, tensor: tensor, elements: fused.elements)
        }
        throw .tensorMissing(path: path, tensor: parameter.name)
    }

    /// A tensor that is not computed with, or not wholly, would make the result silently another than the reference's.
    private func refuseUnexpected(used sources: [Source], _ layout: ParameterLayout) throws(ModelDirectoryError) {
        var used: [String: Int] = [:]
        for source in sources { used[source.tensor.name, default: 0] += source.elements.count }
        for file in files {
            for tensor in file.tensors {
                guard let count = used[tensor.name] else {
                    // Redundant by design: a copy of the tied embedding, and rotary frequencies of old exports.
                    if tensor.name.hasSuffix(".rotary_emb.inv_freq") { continue }
                    if tensor.name == "lm_head.weight", layout.languageModelHead == layout.embedding {
                        let embedding = try source(of: layout.embedding)
                        if try isCopy(tensor, in: file, of: embedding) { continue }
                        throw .headDiffers(path: file.path)
                    }
                    throw .tensorUnexpected(path: file.path, tensor: tensor.name)
                }
                guard count == tensor.count else {
                    let reason = "tensor \"\(tensor.name)\" \(tensor.shape) holds more experts than config.json states"
                    throw .malformed(path: file.path, reason: reason)
                }
            }
        }
    }

    /// Whether two tensors hold the same numbers, however they are stored.
    private func isCopy(
        _ tensor: SafetensorsFile.Tensor, in file: SafetensorsFile, of source: Source
    ) throws(ModelDirectoryError) -> Bool {
        guard tensor.shape == source.tensor.shape else { return false }
        let elementsAtOnce = 1 << 16
        do throws(SafetensorsError) {
            for first in stride(from: 0, to: tensor.count, by: elementsAtOnce) {
                let elements = first..<min(first + elementsAtOnce, tensor.count)
                let copy = try file.floats(tensor, elements)
                guard try copy == source.file.floats(source.tensor, elements) else { return false }
            }
        } catch {
            throw .safetensors(error)
        }
        return true
    }

    private func checkDistinct() throws(ModelDirectoryError) {
        var seen: Set<String> = []
        for file in files {
            for tensor in file.tensors where !seen.insert(tensor.name).inserted {
                throw .malformed(path: file.path, reason: "tensor \"\(tensor.name)\" is in another shard too")
            }
        }
    }
}

// MARK: - Opening files

extension CheckpointWeights {
    private static let maximumIndexBytes = 100_000_000
    private static let maximumShards = 10_000

    private static func open(_ path: String) throws(ModelDirectoryError) -> SafetensorsFile {
        guard FileReading.exists(path) else { throw .fileMissing(path: path, purpose: "weights") }
        do throws(SafetensorsError) {
            return try SafetensorsFile(path: path)
        } catch {
            throw .safetensors(error)
        }
    }

    /// The distinct file names of an index's `weight_map`, in order.
    private static func shards(_ path: String) throws(ModelDirectoryError) -> [String] {
        let document = try ModelDirectory.readJSON(path, limit: maximumIndexBytes)
        guard let map = document["weight_map"]?.object else {
            throw .malformed(path: path, reason: "weight_map is missing")
        }
        var shards: [String] = []
        var seen: Set<String> = []
        for member in map.members {
            guard let shard = member.value.string, !shard.isEmpty, !shard.contains("/") else {
                throw .malformed(
                    path: path, reason: "weight_map of \"\(member.key)\" must name a file beside the index")
            }
            if seen.insert(shard).inserted { shards.append(shard) }
        }
        guard shards.count <= maximumShards else { throw .malformed(path: path, reason: "\(shards.count) shards") }
        return shards
    }
}

/// Where transformers 5 keeps one expert's matrix: `gate_up_proj` [experts, 2·inner, hidden] (gate above up), `down_proj`
/// [experts, hidden, inner].
private struct FusedExpert {
    let name: String
    let expert: Int
    /// Shape of one expert's slice of the fused tensor.
    let shape: [Int]
    /// Elements of the fused tensor that are the parameter.
    let elements: Range<Int>

    /// Nil unless `parameter` is `….experts.N.{gate,up,down}_proj.weight`.
    init?(_ parameter: ParameterTensor) {
        let parts = parameter.name.split(separator: ".")
        guard parts.count >= 4, parts[parts.count - 4] == "experts", let expert = Int(parts[parts.count - 3]) else {
            return nil
        }
        let prefix = parts.dropLast(3).joined(separator: ".") + "."
        let (rows, columns) = (parameter.shape[0], parameter.shape[1])
        let isDown = parts[parts.count - 2] == "down_proj"
        name = prefix + (isDown ? "down_proj" : "gate_up_proj")
        self.expert = expert
        shape = isDown ? [rows, columns] : [2 * rows, columns]
        let isUp = parts[parts.count - 2] == "up_proj"
        let start = expert * shape[0] * columns + (isUp ? parameter.count : 0)
        elements = start..<start + parameter.count
    }
}
