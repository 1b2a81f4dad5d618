import Reward
import Testing

@Suite struct MixtureTests {
    private func mixture(_ weights: [Double], seed: UInt64 = 1) throws -> MixtureTaskSource {
        let source = try ProceduralTaskSource(.sorting, difficulty: 1, seed: 0)
        return try MixtureTaskSource(weights.map { (source, $0) }, seed: seed)
    }

    @Test(arguments: [
        ([1.0], [1]), ([1.0, 1.0], [1, 1]), ([0.7, 0.3], [7, 3]), ([2.0, 4.0, 6.0], [1, 2, 3]),
        ([0.125, 0.875], [1, 7]),
        ([1.0, 2.0, 0.5], [2, 4, 1]), ([Double.pi, 1.0], [759, 241]), ([0.333, 0.667], [333, 667]),
    ])
    func sharesAreTheWeights(_ weights: [Double], _ shares: [Int]) throws {
        #expect(try mixture(weights).shares == shares)
    }

    /// Over any whole number of blocks every source gives exactly its share, and each of its prompts once.
    @Test func sharesAreExact() throws {
        let mixture = try mixture([0.5, 0.3, 0.2])
        var indices: [[UInt64]] = [[], [], []]
        for index in 0..<1000 as Range<UInt64> {
            let place = mixture.location(of: index, split: .training)
            indices[place.source].append(place.index)
        }
        #expect(indices.map(\.count) == [500, 300, 200])
        for numbers in indices { #expect(Set(numbers) == Set(0..<UInt64(numbers.count))) }
    }

    @Test func theOrderIsAFunctionOfSeedAndIndex() throws {
        func places(_ mixture: MixtureTaskSource, _ range: Range<UInt64>) -> [Int] {
            range.map { mixture.location(of: $0, split: .training).source }
        }
        let unbroken = places(try mixture([3, 2]), 0..<300)
        #expect(places(try mixture([3, 2]), 0..<77) + places(try mixture([3, 2]), 77..<300) == unbroken)
        #expect(places(try mixture([3, 2], seed: 2), 0..<300) != unbroken)
        let blocks = Set(stride(from: 0, to: 300, by: 5).map { Array(unbroken[$0..<$0 + 5]) })
        #expect(blocks.count > 5)
    }

    @Test func aSourceWithoutAnyPromptIsRefused() {
        #expect(throws: TaskError.self) { try mixture([1, 1e-5]) }
    }

    @Test func evaluationEndsBeforeAPromptComesAgain() throws {
        let check = TaskCheck(registry: .standard)
        let lines = (0..<200).map { #"{"prompt":"q\#($0)","answer":"a","verifier":"exact"}"# }
        let file = try DatasetFile(Array(lines.joined(separator: "\n").utf8), path: "a", check: check)
        let source = try DatasetTaskSource(
            file, heldOutShare: 0.2, heldOut: HeldOutQuestions(), check: check, seed: 1
        ) { _ in true }
        let endless = try ProceduralTaskSource(.sorting, difficulty: 1, seed: 0)
        let mixture = try MixtureTaskSource([(source, 3), (endless, 1)], seed: 1)
        #expect(endless.count(of: .evaluation) == nil)
        let count = try #require(mixture.count(of: .evaluation))
        #expect(count == source.summary.evaluation / 3 * 4)
        let asked = (0..<UInt64(count)).map { mixture.location(of: $0, split: .evaluation) }.filter { $0.source == 0 }
        #expect(asked.allSatisfy { $0.index < source.summary.evaluation })
    }

    /// Of each stage only the open sources give prompts, each prompt is where its number says, and evaluation asks all.
    @Test func stagesOpenOneSourceAfterAnother() throws {
        let kinds: [ProceduralTask] = [.sorting, .letterCount, .linearEquation]
        let sources = try kinds.map { try ProceduralTaskSource($0, difficulty: 1, seed: 0) }
        let staged = try StagedTaskSource(sources.map { ($0, 1) }, seed: 1)
        for stage in kinds.indices {
            let numbers = (0..<300).map { PromptNumber(stage: stage, position: $0).index }
            #expect(Set(numbers.map(staged.sourceNumber)) == Set(0...stage))
            for number in numbers {
                let prompt = try staged.prompt(at: number, split: .training)
                let expected = try MixtureTaskSource(sources[...stage].map { ($0, 1) }, seed: 1)
                    .prompt(at: PromptNumber(number).position, split: .training)
                #expect(prompt == expected)
                #expect(PromptNumber(number).index == number && PromptNumber(number).stage == stage)
            }
        }
        let all = try MixtureTaskSource(sources.map { ($0, 1) }, seed: 1)
        for index in 0..<100 as Range<UInt64> {
            #expect(
                try staged.prompt(at: index, split: .evaluation) == all.prompt(at: index, split: .evaluation))
        }
    }
}
