package import Configuration
import JSON
package import Model
package import Reward

/// What a run's prompts are made of, as its configuration says.
package struct TaskSources {
    package let source: any TaskSource
    /// What became of the lines of each file, in the configuration's order.
    package let files: [DatasetTaskSource]

    /// Largest file of tasks read, in bytes.
    private static let maximumFileBytes = 1 << 30

    /// Reads and checks every file, and makes the first prompt of every source.
    ///
    /// - Parameters:
    ///   - seed: draws the problems and shuffles the files.
    ///   - longestPrompt: tokens that the model has room for beside a response; longer lines are left out.
    package init(
        _ task: RunConfiguration.Task, seed: UInt64, encoder: PromptEncoder, longestPrompt: Int
    ) throws {
        guard !task.sources.isEmpty else {
            source = try task.kind.source(
                difficulty: task.difficulty, style: .terse, countdown: task.countdown, seed: seed)
            files = []
            return
        }
        let external = Set(task.externalVerifiers.split(separator: " ").map(String.init))
        let check = TaskCheck(registry: .standard, externalKinds: external)
        let loaded = try task.sources.map { try LoadedFile($0, check: check, maximumBytes: Self.maximumFileBytes) }
        var heldOut = HeldOutQuestions()
        for (file, source) in zip(loaded, task.sources) {
            guard let file else { continue }
            heldOut.add(file.tasks, share: source.holdOut, evaluationFile: file.evaluation)
        }
        var parts: [(source: any TaskSource, weight: Double)] = []
        var files: [DatasetTaskSource] = []
        for (index, source) in task.sources.enumerated() {
            let adjustment = try TaskAdjustment(source)
            // A key of its own for every entry, so that two of one kind give different problems.
            var random = SplitMix64(keys: seed, UInt64(index), 0x736F_7572_6365_7321)
            let seed = random.next()
            if let file = loaded[index] {
                let dataset = try DatasetTaskSource(
                    file.tasks, heldOutShare: source.holdOut, evaluationFile: file.evaluation, heldOut: heldOut,
                    adjustment: adjustment, check: check, isShuffled: source.shuffle, seed: seed
                ) { prompt in
                    let count = try file.tokenCount(prompt, encoder)
                    return count >= source.minimumTokens && count <= min(source.maximumTokens ?? .max, longestPrompt)
                }
                files.append(dataset)
                parts.append((dataset, source.weight))
            } else if let kind = source.kind {
                let style: PromptStyle = source.style == .terse ? .terse : .words
                let made = try kind.source(
                    difficulty: source.difficulty, style: style, countdown: task.countdown, seed: seed)
                parts.append((try AdjustedTaskSource(made, adjustment, check: check), source.weight))
            }
        }
        self.source =
            task.curriculum.advanceAt == nil
            ? try MixtureTaskSource(parts, seed: seed) : try StagedTaskSource(parts, seed: seed)
        self.files = files
    }
}

/// The files of one entry.
private struct LoadedFile {
    let tasks: DatasetFile
    let evaluation: DatasetFile?

    /// Nil for a procedural task.
    init?(_ source: RunConfiguration.Source, check: TaskCheck, maximumBytes: Int) throws {
        guard let path = source.file else { return nil }
        func load(_ path: String) throws -> DatasetFile {
            try DatasetFile(
                FileReading.read(path, limit: maximumBytes), path: path,
                format: source.format == .gsm8k ? .gsm8k : .standard, verifier: source.verifier,
                options: TaskAdjustment(source).options, check: check)
        }
        tasks = try load(path)
        evaluation = try source.evaluationFile.map(load)
    }

    /// The length of a prompt as the policy reads it.
    func tokenCount(_ prompt: TaskPrompt, _ encoder: PromptEncoder) throws -> Int {
        do {
            return try encoder.encode(prompt).tokens.count
        } catch {
            throw LearnerError.unusableTasks(path: tasks.path, reason: "\(error)")
        }
    }
}

extension TaskAdjustment {
    fileprivate init(_ source: RunConfiguration.Source) throws {
        self.init()
        template = source.prompt
        // The configuration wrote both as JSON of these shapes.
        options = try PayloadValue.parse(source.options).object ?? [:]
        reward = try PayloadValue.parse(source.reward).array ?? []
    }
}

extension RunConfiguration.Task.Kind {
    /// Problems of this kind; Countdown without a difficulty follows its own settings.
    fileprivate func source(
        difficulty: Int?, style: PromptStyle, countdown: RunConfiguration.Countdown, seed: UInt64
    ) throws(TaskError) -> any TaskSource {
        if let task = ProceduralTask(rawValue: rawValue) {
            return try ProceduralTaskSource(task, difficulty: difficulty ?? 1, style: style, seed: seed)
        }
        guard let difficulty else {
            return try CountdownTaskSource(settings: CountdownSettings(countdown), seed: seed)
        }
        return try CountdownTaskSource(settings: CountdownSettings(difficulty: difficulty), seed: seed)
    }
}

extension CountdownSettings {
    package init(_ countdown: RunConfiguration.Countdown) throws(TaskError) {
        self.init(
            count: countdown.numbersMinimum...countdown.numbersMaximum,
            numbers: countdown.numberMinimum...countdown.numberMaximum,
            targets: countdown.targetMinimum...countdown.targetMaximum,
            operators: countdown.operators.compactMap { ArithmeticOperator(rawValue: $0) },
            used: countdown.usedMinimum...countdown.usedMaximum, requiresAll: countdown.requiresAll)
        try validate()
    }
}
