import JSON

/// How the lines of a file of tasks are written.
package enum DatasetFormat: String, Sendable, CaseIterable {
    /// `{"prompt": "…" or "messages": […], "answer": …, "verifier": …, "metadata": {…}}`.
    case standard
    /// GSM8K's own: `{"question": "…", "answer": "… #### 42"}`.
    case gsm8k
}

/// Reads one line of a file of tasks.
struct DatasetLineReader {
    let format: DatasetFormat
    /// The verifier of lines that name none.
    let defaultVerifier: String?
    /// Payload keys of every line; a line's own win.
    let options: [String: PayloadValue]
    let check: TaskCheck

    private static let keys: Set<String> = ["prompt", "messages", "answer", "verifier", "metadata"]

    /// - Throws: what a person has to mend.
    func read(_ line: ArraySlice<UInt8>) throws(LineFault) -> TaskPrompt {
        let value: PayloadValue
        do throws(JSONError) {
            value = try PayloadValue.parse(line)
        } catch {
            throw LineFault("\(error)")
        }
        guard let members = value.object else { throw LineFault("a line must be one JSON object") }
        let prompt =
            switch format {
            case .standard: try standard(members)
            case .gsm8k: try gsm8k(members)
            }
        try check.check(prompt.verification)
        return prompt
    }

    private func standard(_ members: [String: PayloadValue]) throws(LineFault) -> TaskPrompt {
        if let key = members.keys.filter({ !Self.keys.contains($0) }).min() {
            throw LineFault(
                "the key \"\(key)\" means nothing; keys: \(Self.keys.sorted().joined(separator: ", ")). "
                    + "What is only for people belongs into \"metadata\"")
        }
        if let metadata = members["metadata"], metadata != .null, metadata.object == nil {
            throw LineFault("\"metadata\" must be an object")
        }
        return TaskPrompt(
            content: try content(members), verification: try verification(members["verifier"], members["answer"]))
    }

    private func content(_ members: [String: PayloadValue]) throws(LineFault) -> PromptContent {
        switch (members["prompt"], members["messages"]) {
        case (let prompt?, nil):
            guard let text = prompt.string, !text.isEmpty else {
                throw LineFault("\"prompt\" must be a text that is not empty")
            }
            return .text(text)
        case (nil, let messages?):
            guard let values = messages.array, !values.isEmpty else {
                throw LineFault("\"messages\" must be a list of messages, not empty")
            }
            return .conversation(try turns(values))
        default: throw LineFault("a line needs either \"prompt\" or \"messages\"")
        }
    }

    private func turns(_ values: [PayloadValue]) throws(LineFault) -> [ConversationTurn] {
        var turns: [ConversationTurn] = []
        for value in values {
            guard let members = value.object, members.count == 2, let content = members["content"]?.string,
                let role = members["role"]?.string.flatMap(ConversationTurn.Role.init)
            else {
                let roles = ConversationTurn.Role.allCases.map(\.rawValue).joined(separator: ", ")
                throw LineFault(
                    "message \(turns.count + 1) must be {\"role\": …, \"content\": …} with a role of \(roles)")
            }
            guard role != .system || turns.isEmpty else {
                throw LineFault("message \(turns.count + 1) has the role system, which only the first may have")
            }
            turns.append(ConversationTurn(role: role, content: content))
        }
        guard turns.last?.role == .user else { throw LineFault("the last message must be the user's") }
        return turns
    }

    /// `"kind"` or `{"kind": …, further payload keys}`; the answer is the payload's "answer".
    private func verification(_ verifier: PayloadValue?, _ answer: PayloadValue?) throws(LineFault) -> VerificationTask
    {
        var payload = options
        var kind = defaultVerifier
        switch verifier {
        case nil, .null?: break
        case .string(let name)?: kind = name
        case .object(let members)?:
            guard let name = members["kind"]?.string else {
                throw LineFault("\"verifier\" must name its kind: {\"kind\": \"numeric\", …}")
            }
            kind = name
            for (key, value) in members where key != "kind" { payload[key] = value }
        default: throw LineFault("\"verifier\" must be a kind or {\"kind\": …, …}")
        }
        guard let kind else {
            throw LineFault("no \"verifier\", and the configuration names none for the file")
        }
        if let answer {
            guard payload["answer"] == nil || options["answer"] != nil else {
                throw LineFault("the answer stands twice: beside \"verifier\" and in it")
            }
            payload["answer"] = answer
        }
        return VerificationTask(kind: kind, payload)
    }

    private func gsm8k(_ members: [String: PayloadValue]) throws(LineFault) -> TaskPrompt {
        guard let question = members["question"]?.string, !question.isEmpty else {
            throw LineFault("\"question\" must be a text that is not empty")
        }
        guard let worked = members["answer"]?.string else { throw LineFault("\"answer\" must be a text") }
        let rule = AnswerExtraction(marker: "####")
        guard let answer = rule.answer(in: worked), !answer.isEmpty else {
            throw LineFault("\"answer\" must end with \"#### \" and the number")
        }
        guard let kind = defaultVerifier else { throw LineFault("the configuration names no verifier for the file") }
        var payload = options
        // Thousands separators are GSM8K's own; every verifier of numbers takes the number without them.
        payload["answer"] = .string(String(decoding: answer.filter { $0 != UInt8(ascii: ",") }, as: UTF8.self))
        return TaskPrompt(content: .text(question), verification: VerificationTask(kind: kind, payload))
    }
}

/// Whether a task can be judged at all, found out before a run begins.
package struct TaskCheck: Sendable {
    private let registry: VerifierRegistry
    /// Kinds that only verifiers outside of this program judge.
    private let externalKinds: Set<String>

    package init(registry: VerifierRegistry, externalKinds: Set<String> = []) {
        self.registry = registry
        self.externalKinds = externalKinds
    }

    /// Judges an empty response, which a sound task finds wrong (or correct), never unknown.
    func check(_ task: VerificationTask) throws(LineFault) {
        let limit = task.kind == CodeVerifier.kind ? CodeTask.maximumBytes : Payload.maximumBytes
        guard task.payload.count <= limit else {
            throw LineFault("a payload of \(task.payload.count) bytes; at most \(limit) are allowed")
        }
        if externalKinds.contains(task.kind) { return }
        // Nothing is run here; whether the verifiers of the run can is theirs to say.
        if task.kind == CodeVerifier.kind {
            guard let code = CodeTask(task.payload) else { throw unusable(task, .malformedTask) }
            if let defect = code.defect { throw LineFault("a task of kind code: \(defect)") }
            return
        }
        guard registry.kinds.contains(task.kind) else {
            throw LineFault(
                "there is no verifier \"\(task.kind)\"; built in: \(registry.kinds.joined(separator: ", ")); "
                    + "others must be listed in task.external_verifiers")
        }
        if task.kind == Composition.kind {
            guard let composition = Composition(task.payload) else { throw unusable(task, .malformedTask) }
            for part in composition.tasks { try check(part) }
        } else if case .unknown(let reason) = registry.verify(response: "", task: task) {
            throw unusable(task, reason)
        }
    }

    private func unusable(_ task: VerificationTask, _ reason: UnknownReason) -> LineFault {
        var text = String(decoding: task.payload.prefix(200), as: UTF8.self)
        if task.payload.count > 200 { text += "…" }
        let why = reason == .unsupported ? "is beyond the limits of" : "is not what is required by"
        return LineFault("the payload \(text) \(why) the verifier \"\(task.kind)\" (docs/verifiers.md)")
    }
}
