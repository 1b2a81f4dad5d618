import ArgumentParser
import Model
import Reward

/// `apus verify`: verdicts without a cluster.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Judge responses as the reward-verifier does.",
        discussion: """
            Reads {"response": "…", "payload": {…}} lines and prints for each {"verdict": "correct", "score": 1}, \
            {"verdict": "wrong", "score": 0} or {"verdict": "unknown", "reason": "…"}. Kinds: \
            \(VerifierRegistry.standard.kinds.joined(separator: ", ")). A payload is what the kind requires, e.g. \
            {"numbers": [3, 5, 8], "target": 29} for countdown and {"answer": "42"} for exact.

            EXAMPLE
              echo '{"response": "8*3+5", "payload": {"numbers": [3, 5, 8], "target": 29}}' > cases.jsonl
              apus verify --kind countdown --in cases.jsonl
            """)

    private static let maximumBytes = 1 << 30

    @Option(help: "Kind of the tasks.")
    var kind: String

    @Option(name: .customLong("in"), help: ArgumentHelp("Lines to read.", valueName: "cases.jsonl"))
    var input: String

    func run() throws {
        let kinds = VerifierRegistry.standard.kinds
        guard kinds.contains(kind) else {
            throw CommandFailure("there is no verifier of kind \"\(kind)\"; kinds: \(kinds.joined(separator: ", "))")
        }
        let verdicts = try JSONLines.read(input, maximumBytes: Self.maximumBytes) { line in
            guard let payload = line.value["payload"], payload.object != nil else {
                throw line.failure("\"payload\" must be there and be an object")
            }
            return VerifierRegistry.standard.verify(
                response: try line.text("response"),
                task: VerificationTask(kind: kind, payload: JSONWriter.write(payload)))
        }
        for verdict in verdicts { Console.output(String(decoding: JSONWriter.write(json(verdict)), as: UTF8.self)) }
    }

    private func json(_ verdict: Verdict) -> JSONValue {
        var object = JSONObject()
        switch verdict {
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
        return .object(object)
    }
}
