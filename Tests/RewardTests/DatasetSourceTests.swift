import Reward
import Testing

@Suite struct DatasetSourceTests {
    private static let check = TaskCheck(registry: .standard)

    private func file(_ names: some Sequence<String>, path: String = "a.jsonl") throws -> DatasetFile {
        let lines = names.map { #"{"prompt":"\#($0)","answer":"\#($0)","verifier":"exact"}"# }
        return try DatasetFile(Array(lines.joined(separator: "\n").utf8), path: path, check: Self.check)
    }

    private func source(
        _ file: DatasetFile, share: Double = 0, evaluation: DatasetFile? = nil, others: [DatasetFile] = [],
        adjustment: TaskAdjustment = TaskAdjustment(), isShuffled: Bool = true, seed: UInt64 = 1,
        longest: Int = .max
    ) throws -> DatasetTaskSource {
        var heldOut = HeldOutQuestions()
        heldOut.add(file, share: share, evaluationFile: evaluation)
        for other in others { heldOut.add(other, share: 1, evaluationFile: nil) }
        return try DatasetTaskSource(
            file, heldOutShare: share, evaluationFile: evaluation, heldOut: heldOut, adjustment: adjustment,
            check: Self.check, isShuffled: isShuffled, seed: seed
        ) { $0.text.count <= longest }
    }

    private func texts(_ source: some TaskSource, _ range: Range<UInt64>, _ split: TaskSplit = .training) throws
        -> [String]
    { try range.map { try source.prompt(at: $0, split: split).text } }

    private let names = (0..<100).map { "q\($0)" }

    @Test func everyEpochHoldsEveryTaskOnceInAnOrderOfItsOwn() throws {
        let source = try source(file(names))
        let epochs = try (0..<4 as Range<UInt64>).map { try texts(source, $0 * 100..<($0 + 1) * 100) }
        for epoch in epochs { #expect(Set(epoch) == Set(names)) }
        #expect(Set(epochs).count == 4)
        #expect(epochs[0] != names)
        let ordered = try self.source(file(names), isShuffled: false)
        #expect(try texts(ordered, 0..<200) == names + names)
    }

    /// A source made anew, as after a resume, goes on where the other was.
    @Test func aResumedSourceGoesOnAsAnUnbrokenOne() throws {
        let unbroken = try texts(try source(file(names), share: 0.2), 0..<500)
        let first = try texts(try source(file(names), share: 0.2), 0..<217)
        let rest = try texts(try source(file(names), share: 0.2), 217..<500)
        #expect(first + rest == unbroken)
        #expect(unbroken != (try texts(try source(file(names), share: 0.2, seed: 2), 0..<500)))
    }

    @Test func aShareIsHeldOutByTheQuestionAlone() throws {
        let many = (0..<5000).map { "q\($0)" }
        let one = try source(file(many), share: 0.1)
        #expect(abs(one.summary.evaluation - 500) < 70)
        #expect(one.summary.training + one.summary.evaluation == 5000)
        let count = UInt64(one.summary.evaluation)
        let held = try texts(one, 0..<count, .evaluation)
        #expect(Set(held).isDisjoint(with: try texts(one, 0..<5000)))
        // Neither the order of the lines, nor the seed, nor what is put around moves a question; duplicates stay together.
        var adjustment = TaskAdjustment()
        adjustment.template = "Q: {prompt} A:"
        let other = try source(file(many.reversed() + many), share: 0.1, adjustment: adjustment, seed: 9)
        #expect(Set(try texts(other, 0..<2 * count, .evaluation)) == Set(held.map { "Q: \($0) A:" }))
        // A larger share holds out more, and all of the former.
        let larger = try source(file(many), share: 0.2)
        #expect(Set(held).isSubset(of: try texts(larger, 0..<UInt64(larger.summary.evaluation), .evaluation)))
    }

    @Test func whatIsHeldOutAnywhereIsNotTrained() throws {
        let evaluation = try file(names.prefix(10), path: "test.jsonl")
        let own = try source(file(names), evaluation: evaluation)
        #expect(own.summary == summary(lines: 110, training: 90, evaluation: 10, heldOutElsewhere: 10))
        #expect(try texts(own, 0..<10, .evaluation) == Array(names.prefix(10)))
        #expect(Set(try texts(own, 0..<90)).isDisjoint(with: names.prefix(10)))
        let other = try source(file(names), others: [evaluation])
        #expect(other.summary == summary(lines: 100, training: 90, evaluation: 0, heldOutElsewhere: 10))
        #expect(throws: TaskError.self) { try other.prompt(at: 0, split: .evaluation) }
        #expect(throws: DatasetError.self) { try source(evaluation, others: [evaluation]) }
    }

    private func summary(
        lines: Int, training: Int, evaluation: Int, heldOutElsewhere: Int, outOfLength: Int = 0
    ) -> DatasetTaskSource.Summary {
        var summary = DatasetTaskSource.Summary()
        (summary.lines, summary.training, summary.evaluation) = (lines, training, evaluation)
        (summary.heldOutElsewhere, summary.outOfLength) = (heldOutElsewhere, outOfLength)
        return summary
    }

    @Test func promptsAreFilteredByTheirLengthAsTheyArePut() throws {
        var adjustment = TaskAdjustment()
        adjustment.template = "{prompt}?"
        let source = try source(file(names), adjustment: adjustment, longest: 3)
        #expect(
            source.summary == summary(lines: 100, training: 10, evaluation: 0, heldOutElsewhere: 0, outOfLength: 90))
        #expect(Set(try texts(source, 0..<10)) == Set((0..<10).map { "q\($0)?" }))
        #expect(throws: DatasetError.self) { try self.source(file(names), longest: 1) }
    }

    @Test func adjustmentsReachWhatJudges() throws {
        var adjustment = TaskAdjustment()
        adjustment.options = ["marker": .string("=>"), "answer": .string("lost")]
        adjustment.reward = [
            .object(["kind": .string("task"), "weight": .number("0.9")]),
            .object(["kind": .string("regex"), "gate": .boolean(true), "pattern": .string(".*=>.*")]),
        ]
        let source = try source(file(["a"]), adjustment: adjustment)
        let task = try source.prompt(at: 0, split: .training).verification
        #expect(VerifierRegistry.standard.verify(response: "so => a", task: task) == .correct(score: 0.9))
        #expect(VerifierRegistry.standard.verify(response: "so => b", task: task) == .wrong(score: 0))
        adjustment.options["marker"] = .string("")
        #expect(throws: DatasetError.self) { try self.source(file(["a"]), adjustment: adjustment) }
        adjustment = TaskAdjustment()
        adjustment.reward = [.object(["weight": .number("1")])]
        #expect(throws: TaskError.self) { try self.source(file(["a"]), adjustment: adjustment) }
        let procedural = try ProceduralTaskSource(.sorting, difficulty: 1, seed: 1)
        #expect(throws: TaskError.self) { try AdjustedTaskSource(procedural, adjustment, check: Self.check) }
        adjustment.reward = []
        adjustment.options = ["tag": .string("answer")]
        let tagged = try AdjustedTaskSource(procedural, adjustment, check: Self.check)
        let payload = try tagged.prompt(at: 0, split: .training).verification.payload
        #expect(String(decoding: payload, as: UTF8.self).contains(#""tag":"answer""#))
    }

    @Test func conversationsAreAdjustedInTheirLastMessage() throws {
        var adjustment = TaskAdjustment()
        adjustment.template = "{prompt} Think first."
        let prompt = TaskPrompt(
            content: .conversation([
                ConversationTurn(role: .system, content: "s"), ConversationTurn(role: .user, content: "q"),
            ]), verification: VerificationTask(kind: "exact", payload: Array("{}".utf8)))
        let turns = [
            ConversationTurn(role: .system, content: "s"), ConversationTurn(role: .user, content: "q Think first."),
        ]
        #expect(try adjustment.apply(to: prompt).content == .conversation(turns))
    }
}
