import RunReport
import Telemetry
import Testing

/// Columns, counters and configurations as they are read.
@Suite struct DataTests {
    @Test func stepsBecomeColumns() {
        var table = StepTable()
        table.append(step: 1, time: 10, fields: ["entropy": 0.5, "dropped": ["over_age": 3], "sha256": "ab"])
        table.append(step: 2, time: 20, fields: ["entropy": .null, "by_staleness": ["2": ["kl_k3": 0.25]]])
        #expect(table.steps == [1, 2] && table.times == [10, 20])
        #expect(table["entropy"][0] == 0.5 && table["entropy"][1].isNaN)
        #expect(table["dropped/over_age"][0] == 3 && table["dropped/over_age"][1].isNaN)
        #expect(table["by_staleness/2/kl_k3"][1] == 0.25 && table["absent"].allSatisfy(\.isNaN))
        #expect(table.members(of: "by_staleness") == ["2"] && table.members(of: "dropped") == ["over_age"])
        #expect(!table.has("sha256") && table.has("entropy") && table.last("entropy") == 0.5)
    }

    /// A step that was done again after a crash takes the place of its first attempt and of all after it.
    @Test func stepsDoneAgainReplaceTheFirstAttempt() {
        var table = StepTable()
        for step in 1...4 { table.append(step: step, time: Int64(step), fields: ["loss": LogValue(step)]) }
        table.append(step: 3, time: 9, fields: ["loss": 30])
        #expect(table.steps == [1, 2, 3] && table["loss"] == [1, 2, 30])
    }

    @Test func countersAreAddedUpOverTheLivesOfTheLearner() {
        var table = StepTable()
        for (step, count) in [2, 5, 5, 1, 4].enumerated() {
            table.append(step: step, time: 0, fields: ["n": LogValue(count)])
        }
        #expect(table.increase("n") == 9 && table.increase("absent") == 0)
    }

    @Test func meansAreWeighted() {
        var table = StepTable()
        table.append(step: 1, time: 1, fields: ["ratio": 1, "tokens": 30])
        table.append(step: 2, time: 2, fields: ["ratio": 3, "tokens": 10])
        table.append(step: 3, time: 3, fields: ["tokens": 10])
        #expect(table.mean("ratio", weightedBy: "tokens") == 1.5 && table.mean("absent", weightedBy: "tokens").isNaN)
    }

    @Test func amountsAreSpreadOverTheirTimeAndNothingIsLost() {
        var bins = TimeBins(start: 0, end: 10_000, minimum: 1)
        #expect(bins.amounts.count == 10)
        bins.add(30, from: 1_500, to: 4_500)
        #expect(bins.amounts == [0, 5, 10, 10, 5, 0, 0, 0, 0, 0] && bins.rates[2] == 10)
        bins.add(1, from: 20_000, to: 30_000)
        bins.add(.nan, from: 0, to: 1_000)
        #expect(bins.amounts.reduce(0, +) == 30)
    }

    /// Two lives of a process: the counter's second beginning counts from 0.
    @Test func countersThatBeginAnewCountOn() throws {
        func line(_ second: Int64, _ tokens: Int, wait: Double) -> LogLine {
            LogLine(
                time: Timestamp(milliseconds: second * 1000), level: "info", role: "rollout-worker", id: "w",
                event: "rollout_progress",
                fields: ["n": LogValue(tokens), "waiting_seconds_total": ["a lease": LogValue(wait)]])
        }
        var activity = ProcessActivity(start: 0, end: 40_000)
        for (second, tokens, wait) in [(0, 100, 0.0), (10, 300, 5), (20, 50, 1), (30, 150, 11)]
            as [(Int64, Int, Double)]
        {
            activity.add(line(second, tokens, wait: wait), counter: "n")
        }
        #expect(activity.total == 450 && activity.processes == 1 && activity.causes == ["a lease"])
        #expect(abs(activity.done.amounts.reduce(0, +) - 300) < 1e-9)
        #expect(try #require(activity.waitingShare("a lease").max()) <= 1)
    }

    @Test func configurationsDifferWhereTheyDo() {
        let one = FlatConfiguration.values(json: #"{"a":{"b":1,"c":"x"},"d":null}"#)
        let two = FlatConfiguration.values(json: #"{"a":{"b":1,"c":"y"},"e":true}"#)
        #expect(one == ["a.b": "1", "a.c": "\"x\"", "d": "null"])
        #expect(FlatConfiguration.differences([one, two]) == ["a.c", "d", "e"])
        #expect(FlatConfiguration.differences([one, one]).isEmpty && FlatConfiguration.values(json: "[]").isEmpty)
    }

    @Test func colourClassesFollowTheNumbers() {
        #expect([0, 0.02, -0.02, 0.3, -9, .nan].map(SampleToken.gapClass) == ["g0", "p1", "n1", "p3", "n4", "g0"])
        #expect([0, 0.06, 0.3, 5, .nan].map(SampleToken.entropyClass) == ["h0", "h1", "h2", "h5", "h0"])
    }
}
