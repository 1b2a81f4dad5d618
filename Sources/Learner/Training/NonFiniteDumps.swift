import Foundation
import Model
import Objective
import Wire

/// The run's directory `nonfinite`: a few refused updates, with all that went into them.
///
/// Role: what somebody looks at afterwards. Owner: `PolicyTrainer`. Each dump is a directory `version-V-update-U` with
/// `report.json` (why, which tensors, which groups) and `batch.json` (per group and response: tokens, versions, rewards,
/// advantages, log-probabilities, weights, derivatives). A number that is not finite is written as a text: "nan", "inf".
struct NonFiniteDumps {
    /// Nil: nothing is written.
    let directory: String?
    /// Dumps in the directory, at most; those of earlier lives of the run count.
    let limit: Int

    /// Writes one dump unless there are enough. A disk that refuses costs the dump, not the run.
    func write(_ refusal: UpdateRefusal, _ parts: [EvaluatedBatch]) -> UpdateRefusal.Dump {
        guard let directory else { return .omitted }
        let path = "\(directory)/version-\(refusal.version)-update-\(refusal.update)"
        do {
            let files = FileManager.default
            try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
            let present = try files.contentsOfDirectory(atPath: directory)
            guard present.count < limit || files.fileExists(atPath: path) else { return .omitted }
            try files.createDirectory(atPath: path, withIntermediateDirectories: true)
            try AtomicFile.write(Array(try Self.encoder.encode(refusal)), to: path + "/report.json")
            try AtomicFile.write(
                Array(try Self.encoder.encode(parts.flatMap(GroupDump.groups))), to: path + "/batch.json")
            return .written(path: path)
        } catch {
            return .failed(reason: "\(error)")
        }
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }
}

/// A group as it is dumped.
private struct GroupDump: Encodable {
    struct Span: Encodable {
        let version: UInt64
        let sha256: String
        let count: UInt32
    }

    struct Response: Encodable {
        let sample: UInt32
        let tokens: [Int32]
        let spans: [Span]
        let reward: Double?
        let advantage: Float
        let isTrained: Bool
        let samplerLogProbabilities: [Float]
        let oldLogProbabilities: [Float]
        let logProbabilities: [Float]
        /// Empty when every weight is 1.
        let weights: [Float]
        let lossByLogProbability: [Float]
    }

    let groupID: UInt64
    let promptIndex: UInt64
    let prompt: [Int32]
    let responses: [Response]

    static func groups(of part: EvaluatedBatch) -> [GroupDump] {
        part.slices.map { slice in
            GroupDump(
                groupID: slice.group.groupID, promptIndex: slice.group.promptIndex, prompt: slice.group.prompt,
                responses: zip(slice.sequences, slice.group.responses).map { Self.response($1, sequence: $0, part) })
        }
    }

    private static func response(
        _ response: Experience.Response, sequence: Int, _ part: EvaluatedBatch
    ) -> Response {
        let batch = part.batch
        let tokens = batch.tokens(of: sequence)
        return Response(
            sample: response.sample, tokens: response.tokens,
            spans: response.spans.map {
                Span(version: $0.version, sha256: Hexadecimal.text($0.sha256), count: $0.count)
            },
            reward: response.reward, advantage: batch.advantages[sequence],
            isTrained: batch.trainedTokens(of: sequence) > 0,
            samplerLogProbabilities: Array(batch.samplerLogProbabilities[tokens]),
            oldLogProbabilities: Array(batch.oldLogProbabilities[tokens]),
            logProbabilities: Array(batch.logProbabilities[tokens]),
            weights: batch.weights.isEmpty ? [] : Array(batch.weights[tokens]),
            lossByLogProbability: Array(part.derivatives.logProbabilities[tokens]))
    }
}
