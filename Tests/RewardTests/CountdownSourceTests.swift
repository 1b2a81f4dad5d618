import Reward
import Testing

@Suite struct CountdownSourceTests {
    private static let settings = [
        CountdownSettings(), CountdownSettings(count: 3...4, numbers: 1...20, targets: 1...99),
        CountdownSettings(count: 4...4, numbers: 1...9, targets: 10...30, operators: [.add, .subtract]),
        CountdownSettings(count: 2...3, numbers: 2...50, targets: 5...500, requiresAll: true),
        CountdownSettings(count: 4...4, numbers: 1...20, targets: 1...99, used: 2...2),
    ]

    /// Both splits, several seeds and settings: 60 000 problems, no canonical one on both sides.
    @Test func trainingAndEvaluationAreDisjoint() throws {
        var seen: [TaskSplit: Set<String>] = [:]
        for split in TaskSplit.allCases {
            for settings in Self.settings.prefix(3) {
                for seed in 0..<2 as Range<UInt64> {
                    let source = try CountdownTaskSource(settings: settings, seed: seed)
                    for index in 0..<5000 as Range<UInt64> {
                        let problem = try source.problem(at: index, split: split)
                        #expect(problem.split == split)
                        seen[split, default: []].insert(problem.canonicalName)
                    }
                }
            }
        }
        let training = try #require(seen[.training])
        let evaluation = try #require(seen[.evaluation])
        #expect(training.isDisjoint(with: evaluation))
        #expect(training.count > 8000 && evaluation.count > 1000)
    }

    @Test func theSplitIgnoresOrderAndTheWayToUseNumbers() throws {
        let one = try #require(CountdownProblem(numbers: [3, 5, 8], target: 34))
        let other = try #require(CountdownProblem(numbers: [8, 3, 5], target: 34, requiresAll: true))
        #expect(one.canonicalName == "3 5 8=34")
        #expect(one.canonicalName == other.canonicalName && one.split == other.split)
        let held = (1...8000).count { CountdownProblem(numbers: [3, 5, 8], target: $0)?.split == .evaluation }
        #expect(abs(held - 1000) < 100)
    }

    @Test(arguments: settings)
    func everyProblemKeepsTheSettingsAndIsSolvable(_ settings: CountdownSettings) throws {
        let source = try CountdownTaskSource(settings: settings, seed: 5)
        for index in 0..<300 as Range<UInt64> {
            let problem = try source.problem(at: index, split: index % 2 == 0 ? .training : .evaluation)
            #expect(settings.count.contains(problem.numbers.count))
            #expect(problem.numbers.allSatisfy(settings.numbers.contains))
            #expect(settings.targets.contains(problem.target) && !problem.numbers.contains(problem.target))
            let count = problem.numbers.count
            let used = settings.requiresAll ? count...count : settings.used.clamped(to: 2...count)
            let solutions = CountdownSolver(numbers: problem.numbers, operators: settings.operators, used: used)
                .solutions(target: problem.target)
            #expect(!solutions.isEmpty)
            for solution in solutions {
                #expect(problem.isSolved(by: solution) && used.contains(solution.numbers.count), "\(solution.text)")
            }
        }
    }

    @Test func promptsAreAFunctionOfSeedSplitAndIndex() throws {
        let source = try CountdownTaskSource(settings: CountdownSettings(), seed: 1)
        let again = try CountdownTaskSource(settings: CountdownSettings(), seed: 1)
        let other = try CountdownTaskSource(settings: CountdownSettings(), seed: 2)
        let first = try (0..<200).map { try source.prompt(at: $0, split: .training) }
        let backwards = try (0..<200).reversed().map { try again.prompt(at: $0, split: .training) }
        #expect(first == backwards.reversed())
        #expect(first != (try (0..<200).map { try other.prompt(at: $0, split: .training) }))
        #expect(Set(first.map(\.text)).count > 150)
    }

    /// Pinned: a change of these would silently change every run and move problems between the splits.
    @Test func problemsStayTheSameForever() throws {
        let source = try CountdownTaskSource(settings: CountdownSettings(), seed: 1)
        let training = try (0..<4).map { try source.prompt(at: $0, split: .training).text }
        let evaluation = try (0..<4).map { try source.prompt(at: $0, split: .evaluation).text }
        #expect(training == ["2 2 6=14:", "7 9 9=6:", "2 8 9=3:", "2 8 9=17:"])
        #expect(evaluation == ["2 3 5=4:", "1 4 6=2:", "1 3 7=10:", "3 7 8=24:"])
        let payload = try source.prompt(at: 0, split: .training).verification.payload
        #expect(String(decoding: payload, as: UTF8.self) == #"{"numbers":[2,2,6],"target":14}"#)
    }

    @Test func impossibleSettingsAreRefusedByName() throws {
        #expect(throws: TaskError.self) { try CountdownTaskSource(settings: CountdownSettings(count: 1...3), seed: 0) }
        #expect(throws: TaskError.self) {
            try CountdownTaskSource(settings: CountdownSettings(numbers: 0...9), seed: 0)
        }
        #expect(throws: TaskError.self) { try CountdownTaskSource(settings: CountdownSettings(operators: []), seed: 0) }
        #expect(throws: TaskError.self) { try CountdownTaskSource(settings: CountdownSettings(used: 1...2), seed: 0) }
        let far = CountdownSettings(count: 2...2, numbers: 1...2, targets: 900...999)
        let source = try CountdownTaskSource(settings: far, seed: 0)
        #expect(throws: TaskError.noProblem(settings: "\(far)", attempts: 10_000)) {
            try source.problem(at: 0, split: .training)
        }
    }
}
