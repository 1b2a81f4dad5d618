import Reward
import RewardVerifier
import Testing

@Suite struct CanaryWatchTests {
    private func canary(_ kind: String, _ expected: Canary.Expectation) -> Canary {
        Canary(task: VerificationTask(kind: kind, payload: []), response: "x", expected: expected)
    }

    private let correct = Judgement(.correct(score: 1))
    private let wrong = Judgement(.wrong(score: 0))
    private let crash = Judgement(.unknown(.crash), "it ended")

    private func watch() -> CanaryWatch {
        CanaryWatch([canary("a", .correct), canary("a", .wrong), canary("b", .correct)])
    }

    @Test func passingChangesNothing() {
        var watch = watch()
        for _ in 0..<5 {
            #expect(watch.beginRound() == [0, 1, 2])
            #expect(watch.record(0, correct) == nil && watch.record(1, wrong) == nil && watch.record(2, correct) == nil)
        }
        #expect(!watch.isWithdrawn("a") && !watch.isWithdrawn("b") && !watch.isWithdrawn("c"))
    }

    @Test(arguments: [(0, false), (1, true)])
    func aWrongVerdictWithdrawsTheKindForGood(_ number: Int, _ says: Bool) {
        var watch = watch()
        _ = watch.beginRound()
        let change = watch.record(number, says ? correct : wrong)
        guard case .withdraw(kind: "a", let reason)? = change else {
            Issue.record("kind a must go: \(String(describing: change))")
            return
        }
        #expect(reason == "a response that is \(says ? "wrong" : "correct") was judged \(says ? "correct" : "wrong")")
        #expect(watch.isWithdrawn("a") && !watch.isWithdrawn("b"))
        // It is not asked again, and late verdicts change nothing.
        #expect(watch.record(1 - number, says ? correct : wrong) == nil)
        #expect(watch.beginRound() == [2])
        #expect(watch.isWithdrawn("a"))
    }

    @Test func threeRoundsWithoutVerdictWithdrawUntilARoundIsPassed() {
        var watch = watch()
        for round in 1...3 {
            _ = watch.beginRound()
            #expect(watch.record(0, correct) == nil)
            let change = watch.record(1, crash)
            #expect((change != nil) == (round == 3))
        }
        #expect(watch.isWithdrawn("a"))
        // Half a round is not enough.
        #expect(watch.beginRound() == [0, 1, 2])
        #expect(watch.record(0, correct) == nil && watch.record(1, crash) == nil)
        #expect(watch.beginRound() == [0, 1, 2])
        #expect(watch.record(0, correct) == nil && watch.isWithdrawn("a"))
        #expect(watch.record(1, wrong) == .offerAgain(kind: "a"))
        #expect(!watch.isWithdrawn("a"))
    }

    @Test func aPassedRoundEndsTheRow() {
        var watch = watch()
        for round in 0..<9 {
            _ = watch.beginRound()
            #expect(watch.record(2, round % 3 == 2 ? correct : crash) == nil)
        }
    }

    @Test func aFullQueueIsNoStrike() {
        var watch = watch()
        for _ in 0..<9 {
            _ = watch.beginRound()
            #expect(watch.record(2, Judgement(.unknown(.overload)), isBlameless: true) == nil)
        }
        #expect(!watch.isWithdrawn("b"))
    }

    @Test func linesOfCanaryFilesAreRead() {
        let line = #"{"kind":"command:a","payload":{"x":[1,2.50]},"response":"r","verdict":"wrong"}"#
        let canary = Canary(line: Array(line.utf8))
        #expect(canary?.task == VerificationTask(kind: "command:a", payload: Array(#"{"x":[1,2.50]}"#.utf8)))
        #expect(canary?.response == "r" && canary?.expected == .wrong)
        for line in [
            "", "{}", #"{"kind":"a","payload":[],"response":"","verdict":"wrong"}"#,
            #"{"kind":"a","payload":{},"response":"","verdict":"unknown"}"#,
        ] {
            #expect(Canary(line: Array(line.utf8)) == nil, "\(line)")
        }
    }
}
