import JSON
import Model

/// What `apus inspect` says of a model directory.
struct InspectionReport {
    struct WeightFile {
        let name: String
        let bytes: Int
        let sha256: String
    }

    let path: String
    let directory: ModelDirectory
    let files: [WeightFile]

    private var configuration: ModelConfiguration { directory.configuration }
    private var policy: PolicySnapshot { directory.policy }

    /// Parameters that one token meets: all but the experts it does not take. The embedding counts, though one row is read.
    private var activeParameters: Int {
        guard let experts = configuration.experts else { return policy.layout.elementCount }
        let expert = 3 * configuration.hiddenSize * experts.intermediateSize
        return policy.layout.elementCount
            - configuration.sparseLayers.count * (experts.count - experts.topK) * expert
    }

    // MARK: Text

    func text(tensors: Bool) -> String {
        var lines = ["\(path)"]
        lines += rows.map { "  \(padded($0.0, to: 16)) \($0.1)" }
        lines += files.map { "  \($0.name)  \(NumberText.bytes($0.bytes))  sha256 \($0.sha256)" }
        if tensors {
            lines.append("tensors (name, shape, offset in elements)")
            lines += policy.layout.tensors.map { "  \($0.name)  \($0.shape)  \($0.offset)" }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private var rows: [(String, String)] {
        let heads = "\(configuration.headCount) heads of \(configuration.headDimension)"
        var rows = [
            ("family", configuration.family.rawValue),
            ("layers", "\(configuration.layerCount), hidden size \(configuration.hiddenSize)"),
            ("attention", "\(heads), \(configuration.keyValueHeadCount) key/value heads"),
            ("feed-forward", feedForward),
            (
                "vocabulary",
                "\(configuration.vocabularySize) tokens, \(configuration.tiesEmbeddings ? "tied" : "untied") head"
            ),
            ("positions", "\(configuration.maximumPositions), rope theta \(configuration.rotary.theta)"),
            ("end tokens", directory.endTokens.map(String.init).joined(separator: ", ")),
        ]
        rows.append(
            (
                "parameters",
                "\(NumberText.grouped(policy.layout.elementCount)) in \(policy.layout.tensors.count) tensors, "
                    + "\(NumberText.grouped(activeParameters)) active per token"
            ))
        rows.append(("weights", "\(policy.precision.rawValue), \(NumberText.bytes(policy.bytes.count))"))
        rows.append(("policy sha256", Hexadecimal.text(policy.sha256)))
        rows += memory.map { ($0.name, Self.text($0.estimate)) }
        rows.append(("other files", directory.companions.keys.sorted().joined(separator: ", ")))
        return rows
    }

    private static let (servedPositions, trainedRows) = (4096, 8192)

    /// Estimates for running the model: generation, and training in bf16 with the default micro-batch.
    private var memory: [(name: String, estimate: MemoryEstimate)] {
        [
            ("to generate", .serving(configuration, positions: Self.servedPositions)),
            (
                "to train",
                .training(
                    configuration.with(precision: .bf16), rows: Self.trainedRows, heldVersions: 0,
                    recomputesLayers: true)
            ),
        ]
    }

    private static func text(_ estimate: MemoryEstimate) -> String {
        let parts = estimate.parts.filter { $0.bytes > 0 }.map { "\($0.name) \(NumberText.bytes($0.bytes))" }
        return "about \(NumberText.bytes(estimate.bytes)): \(parts.joined(separator: ", "))"
    }

    private var feedForward: String {
        guard let experts = configuration.experts else { return "dense, inner size \(configuration.intermediateSize)" }
        let shared = experts.sharedIntermediateSize.map { ", a shared expert of \($0)" } ?? ""
        let sparse = "\(experts.topK) of \(experts.count) experts of inner size \(experts.intermediateSize)\(shared)"
        let dense = configuration.layerCount - configuration.sparseLayers.count
        return dense == 0 ? sparse : "\(sparse); \(dense) layers dense, inner size \(configuration.intermediateSize)"
    }

    private func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    // MARK: JSON

    var json: JSONValue {
        var object = JSONObject()
        object.append("path", .string(path))
        object.append("family", .string(configuration.family.rawValue))
        object.append("parameters", .integer(policy.layout.elementCount))
        object.append("active_parameters", .integer(activeParameters))
        object.append("precision", .string(policy.precision.rawValue))
        object.append("policy_bytes", .integer(policy.bytes.count))
        object.append("serving_bytes", .integer(memory[0].estimate.bytes))
        object.append("training_bytes", .integer(memory[1].estimate.bytes))
        object.append("policy_sha256", .string(Hexadecimal.text(policy.sha256)))
        object.append("end_tokens", .array(directory.endTokens.map { .integer(Int($0)) }))
        object.append("files", .array(files.map { .object(Self.json($0)) }))
        object.append("companions", .array(directory.companions.keys.sorted().map { .string($0) }))
        object.append("tensors", .array(policy.layout.tensors.map { .object(Self.json($0)) }))
        return .object(object)
    }

    private static func json(_ file: WeightFile) -> JSONObject {
        var object = JSONObject()
        object.append("name", .string(file.name))
        object.append("bytes", .integer(file.bytes))
        object.append("sha256", .string(file.sha256))
        return object
    }

    private static func json(_ tensor: ParameterTensor) -> JSONObject {
        var object = JSONObject()
        object.append("name", .string(tensor.name))
        object.append("shape", .array(tensor.shape.map { .integer($0) }))
        object.append("offset", .integer(tensor.offset))
        return object
    }
}
