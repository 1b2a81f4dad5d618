import Foundation
import Telemetry
import Testing

/// The table is right from log lines alone, those the records themselves write.
struct ThroughputReportTests {
    private let clock = ContinuousClock.now
    private let epoch = Timestamp(milliseconds: 1_800_000_000_000)

    private func line(_ record: some LogRecord, role: String, id: String, second: Double) -> LogLine {
        let time = Timestamp(milliseconds: epoch.milliseconds + Int64(second * 1000))
        let written = LogLine(
            time: time, level: "info", role: role, id: id, event: type(of: record).event, fields: record.fields)
        // Through the text, as from a file.
        return LogLine(json: written.json) ?? written
    }

    private func progress(tokens: Int, groups: Int, waited: Double = 0, version: UInt64 = 3) -> RolloutProgress {
        var meter = RateMeter(start: clock)
        meter.add(tokens, now: clock)
        var waits = WaitClock()
        waits.begin("lease", now: clock)
        waits.end("lease", now: clock + .seconds(waited))
        var progress = RolloutProgress(generatedTokens: meter, waits: waits, now: clock + .seconds(waited))
        progress.groupsCompleted = groups
        progress.version = version
        return progress
    }

    private func step(_ number: Int, tokens: Int, seconds: Double, waits: [String: Double], staleness: [Int: Int])
        -> StepRecord
    {
        var record = StepRecord(step: number, version: UInt64(number))
        record.trainedTokens = tokens
        record.stepSeconds = seconds
        record.waitSeconds = waits
        record.stalenessHistogram = staleness
        record.responses = staleness.values.reduce(0, +)
        return record
    }

    @Test func workersAddUpOverEachWindow() throws {
        var report = ThroughputReport()
        // Worker 1 makes 100 tokens/s throughout; worker 2 makes 50 and stops after 100 s; 200 s in all.
        for second in stride(from: 0.0, through: 200, by: 2) {
            report.ingest(
                line(
                    progress(tokens: Int(second) * 100, groups: Int(second)), role: "rollout-worker", id: "w1",
                    second: second))
            let ran = min(second, 100)
            report.ingest(
                line(
                    progress(tokens: Int(ran) * 50, groups: 0, version: 2), role: "rollout-worker", id: "w2",
                    second: second))
        }
        #expect(report.generatedTokensPerSecond(over: 10) == 100)
        #expect(report.generatedTokensPerSecond(over: 60) == 100)
        #expect(report.generatedTokensPerSecond(over: 300) == 125)
        let table = report.table(run: "r")
        #expect(table.contains("tokens/s") && table.contains("groups/min") && table.contains("version"))
        let row = try #require(table.split(separator: "\n").first { $0.hasPrefix("w1") })
        #expect(
            row.split(separator: " ").dropFirst().prefix(8) == [
                "100", "100", "100", "60.0", "60.0", "60.0", "0.0", "3",
            ])
        let total = try #require(table.split(separator: "\n").first { $0.hasPrefix("total (2)") })
        #expect(total.split(separator: " ").dropFirst(2).prefix(3) == ["100", "100", "125"])
    }

    @Test func aRestartedWorkerKeepsItsRate() {
        var report = ThroughputReport()
        for second in stride(from: 0.0, through: 40, by: 2) {
            let sinceStart = second < 21 ? second : second - 22
            report.ingest(
                line(progress(tokens: Int(sinceStart) * 10, groups: 0), role: "rollout-worker", id: "w", second: second)
            )
        }
        // 200 tokens before the restart and 180 after it, in 40 s.
        #expect(report.generatedTokensPerSecond(over: 60) == 9.5)
    }

    @Test func aSilentWorkerIsNotCountedAsFast() throws {
        var report = ThroughputReport()
        for second in [0.0, 2, 4] {
            report.ingest(
                line(progress(tokens: Int(second) * 10, groups: 0), role: "rollout-worker", id: "w", second: second))
        }
        report.ingest(line(ServeProgress(now: clock), role: "parameter-broadcaster", id: "b", second: 40))
        #expect(report.generatedTokensPerSecond(over: 10) == 0)
        #expect(report.generatedTokensPerSecond(over: 60) == 1)
    }

    @Test func theLearnersTimeIsShared() throws {
        var report = ThroughputReport()
        for number in 1...10 {
            let record = step(
                number, tokens: 1000, seconds: 4, waits: ["groups": 1, "publish": 0.2],
                staleness: number == 10 ? [0: 3, 4: 1] : [1: 4])
            report.ingest(line(record, role: "learner", id: "learner", second: Double(number) * 4))
        }
        #expect(report.step == 10 && report.version == 10)
        #expect(report.trainedTokensPerSecond(over: 300) == 250)
        let shares = report.learnerWaitingShare(over: 300)
        #expect(abs((shares["groups"] ?? 0) - 0.25) < 1e-12)
        let staleness = try #require(report.staleness(over: 300))
        #expect(staleness.minimum == 0 && staleness.mean == 1 && staleness.maximum == 4)
        #expect(report.table(run: "r").contains("waiting for: groups 25.0 %, publish 5.0 %"))
    }

    @Test func verifiersShowRateAndQueueAge() throws {
        var report = ThroughputReport()
        for second in [0.0, 5, 10] {
            var meter = RateMeter(start: clock)
            meter.add(Int(second) * 20, now: clock)
            var progress = VerifyProgress(verified: meter, now: clock)
            progress.unknown.add(3, reason: "timeout")
            progress.queueItems = 7
            progress.queueAgeSeconds = 1.25
            report.ingest(line(progress, role: "reward-verifier", id: "v", second: second))
        }
        let row = try #require(report.table(run: "r").split(separator: "\n").first { $0.hasPrefix("v ") })
        #expect(row.split(separator: " ") == ["v", "20.0", "20.0", "20.0", "3", "7", "1.25", "0.0"])
    }

    @Test func anEmptyRunHasATableToo() {
        #expect(ThroughputReport().table(run: "r") == "run r: no log line yet\n")
    }

    @Test func aStepIsOneLine() {
        var formatter = StepLineFormatter()
        for second in [0.0, 2] {
            let progress = progress(tokens: Int(second) * 400, groups: 0)
            let text = formatter.text(for: line(progress, role: "rollout-worker", id: "w", second: second))
            #expect(text == nil)
        }
        var record = step(
            12, tokens: 1000, seconds: 4, waits: ["groups": 1, "publish": 0.01], staleness: [0: 1, 1: 3])
        record.rewardMean = 0.4125
        record.accuracy = 0.4
        let text = formatter.text(for: line(record, role: "learner", id: "learner", second: 3))
        #expect(
            text
                == "step   12  reward  0.413  accuracy  40.0 %  staleness 0/0.8/1  generated    400 tok/s"
                + "  trained    250 tok/s  step   4.0 s  waited for groups 1.0 s")
        record.conservationHolds = false
        record.auditMismatches = 2
        let alarm = formatter.text(for: line(record, role: "learner", id: "learner", second: 4)) ?? ""
        #expect(alarm.contains("CONSERVATION BROKEN") && alarm.contains("2 LOG-PROB MISMATCHES"))
    }
}
