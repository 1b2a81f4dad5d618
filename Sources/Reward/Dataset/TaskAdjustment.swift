import JSON

/// What a run puts around the tasks of a source: words around the question, payload keys, and further parts of the reward.
package struct TaskAdjustment: Sendable, Equatable {
    /// Stands for the question in `template`.
    package static let placeholder = "{prompt}"

    /// What the policy reads: the placeholder is replaced by the question (of a conversation, by its last message).
    package var template = TaskAdjustment.placeholder
    /// Laid under the payload of every task: a task's own keys win.
    package var options: [String: PayloadValue] = [:]
    /// The parts of a composition (docs/verifiers.md) as `{"kind", "weight", "gate", further payload keys}`; the kind "task"
    /// stands for the task's own verifier. Empty: the task's own verifier alone.
    package var reward: [PayloadValue] = []

    package init() {}

    package func apply(to prompt: TaskPrompt) throws(TaskError) -> TaskPrompt {
        var adjusted = prompt
        adjusted.content = content(prompt.content)
        if !options.isEmpty { adjusted.verification = try withOptions(prompt.verification) }
        if !reward.isEmpty { adjusted.verification = try composed(adjusted.verification) }
        return adjusted
    }

    private func content(_ content: PromptContent) -> PromptContent {
        switch content {
        case .text(let text): return .text(filled(text))
        case .conversation(var turns):
            if let last = turns.indices.last { turns[last].content = filled(turns[last].content) }
            return .conversation(turns)
        }
    }

    private func filled(_ text: String) -> String {
        let parts = template.split(separator: Self.placeholder, maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? parts[0] + text + parts[1] : text
    }

    private func withOptions(_ task: VerificationTask) throws(TaskError) -> VerificationTask {
        let own = try members(of: task)
        return VerificationTask(kind: task.kind, options.merging(own) { $1 })
    }

    private func composed(_ task: VerificationTask) throws(TaskError) -> VerificationTask {
        var parts: [PayloadValue] = []
        for entry in reward {
            guard var members = entry.object, let kind = members.removeValue(forKey: "kind")?.string else {
                throw .unsupportedSetting(
                    name: "a part of the reward", value: String(decoding: entry.json, as: UTF8.self),
                    allowed: "{kind: …, weight: …, gate: …, further payload keys}")
            }
            var part: [String: PayloadValue] = [:]
            for key in ["weight", "gate"] { part[key] = members.removeValue(forKey: key) }
            let isTask = kind == "task"
            part["kind"] = .string(isTask ? task.kind : kind)
            part["payload"] = .object(isTask ? members.merging(try self.members(of: task)) { $1 } : members)
            parts.append(.object(part))
        }
        return VerificationTask(kind: Composition.kind, ["parts": .array(parts)])
    }

    private func members(of task: VerificationTask) throws(TaskError) -> [String: PayloadValue] {
        do throws(JSONError) {
            if let members = try PayloadValue.parse(task.payload[...]).object { return members }
        } catch {
            // Falls through to the same refusal.
        }
        throw .unsupportedSetting(
            name: "the payload of \(task.kind)", value: String(decoding: task.payload.prefix(200), as: UTF8.self),
            allowed: "a JSON object")
    }
}

/// A source whose tasks are adjusted.
package struct AdjustedTaskSource: TaskSource {
    private let source: any TaskSource
    private let adjustment: TaskAdjustment

    /// Makes the first prompt of a split and checks that it can be judged, so that a fault in the adjustment shows here.
    package init(
        _ source: any TaskSource, _ adjustment: TaskAdjustment, check: TaskCheck
    ) throws(TaskError) {
        self.source = source
        self.adjustment = adjustment
        let task = try prompt(at: 0, split: .training).verification
        do throws(LineFault) {
            try check.check(task)
        } catch {
            throw .unsupportedSetting(
                name: "what judges the task", value: task.kind, allowed: "usable: \(error.reason)")
        }
    }

    package func prompt(at index: UInt64, split: TaskSplit) throws(TaskError) -> TaskPrompt {
        try adjustment.apply(to: try source.prompt(at: index, split: split))
    }

    package func count(of split: TaskSplit) -> Int? { source.count(of: split) }
}
