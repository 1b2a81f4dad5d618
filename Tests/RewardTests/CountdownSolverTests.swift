import Reward
import Testing

@Suite struct CountdownSolverTests {
    @Test func findsExactlyWhatBruteForceFinds() {
        var random = SplitMix64(keys: 21)
        for _ in 0..<60 {
            let count = 2 + random.below(3)
            let numbers = (0..<count).map { _ in random.element(of: 1...12) }
            let solver = CountdownSolver(numbers: numbers)
            for target in [random.below(100), random.below(30), numbers[0] * numbers[1]] {
                let texts = solver.solutions(target: target).map(\.text)
                let pairs = CountdownSolver(numbers: numbers, used: 2...2).solutions(target: target).map(\.text)
                #expect(pairs == texts.filter { text in text.count { "+-*/".contains($0) } == 1 })
                #expect(Set(texts) == bruteForceSolutions(numbers, target: target), "\(numbers) = \(target)")
                #expect(Set(texts).count == texts.count)
                #expect(solver.reachableValues().contains(target) == !texts.isEmpty)
            }
        }
    }

    @Test func everySolutionIsAccepted() throws {
        let numbers = [2, 3, 7, 8]
        for used in [1...4, 4...4] {
            for target in 0..<200 {
                let problem = try #require(
                    CountdownProblem(numbers: numbers, target: target, requiresAll: used == 4...4))
                let task = CountdownVerifier.task(for: problem)
                for solution in CountdownSolver(numbers: numbers, used: used).solutions(target: target) {
                    #expect(CountdownVerifier().verify(response: solution.text, task: task) == .correct(score: 1))
                }
            }
        }
    }

    @Test func demonstrationsSolveAsOftenAsAsked() throws {
        let settings = CountdownSettings(count: 3...4, numbers: 1...12, targets: 1...99, used: 2...3)
        let source = try CountdownTaskSource(settings: settings, seed: 9)
        for (noise, share) in [(0, 1...1), (0.6, 0.35...0.5), (1, 0...0.15)] as [(Double, ClosedRange<Double>)] {
            let demonstrations = try CountdownDemonstrations(source: source, noise: noise)
            var solved = 0
            for index in 0..<1000 as Range<UInt64> {
                let demonstration = try demonstrations.demonstration(at: index)
                let prompt = try source.prompt(at: index, split: .training)
                #expect(demonstration.prompt == prompt.text)
                let verdict = CountdownVerifier().verify(
                    response: demonstration.response, task: prompt.verification)
                #expect(!demonstration.isSolution || verdict == .correct(score: 1))
                solved += verdict == .correct(score: 1) ? 1 : 0
                #expect((2...3).contains(demonstration.response.split { "+-*/()".contains($0) }.count))
                #expect(demonstration == (try demonstrations.demonstration(at: index)))
            }
            #expect(share.contains(Double(solved) / 1000), "noise \(noise): \(solved) of 1000")
        }
        #expect(throws: TaskError.self) { try CountdownDemonstrations(source: source, noise: 1.5) }
    }
}
