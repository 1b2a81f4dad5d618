/// Countdown problems without end, procedural, all solvable.
///
/// The problem at (seed, split, index) is a pure function of these and the settings. Numbers are drawn uniformly and
/// listed in ascending order; the target uniformly from what they can reach within the settings *and* the split, so the
/// splits are disjoint by construction (`CountdownProblem.split`). A target that is itself given is never set.
package struct CountdownTaskSource: TaskSource {
    package let settings: CountdownSettings
    package let seed: UInt64
    package let format: CountdownFormat
    /// Draws of numbers before giving up on the settings.
    static let maximumAttempts = 10_000

    /// - Throws: `TaskError.unsupportedSetting`.
    package init(
        settings: CountdownSettings, seed: UInt64, format: CountdownFormat = CountdownFormat()
    ) throws(TaskError) {
        try settings.validate()
        self.settings = settings
        self.seed = seed
        self.format = format
    }

    package func prompt(at index: UInt64, split: TaskSplit) throws(TaskError) -> TaskPrompt {
        let problem = try problem(at: index, split: split)
        return TaskPrompt(text: format.prompt(problem), verification: CountdownVerifier.task(for: problem))
    }

    /// The problem number `index` of `split`.
    ///
    /// - Throws: `TaskError.noProblem` if the settings leave none.
    package func problem(at index: UInt64, split: TaskSplit) throws(TaskError) -> CountdownProblem {
        var random = SplitMix64(keys: seed, split.rawValue, index)
        for _ in 0..<Self.maximumAttempts {
            let count = random.element(of: settings.count)
            let numbers = (0..<count).map { _ in random.element(of: settings.numbers) }.sorted()
            let candidates = candidates(numbers, split: split)
            if !candidates.isEmpty { return random.element(of: candidates) }
        }
        throw .noProblem(settings: "\(settings)", attempts: Self.maximumAttempts)
    }

    /// What the settings let be built from `numbers`, or nil if nothing.
    func solver(for numbers: [Int]) -> CountdownSolver? {
        settings.usedCounts(of: numbers.count).map { used in
            CountdownSolver(numbers: numbers, operators: settings.operators, used: used)
        }
    }

    /// Every problem of the split on these numbers.
    private func candidates(_ numbers: [Int], split: TaskSplit) -> [CountdownProblem] {
        let targets = solver(for: numbers)?.reachableValues() ?? []
        return targets.compactMap { target in
            guard settings.targets.contains(target), !numbers.contains(target) else { return nil }
            let problem = CountdownProblem(numbers: numbers, target: target, requiresAll: settings.requiresAll)
            return problem?.split == split ? problem : nil
        }
    }
}
