import Reward
import Testing

@Suite struct ProceduralTaskTests {
    private func problems(
        _ task: ProceduralTask, _ difficulty: Int, _ split: TaskSplit, seed: UInt64 = 3, count: UInt64 = 400
    ) throws -> [ProceduralProblem] {
        let source = try ProceduralTaskSource(task, difficulty: difficulty, seed: seed)
        return try (0..<count).map { try source.problem(at: $0, split: split) }
    }

    /// The verifier accepts the solution and nothing near it.
    @Test(arguments: ProceduralTask.allCases, ProceduralTask.difficulties)
    func solutionsAreVerifiedExactly(_ task: ProceduralTask, _ difficulty: Int) throws {
        for problem in try problems(task, difficulty, .training, count: 200) {
            let registry = VerifierRegistry.standard
            #expect(registry.verify(response: problem.solution, task: problem.verification) == .right, "\(problem)")
            for response in [problem.solution + "1", "", "1" + problem.solution, problem.terse, problem.question] {
                #expect(registry.verify(response: response, task: problem.verification) == .wrong, "\(problem)")
            }
        }
    }

    /// No problem of one split occurs in the other, over seeds; and either split is worth having.
    @Test(arguments: ProceduralTask.allCases, [1, 5, 10])
    func trainingAndEvaluationAreDisjoint(_ task: ProceduralTask, _ difficulty: Int) throws {
        var names: [TaskSplit: Set<String>] = [:]
        for split in TaskSplit.allCases {
            for seed in 0..<3 as Range<UInt64> {
                let problems = try problems(task, difficulty, split, seed: seed)
                #expect(problems.allSatisfy { $0.split == split })
                names[split, default: []].formUnion(problems.map(\.name))
            }
        }
        let training = try #require(names[.training])
        let evaluation = try #require(names[.evaluation])
        #expect(training.isDisjoint(with: evaluation))
        #expect(training.count >= 50 && evaluation.count >= 8, "\(training.count) and \(evaluation.count)")
    }

    @Test(arguments: ProceduralTask.allCases)
    func promptsAreAFunctionOfSeedSplitAndIndex(_ task: ProceduralTask) throws {
        let one = try ProceduralTaskSource(task, difficulty: 4, seed: 1)
        let again = try ProceduralTaskSource(task, difficulty: 4, seed: 1)
        let forwards = try (0..<50).map { try one.prompt(at: $0, split: .training) }
        let backwards = try (0..<50).reversed().map { try again.prompt(at: $0, split: .training) }
        #expect(forwards == backwards.reversed())
        let other = try ProceduralTaskSource(task, difficulty: 4, seed: 2)
        #expect(forwards != (try (0..<50).map { try other.prompt(at: $0, split: .training) }))
    }

    /// What the difficulty moves is the amount of work: its mean rises with every step.
    @Test(arguments: ProceduralTask.allCases)
    func theWorkRisesWithTheDifficulty(_ task: ProceduralTask) throws {
        let means = try ProceduralTask.difficulties.map { difficulty in
            let sizes = try problems(task, difficulty, .training).map(\.size)
            return Double(sizes.reduce(0, +)) / Double(sizes.count)
        }
        #expect(zip(means, means.dropFirst()).allSatisfy { $0 < $1 }, "\(means)")
    }

    /// For Countdown: the numbers that the shortest solution uses, or what they are worth.
    @Test func theWorkOfCountdownRisesWithTheDifficulty() throws {
        let work = try ProceduralTask.difficulties.map { difficulty in
            let settings = CountdownSettings(difficulty: difficulty)
            let source = try CountdownTaskSource(settings: settings, seed: 1)
            var sum = 0
            for index in 0..<20 as Range<UInt64> {
                let numbers = try source.problem(at: index, split: .training).numbers
                sum += settings.used.lowerBound * 1000 + settings.used.upperBound * 100 + numbers.reduce(0, +)
            }
            return sum
        }
        #expect(zip(work, work.dropFirst()).allSatisfy { $0 < $1 }, "\(work)")
    }

    /// Pinned: a change of these would silently change every run and move problems between the splits.
    @Test func problemsStayTheSameForever() throws {
        let texts = try ProceduralTask.allCases.map { task in
            try problems(task, 3, .training, seed: 1, count: 2).map { "\($0.terse)\($0.solution)" }
        }
        #expect(
            texts == [
                ["26*2+18-2=68", "25*9-18+11=218"], ["2>10:11000010111=1559", "2>10:11000100001=1569"],
                ["qrvyyvqqrel:e=1", "ssuuohonuss:s=4"],
                ["2x+5=17:6", "2x-19=-41:-11"], ["9 9 5 7 6>5 6 7 9 9", "3 8 4 8 1>1 3 4 8 8"],
            ])
    }

    @Test func anImpossibleDifficultyIsRefused() {
        #expect(throws: TaskError.self) { try ProceduralTaskSource(.sorting, difficulty: 0, seed: 0) }
        #expect(throws: TaskError.self) { try ProceduralTaskSource(.sorting, difficulty: 11, seed: 0) }
    }
}
