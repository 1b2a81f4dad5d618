import Foundation
import RunReport
import Telemetry
import Testing

/// Results of experiments, and what is made of them.
@Suite struct StudyTests {
    private func run(_ rewards: [Double], accuracy: Double? = 0.5) -> RunData {
        var run = RunData(name: "cell")
        for (index, reward) in rewards.enumerated() {
            run.steps.append(
                step: index + 1, time: Int64(index),
                fields: [
                    "reward_mean": .number(reward), "kl_k1": .number(0.001 * Double(index)),
                    "gradient_norm": .number(index == 2 ? 7 : 1), "skipped_updates": .integer(index == 0 ? 2 : 0),
                ])
        }
        run.evaluation.after = accuracy
        run.sha256 = "ab"
        return run
    }

    private func result(_ cell: String, seed: UInt64, accuracy: Double) throws -> StudyResult {
        try StudyResult(study: "b", cell: cell, seed: seed, run: run([0.1, 0.2, 0.3], accuracy: accuracy))
    }

    @Test func aResultSaysWhatTheStepsSay() throws {
        let result = try StudyResult(study: "b", cell: "N=1", seed: 3, run: run([0.25, 0.12345, 0.5]))
        #expect(result.steps == 3 && result.accuracy == 0.5 && result.seed == 3 && result.sha256 == "ab")
        #expect(result.rewards == [0.25, 0.123, 0.5])
        #expect(result.samplerDivergence == 0.001 && result.largestGradient == 7 && result.refusedUpdates == 2)
        #expect(result.effectiveSampleSize == 0, "what no step has is 0")
        #expect(throws: StudyResult.Unusable.self) {
            try StudyResult(study: "b", cell: "N=1", seed: 3, run: run([0.25], accuracy: nil))
        }
    }

    @Test func aFallIsSeenFromTheBestTenSteps() throws {
        let up = Array(repeating: 0.2, count: 10) + Array(repeating: 0.9, count: 10)
        #expect(try StudyResult(study: "b", cell: "", seed: 1, run: run(up)).fall == 0)
        let down = up + Array(repeating: 0.4, count: 10)
        #expect(abs(try StudyResult(study: "b", cell: "", seed: 1, run: run(down)).fall - 0.5) < 1e-12)
    }

    /// 1, 2, 4: mean 7/3, s = 1.5275, t(2) = 4.303: ± 3.795 (scipy.stats.t.interval gives the same).
    @Test func intervalsAreStudents() {
        let three = SeedEstimate([1, 2, 4])
        #expect(abs(three.mean - 7.0 / 3) < 1e-12 && abs(three.halfWidth - 3.7946) < 1e-3)
        #expect(SeedEstimate([5]).halfWidth.isNaN)
        #expect(SeedEstimate([5, 5]).halfWidth == 0)
    }

    /// Each cell is paired with the one that differs in what no star stands for, and with the same seed.
    @Test func cellsAreComparedSeedBySeed() throws {
        let results = try [
            ("N=1, r2, clip", 1, 0.9), ("N=1, r2, clip", 2, 0.8), ("N=1, r3, clip", 1, 0.5), ("N=2, r3, clip", 1, 0),
            ("N=1, r3, no clip", 1, 0.6), ("N=1, r2, no clip", 2, 0.7), ("N=1, r2, no clip", 1, 0.5),
        ].map { try result($0.0, seed: UInt64($0.1), accuracy: $0.2) }
        let comparison = try StudyComparison(first: "b N=1, *, clip", second: "b N=1, *, no clip", results: results)
        #expect(comparison.pairs == 3 && comparison.ahead == 2)
        #expect(abs(comparison.accuracy.mean - (40.0 + 10 - 10) / 3) < 1e-9)
        #expect(comparison.logDivergenceRatio == SeedEstimate([0, 0, 0]))
        #expect(comparison.text.hasPrefix("accuracy +13.3 ± 62."), "\(comparison.text)")
        #expect(throws: StudyComparison.Failure.self) {
            try StudyComparison(first: "b N=*, r3, clip", second: "b N=*, r3, no clip", results: results)
        }
        #expect(throws: StudyComparison.Failure.self) {
            try StudyComparison(first: "b N=*, clip", second: "b N=1, no clip", results: results)
        }
        #expect(throws: StudyComparison.Failure.self) {
            try StudyComparison(first: "c N=*", second: "c N=*", results: results)
        }
    }

    @Test func aTableHasEveryCellInOrder() throws {
        let results = [
            try result("second", seed: 2, accuracy: 0.9), try result("second", seed: 1, accuracy: 0.7),
            try result("first", seed: 1, accuracy: 0.25),
        ]
        let table = StudyTable(study: "b", order: ["first", "second", "third"], results: results)
        let rows = table.markdown.split(separator: "\n").dropFirst(2)
        #expect(
            rows.map { $0.split(separator: "|").prefix(3).joined(separator: "|") } == [
                " first (2 updates refused) | 1 | 25.0 ", " second (4 updates refused) | 2 | 80.0 ± 127.1 ",
                " third | 0 | not run ",
            ])
        #expect(table.figure.contains("<svg xmlns=") && table.figure.contains(">third</text>"))
        #expect(table.figure.components(separatedBy: "<circle").count == 4, "a dot for each run")
    }

    @Test func onlyTheTableOfAPageIsReplaced() throws {
        let page = "# A\n<!-- table b -->\nold\n<!-- end b -->\nwords\n"
        #expect(
            try StudyPage.replacing("b", by: "new\n", in: page)
                == "# A\n<!-- table b -->\nnew\n<!-- end b -->\nwords\n")
        #expect(throws: StudyPage.Unmarked.self) { try StudyPage.replacing("c", by: "", in: page) }
    }
}
