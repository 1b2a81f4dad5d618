import Dispatch
import JSON
import Model
import Reward

/// Judges lines of cases, in order, on any number of threads.
struct CaseJudge: Sendable {
    let kind: String
    /// Where the lines come from, for errors.
    let path: String

    private let registry: VerifierRegistry

    private static let pairKinds: Set<String> = [ExactVerifier().kind, MathVerifier.kind]
    private let mathVerifier = MathVerifier()

    init(kind: String, path: String, registry: VerifierRegistry) {
        self.kind = kind
        self.path = path
        self.registry = registry
    }

    /// One line of JSON per case; up to the first that is none, and what is wrong with it.
    func verdicts(on lines: [LineReader.Line], threads: Int) -> (text: [UInt8], failure: CommandFailure?) {
        let share = (lines.count + threads - 1) / max(threads, 1)
        guard threads > 1, share > 0 else { return verdicts(on: lines[...]) }
        let shares = stride(from: 0, to: lines.count, by: share).map { lines[$0..<min($0 + share, lines.count)] }
        var results = [(text: [UInt8], failure: CommandFailure?)](repeating: ([], nil), count: shares.count)
        results.withUnsafeMutableBufferPointer { buffer in
            // Every iteration writes one element of its own.
            nonisolated(unsafe) let buffer = buffer
            DispatchQueue.concurrentPerform(iterations: shares.count) { index in
                buffer[index] = verdicts(on: shares[index])
            }
        }
        let complete = results.prefix { $0.failure == nil }
        let failed = results.dropFirst(complete.count).first
        return (complete.flatMap(\.text) + (failed?.text ?? []), failed?.failure)
    }

    private func verdicts(on lines: ArraySlice<LineReader.Line>) -> (text: [UInt8], failure: CommandFailure?) {
        var text: [UInt8] = []
        text.reserveCapacity(lines.count * 40)
        for line in lines {
            do throws(CommandFailure) {
                text += JSONWriter.write(CaseJudge.json(try judgement(on: line)))
                text.append(UInt8(ascii: "\n"))
            } catch {
                return (text, error)
            }
        }
        return (text, nil)
    }

    private func judgement(on line: LineReader.Line) throws(CommandFailure) -> Judgement {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(Array(line.bytes))
        } catch {
            throw failure("\(error)", line)
        }
        guard value.object != nil else { throw failure("not a JSON object", line) }
        if value["gold"] != nil || value["prediction"] != nil {
            return try Judgement(
                verdict(prediction: text("prediction", of: value, line), gold: text("gold", of: value, line), line))
        }
        guard let payload = value["payload"], payload.object != nil else {
            throw failure("\"payload\" must be there and be an object", line)
        }
        return registry.judge(
            VerificationRequest(
                prompt: value["prompt"]?.string ?? "", response: try text("response", of: value, line),
                task: VerificationTask(kind: kind, payload: JSONWriter.write(payload)),
                deadline: .now + Self.patience))
    }

    private func verdict(
        prediction: String, gold: String, _ line: LineReader.Line
    ) throws(CommandFailure) -> Verdict {
        if kind == MathVerifier.kind {
            return mathVerifier.verify(response: Array(prediction.utf8), gold: Array(gold.utf8))
        }
        guard CaseJudge.pairKinds.contains(kind) else {
            throw failure("kind \"\(kind)\" takes \"response\" and \"payload\", not \"prediction\" and \"gold\"", line)
        }
        let payload = JSONObject(members: [.init(key: "answer", value: .string(gold))])
        return registry.verify(
            response: prediction, task: VerificationTask(kind: kind, payload: JSONWriter.write(.object(payload))))
    }

    private func text(_ key: String, of value: JSONValue, _ line: LineReader.Line) throws(CommandFailure) -> String {
        guard let text = value[key]?.string else { throw failure("\"\(key)\" must be there and be a string", line) }
        return text
    }

    private func failure(_ reason: String, _ line: LineReader.Line) -> CommandFailure {
        CommandFailure("\(path):\(line.number): \(reason)")
    }

    /// How long one verdict may take; only those of child processes take any time.
    private static let patience = Duration.seconds(300)

    private static func json(_ judgement: Judgement) -> JSONValue {
        var object = JSONObject()
        switch judgement.verdict {
        case .correct(let score):
            object.append("verdict", .string("correct"))
            object.append("score", .number(score))
        case .wrong(let score):
            object.append("verdict", .string("wrong"))
            object.append("score", .number(score))
        case .unknown(let reason):
            object.append("verdict", .string("unknown"))
            object.append("reason", .string(reason.rawValue))
        }
        if !judgement.reason.isEmpty { object.append("detail", .string(judgement.reason)) }
        return .object(object)
    }
}
