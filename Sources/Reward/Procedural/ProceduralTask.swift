/// The families of problems that are made on the fly, besides Countdown.
package enum ProceduralTask: String, Sendable, CaseIterable {
    case arithmeticChain = "arithmetic-chain"
    case baseConversion = "base-conversion"
    case letterCount = "letter-count"
    case linearEquation = "linear-equation"
    case sorting

    /// Difficulties, from a few seconds' thought of a child upwards.
    package static let difficulties = 1...10

    /// A problem of the given difficulty, drawn from `random`.
    func problem(difficulty: Int, _ random: inout SplitMix64) -> ProceduralProblem {
        switch self {
        case .arithmeticChain: ArithmeticChain.problem(difficulty: difficulty, &random)
        case .baseConversion: BaseConversion.problem(difficulty: difficulty, &random)
        case .letterCount: LetterCount.problem(difficulty: difficulty, &random)
        case .linearEquation: LinearEquation.problem(difficulty: difficulty, &random)
        case .sorting: Sorting.problem(difficulty: difficulty, &random)
        }
    }

    /// A key that keeps the tasks' random streams apart.
    var key: UInt64 { TextHash.of(rawValue.utf8) }
}

/// Problems of one family without end. The problem at (seed, split, index) is a pure function of these and the difficulty.
package struct ProceduralTaskSource: TaskSource {
    package let task: ProceduralTask
    package let difficulty: Int
    package let style: PromptStyle
    package let seed: UInt64
    /// Draws before giving up on a split.
    private static let maximumAttempts = 10_000

    /// - Throws: `TaskError.unsupportedSetting`.
    package init(
        _ task: ProceduralTask, difficulty: Int, style: PromptStyle = .terse, seed: UInt64
    ) throws(TaskError) {
        guard ProceduralTask.difficulties.contains(difficulty) else {
            throw .unsupportedSetting(
                name: "the difficulty of \(task.rawValue)", value: "\(difficulty)",
                allowed: "within \(ProceduralTask.difficulties)")
        }
        self.task = task
        self.difficulty = difficulty
        self.style = style
        self.seed = seed
    }

    package func prompt(at index: UInt64, split: TaskSplit) throws(TaskError) -> TaskPrompt {
        let problem = try problem(at: index, split: split)
        return TaskPrompt(
            text: style == .terse ? problem.terse : problem.question, verification: problem.verification)
    }

    /// The problem number `index` of `split`.
    ///
    /// - Throws: `TaskError.noProblem` if none of the draws lies in the split.
    package func problem(at index: UInt64, split: TaskSplit) throws(TaskError) -> ProceduralProblem {
        var random = SplitMix64(keys: seed, task.key, split.rawValue, index)
        for _ in 0..<Self.maximumAttempts {
            let problem = task.problem(difficulty: difficulty, &random)
            if problem.split == split { return problem }
        }
        throw .noProblem(settings: "\(task.rawValue) of difficulty \(difficulty)", attempts: Self.maximumAttempts)
    }
}

extension VerificationTask {
    /// A task of `kind` with the payload of these members.
    init(kind: String, _ members: [String: PayloadValue]) {
        self.init(kind: kind, payload: PayloadValue.object(members).json)
    }
}
