import Yams

/// One key of an entry of `task.sources`: the schema of the entries, as `Setting` is that of the configuration.
package struct SourceSetting: Sendable {
    package let key: String
    /// What is allowed, in words.
    package let allowed: String
    /// What the key means.
    package let documentation: String

    private let reader: @Sendable (RunConfiguration.Source) -> RenderedValue
    private let writer: @Sendable (inout RunConfiguration.Source, Node) -> Bool

    private init<Value>(
        _ key: String, _ place: any WritableKeyPath<RunConfiguration.Source, Value> & Sendable,
        _ type: SettingType<Value>, _ documentation: String
    ) {
        self.key = key
        self.documentation = documentation
        allowed = type.allowed
        reader = { type.render($0[keyPath: place]) }
        writer = { source, node in
            guard let scalar = node.scalar, let value = type.parse(WrittenValue(scalar)) else { return false }
            source[keyPath: place] = value
            return true
        }
    }

    /// A mapping or list whose content another module understands: kept as JSON.
    private init(
        _ key: String, _ place: any WritableKeyPath<RunConfiguration.Source, String> & Sendable, allowed: String,
        _ documentation: String, where isAllowed: @escaping @Sendable (Node) -> Bool
    ) {
        self.key = key
        self.allowed = allowed
        self.documentation = documentation
        reader = { .json($0[keyPath: place]) }
        writer = { source, node in
            guard isAllowed(node), let json = node.json else { return false }
            source[keyPath: place] = json
            return true
        }
    }

    package func value(in source: RunConfiguration.Source) -> RenderedValue { reader(source) }

    /// Stores what the user wrote; false if it is not allowed.
    func set(_ node: Node, in source: inout RunConfiguration.Source) -> Bool { writer(&source, node) }

    /// The schema, in the order of docs/configuration.md.
    package static let all: [SourceSetting] = origin + split + judgement

    private static let origin: [SourceSetting] = [
        SourceSetting(
            "kind", \.kind, .optional(.choice, whenNull: "this source is a file"), "A procedural task."),
        SourceSetting(
            "file", \.file, .optional(.path, whenNull: "this source is a kind of task"),
            "A file of tasks, one JSON object a line (docs/datasets.md)."),
        SourceSetting(
            "weight", \.weight, .number(0...1_000_000, exclusive: true),
            "Share of the prompts, relative to the other sources'."),
        SourceSetting(
            "difficulty", \.difficulty,
            .optional(.integer(1...10), whenNull: "1, for countdown as task.countdown says"),
            "kind: how hard the problems are."),
        SourceSetting(
            "style", \.style, .choice, "kind: problems in a few characters, or in a sentence (countdown: terse only)."),
        SourceSetting(
            "format", \.format, .choice,
            "file: how lines are written; gsm8k is {\"question\", \"answer\" ending with \"#### 42\"}."),
        SourceSetting(
            "prompt", \.prompt,
            .text("a text that holds {prompt} once") { $0.components(of: "{prompt}") == 2 },
            "What the policy reads; {prompt} stands for the question."),
    ]

    private static let split: [SourceSetting] = [
        SourceSetting(
            "shuffle", \.shuffle, .boolean, "file: every epoch in an order of its own, else in the file's order."),
        SourceSetting(
            "hold_out", \.holdOut, .number(0...0.9),
            "file: share of the questions that no training shows, for evaluation; chosen by the question alone."),
        SourceSetting(
            "evaluation_file", \.evaluationFile, .optional(.path, whenNull: "the share held out"),
            "file: a file of the same format for evaluation. Its questions are left out of all training."),
        SourceSetting(
            "minimum_tokens", \.minimumTokens, .integer(0...1_048_576), "file: shorter prompts are left out."),
        SourceSetting(
            "maximum_tokens", \.maximumTokens, .optional(.integer(1...1_048_576), whenNull: "no bound"),
            "file: longer prompts are left out."),
    ]

    private static let judgement: [SourceSetting] = [
        SourceSetting(
            "verifier", \.verifier,
            .optional(.text("a kind (docs/verifiers.md)") { !$0.isEmpty }, whenNull: "every line names one"),
            "file: the verifier of lines that name none."),
        SourceSetting(
            "options", \.options, allowed: "a mapping",
            "Keys of the payload of every task, such as {tag: answer}; a task's own win.",
            where: { $0.mapping != nil }),
        SourceSetting(
            "reward", \.reward, allowed: "a list of {kind, weight, gate, further payload keys}",
            "Parts of a composite verdict; the kind task is the task's own verifier. Empty: that alone.",
            where: { node in node.sequence.map { $0.allSatisfy { $0.mapping != nil } } ?? false }),
    ]
}

extension String {
    /// How many parts `separator` makes.
    fileprivate func components(of separator: String) -> Int {
        split(separator: separator, omittingEmptySubsequences: false).count
    }
}

extension WrittenValue {
    init(_ scalar: Node.Scalar) {
        self.init(text: scalar.string, isQuoted: scalar.style != .plain && scalar.style != .any)
    }
}

extension Node {
    /// The node as JSON with sorted keys; nil if it has a key that is no text, or an alias.
    fileprivate var json: String? {
        switch self {
        case .scalar(let scalar):
            let written = WrittenValue(scalar)
            if written.isNull { return "null" }
            if written.isQuoted { return RenderedValue.text(written.text).literal }
            if ["true", "false"].contains(written.text) { return written.text }
            return Self.isNumber(written.text) ? written.text : RenderedValue.text(written.text).literal
        case .sequence(let elements):
            let parts = elements.map(\.json)
            return parts.contains(nil) ? nil : "[" + parts.compactMap { $0 }.joined(separator: ",") + "]"
        case .mapping(let members):
            var parts: [(key: String, json: String)] = []
            for (key, value) in members {
                guard let name = key.scalar?.string, let json = value.json else { return nil }
                parts.append((name, json))
            }
            return "{"
                + parts.sorted { $0.key < $1.key }.map { "\(RenderedValue.text($0.key).literal):\($0.json)" }
                .joined(separator: ",") + "}"
        case .alias: return nil
        }
    }

    /// Whether a text is a number as JSON writes it.
    private static func isNumber(_ text: String) -> Bool {
        text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?/) != nil
    }
}
