import JSON

/// The lines that the `command` verifier exchanges with its programs; docs/verifiers.md describes them.
enum CommandMessages {
    /// The line that asks for a verdict, or nil if the task's payload is no JSON object.
    static func question(_ request: VerificationRequest, id: Int, seconds: Double) -> [UInt8]? {
        guard let task = object(request.task.payload) else { return nil }
        let question = PayloadValue.object([
            "id": PayloadValue(id), "deadline_seconds": .number("\(seconds)"), "prompt": .string(request.prompt),
            "response": .string(request.response), "task": .object(task),
        ])
        return question.json
    }

    /// Whether a line says that its program is ready.
    static func isReady(_ line: [UInt8]) -> Bool { object(line)?["ready"] == .boolean(true) }

    /// The judgement in an answer to question `id`; throws what is wrong with the line.
    static func judgement(_ line: [UInt8], id: Int) throws(Failure) -> Judgement {
        guard let answer = object(line) else { throw Failure("its answer is no JSON object", line) }
        guard let answered = answer["id"]?.integer, answered == id else {
            throw Failure("its answer is not to question \(id)", line)
        }
        let reason = answer["reason"]?.string ?? ""
        let score = answer["score"]?.double
        if score == nil, answer["score"] ?? .null != .null { throw Failure("its score is no number", line) }
        switch answer["verdict"]?.string {
        case "correct": return Judgement(.correct(score: score ?? 1), reason)
        case "wrong": return Judgement(.wrong(score: score ?? 0), reason)
        case "unknown": return Judgement(.unknown(cause(in: reason)), reason)
        default: throw Failure("its verdict is not correct, wrong or unknown", line)
        }
    }

    /// An answer that is none.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ reason: String, _ line: [UInt8]) {
            description = "\(reason): \(String(decoding: line.prefix(80), as: UTF8.self))"
        }
    }

    /// The word before a colon, if it is one of the causes.
    private static func cause(in reason: String) -> UnknownReason {
        switch reason.prefix(while: { $0 != ":" }) {
        case "timeout": .timeout
        case "malformed_task": .malformedTask
        case "unsupported": .unsupported
        case "overload": .overload
        default: .crash
        }
    }

    private static func object(_ line: [UInt8]) -> [String: PayloadValue]? {
        do throws(JSONError) {
            return try PayloadValue.parse(line[...]).object
        } catch {
            // Whoever asks says what follows from it.
            return nil
        }
    }
}
