import Foundation
import RunReport
import RunStore
import Telemetry
import TestSupport

/// Runs as they would be read, made up: every kind of chart has something to show.
enum PageFixture {
    /// A run of `count` steps that learns, with two staleness buckets, drops, unknown verdicts and samples.
    static func run(_ name: String, steps count: Int = 60, seed: UInt64 = 1, text: String = "12 + 3") -> RunData {
        var generator = SplitMix64(seed: seed)
        func noise() -> Double { Double.random(in: -1...1, using: &generator) }
        var run = RunData(name: name)
        run.start = 1_700_000_000_000
        for step in 1...count {
            let progress = Double(step) / Double(count)
            run.steps.append(
                step: step, time: run.start + Int64(step) * 3_000,
                fields: fields(step, progress: progress, noise: noise()))
        }
        run.end = run.steps.times.last ?? run.start
        run.lives = [life(1, at: run.start), life(2, at: run.start + Int64(count) * 1_500 + 1)]
        run.configuration = ["objective.kind": "\"gspo\"", "run.seed": "\(seed)"]
        run.state = "finished: steps"
        run.sha256 = String(repeating: "0123456789abcdef", count: 4)
        addActivity(&run)
        run.lengths = ([3: 5, 9: 20, 16: 3], [3: 9, 8: 30, 12: 1])
        run.samples = StoredSample.Kind.allCases.map { sample($0, text: text) }
        run.evaluation = (0.25, 0.75)
        return run
    }

    private static func life(_ number: UInt64, at time: Int64) -> RunLife {
        RunLife(incarnation: number, startedAt: time, software: "apus 1", configuration: "{}")
    }

    private static func fields(_ step: Int, progress: Double, noise: Double) -> [String: LogValue] {
        var record = StepRecord(step: step, version: UInt64(step))
        (record.groups, record.responses, record.groupsWithoutSpread) = (32, 256, 8 + step % 5)
        record.rewardMean = 0.2 + 0.6 * progress + 0.05 * noise
        record.rewardStandardDeviation = 0.4
        record.accuracy = 0.2 + 0.6 * progress + 0.05 * noise
        record.responseTokensMean = 9 + noise
        record.truncatedFraction = 0.05 + 0.02 * abs(noise)
        record.stalenessHistogram = [0: 100, 1: 156]
        record.trainedTokens = 4_000
        record.stepSeconds = 3
        record.waitSeconds = ["groups from workers": 0.8 + 0.3 * abs(noise)]
        record.issued = UInt64(step) * 40
        record.dropped = ["over_age": step / 3, "unknown_reward": step / 9]
        if step % 7 == 0 { record.unknown.add(2, reason: "timeout") }
        (record.loss, record.gradientNorm, record.learningRate) = (0.01 * noise, exp(noise), 2e-4)
        (record.entropy, record.klK1, record.klK3) = (1 - 0.6 * progress, 0.001 * noise, 0.002 + 0.001 * noise)
        (record.clipFractionSequences, record.clipFractionTokens) = (0.3 + 0.1 * noise, 0.3 + 0.1 * noise)
        (record.ratioMean, record.ratioMaximum, record.effectiveSampleSize) = (1 + 0.001 * noise, 2 + noise, 0.97)
        record.logProbabilityGapMaximum = 0.5 + 0.2 * noise
        for staleness in 0...2 {
            var bucket = StalenessRecord(sequences: 80, tokens: 800)
            bucket.rewardMean = 0.5
            (bucket.clipFractionSequences, bucket.clipFractionTokens) = (0.2 + 0.1 * Double(staleness), 0.2)
            (bucket.ratioMean, bucket.klK3) = (1 + 0.01 * Double(staleness), 0.001 * Double(staleness))
            (bucket.effectiveSampleSize, bucket.gradientShare) = (1 - 0.02 * Double(staleness), 1.0 / 3)
            record.byStaleness[staleness] = bucket
        }
        record.additional = ["seconds_by_phase": ["old_policy": 0.4, "update": 1.5, "audit": 0.05]]
        return record.fields
    }

    private static func addActivity(_ run: inout RunData) {
        var rollout = ProcessActivity(start: run.start, end: run.end)
        var trained = TimeBins(start: run.start, end: run.end, minimum: 4)
        for (index, time) in run.steps.times.enumerated() {
            let line = LogLine(
                time: Timestamp(milliseconds: time), level: "info", role: "rollout-worker", id: "w",
                event: RolloutProgress.event,
                fields: [
                    "generated_tokens_total": LogValue(index * 5_000),
                    "waiting_seconds_total": ["a lease": LogValue(Double(index) * 0.7)],
                ])
            rollout.add(line, counter: "generated_tokens_total")
            trained.add(4_000, from: time - 3_000, to: time)
        }
        (run.rollout, run.trained) = (rollout, trained)
    }

    /// A response whose tokens are the characters of `text`.
    static func sample(_ kind: StoredSample.Kind, text: String) -> ReportedSample {
        let texts = text.map(String.init)
        let values = texts.indices.map { -Float($0 % 5) / 4 }
        return ReportedSample(
            step: 7,
            stored: StoredSample(
                groupID: 41, sample: 3, kind: kind, tokens: texts.indices.map { Int32($0) },
                samplerLogProbabilities: values, oldLogProbabilities: values.map { $0 * 0.7 },
                logProbabilities: values.map { $0 * 0.6 }, entropies: texts.indices.map { Float($0 % 4) }),
            prompt: text, verdict: StoredVerdict(judgement: "wrong", score: 0, reason: text, detail: "", verifier: "v"),
            finish: "stop",
            outcome: ResponseOutcome(
                groupID: 41, sample: 3, advantage: 0.5, ratio: 1.01, divergence: 0.1, clippedFraction: 0.25,
                staleness: 2), texts: texts)
    }
}
