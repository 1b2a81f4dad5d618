extension RunConfiguration {
    /// One of the sources that a run's prompts are mixed from: a procedural task or a file.
    package struct Source: Sendable, Equatable {
        /// How questions of procedural tasks are worded.
        package enum Style: String, Sendable, CaseIterable { case terse, words }
        /// How the lines of a file are written.
        package enum Format: String, Sendable, CaseIterable { case standard, gsm8k }

        package var kind: Task.Kind?
        package var file: String?
        package var weight = 1.0
        package var difficulty: Int?
        package var style = Style.terse
        package var format = Format.standard
        package var verifier: String?
        package var evaluationFile: String?
        package var holdOut = 0.0
        package var shuffle = true
        package var minimumTokens = 0
        package var maximumTokens: Int?
        package var prompt = "{prompt}"
        /// A JSON object, with sorted keys.
        package var options = "{}"
        /// A JSON list of objects.
        package var reward = "[]"

        package init() {}
    }

    /// Most sources that can open one after another: a prompt's number has seven bits for the stage (docs/run-database.md).
    private static let maximumStages = 128

    func validateSources() throws(ConfigurationError) {
        guard task.curriculum.advanceAt == nil || (2...Self.maximumStages).contains(task.sources.count) else {
            throw .inconsistent(
                keys: ["task.curriculum.advance_at", "task.sources"],
                reason:
                    "a curriculum opens 2 to \(Self.maximumStages) sources one after another; there are \(task.sources.count)"
            )
        }
        for (index, source) in task.sources.enumerated() {
            let path = "task.sources[\(index)]"
            guard (source.kind == nil) != (source.file == nil) else {
                throw .inconsistent(
                    keys: ["\(path).kind", "\(path).file"], reason: "a source is either a kind of task or a file")
            }
            guard source.evaluationFile == nil || source.holdOut == 0 else {
                throw .inconsistent(
                    keys: ["\(path).evaluation_file", "\(path).hold_out"],
                    reason: "evaluation takes its prompts from a file of its own or from a share of this one")
            }
            try Self.inOrder(
                ("\(path).minimum_tokens", source.minimumTokens),
                ("\(path).maximum_tokens", source.maximumTokens ?? .max))
            guard source.kind != .countdown || source.style == .terse else {
                throw .inconsistent(keys: ["\(path).style"], reason: "countdown is put tersely only")
            }
            let misplaced =
                source.file == nil
                ? [
                    ("verifier", source.verifier != nil), ("evaluation_file", source.evaluationFile != nil),
                    ("hold_out", source.holdOut != 0), ("format", source.format != .standard),
                    ("minimum_tokens", source.minimumTokens != 0), ("maximum_tokens", source.maximumTokens != nil),
                ] : [("difficulty", source.difficulty != nil), ("style", source.style != .terse)]
            if let (key, _) = misplaced.first(where: { $0.1 }) {
                let kind = source.file == nil ? "a kind of task" : "a file"
                throw .inconsistent(keys: ["\(path).\(key)"], reason: "\(kind) has no such setting")
            }
        }
    }
}
