/// Speed, waiting and staleness of a run, computed from its log lines alone.
///
/// Role: takes log lines in order of time, answers with numbers (see `+Table` for the table). Pure. "Now" is the time
/// of the latest line of any process, so that a finished run reads as it did when it ended.
package struct ThroughputReport: Sendable {
    struct Worker: Sendable {
        var tokens = CounterHistory()
        var groups = CounterHistory()
        /// Seconds waited, all causes.
        var waited = CounterHistory()
        var version: Double?
        var waitingFor: String?
        var lastLine: Timestamp
    }

    struct Verifier: Sendable {
        var verdicts = CounterHistory()
        var unknown = 0.0
        var queueItems = 0.0
        var queueAgeSeconds = 0.0
        var lastLine: Timestamp
    }

    struct Broadcaster: Sendable {
        var bytes = CounterHistory()
        var version: Double?
        var subscribers = 0.0
        var lastLine: Timestamp
    }

    struct Step: Sendable {
        let time: Timestamp
        let trainedTokens: Double
        let seconds: Double
        let waitSeconds: [String: Double]
        let staleness: (minimum: Double, mean: Double, maximum: Double)?
        let responses: Double
    }

    private(set) var workers: [String: Worker] = [:]
    private(set) var verifiers: [String: Verifier] = [:]
    private(set) var broadcasters: [String: Broadcaster] = [:]
    /// The steps of the longest window, the last one in any case.
    private(set) var steps: [Step] = []
    private(set) var firstStepBegan: Timestamp?
    /// The learner's last step and the version it produced.
    package private(set) var step: Double?
    package private(set) var version: Double?
    /// Time of the latest line.
    package private(set) var now: Timestamp?

    package init() {}

    /// Takes up one line; lines the report has no use for only move the time.
    package mutating func ingest(_ line: LogLine) {
        now = max(now ?? line.time, line.time)
        switch line.event {
        case RolloutProgress.event: ingestRollout(line)
        case VerifyProgress.event: ingestVerification(line)
        case ServeProgress.event: ingestServing(line)
        case StepRecord.event: ingestStep(line)
        default: break
        }
    }

    private mutating func ingestRollout(_ line: LogLine) {
        var worker = workers[line.id] ?? Worker(lastLine: line.time)
        worker.lastLine = line.time
        worker.tokens.add(line.number("generated_tokens_total") ?? 0, at: line.time)
        worker.groups.add(line.number("groups_completed_total") ?? 0, at: line.time)
        worker.waited.add(line.numbers("waiting_seconds_total").values.reduce(0, +), at: line.time)
        worker.version = line.number("version")
        worker.waitingFor = line.text("waiting_for")
        workers[line.id] = worker
    }

    private mutating func ingestVerification(_ line: LogLine) {
        var verifier = verifiers[line.id] ?? Verifier(lastLine: line.time)
        verifier.lastLine = line.time
        verifier.verdicts.add(line.number("verified_total") ?? 0, at: line.time)
        verifier.unknown = line.numbers("unknown_total").values.reduce(0, +)
        verifier.queueItems = line.number("queue_items") ?? 0
        verifier.queueAgeSeconds = line.number("queue_age_seconds") ?? 0
        verifiers[line.id] = verifier
    }

    private mutating func ingestServing(_ line: LogLine) {
        var broadcaster = broadcasters[line.id] ?? Broadcaster(lastLine: line.time)
        broadcaster.lastLine = line.time
        broadcaster.bytes.add(line.number("bytes_served_total") ?? 0, at: line.time)
        broadcaster.version = line.number("version")
        broadcaster.subscribers = line.number("subscribers") ?? 0
        broadcasters[line.id] = broadcaster
    }

    private mutating func ingestStep(_ line: LogLine) {
        step = line.number("step") ?? step
        version = line.number("version") ?? version
        var staleness: (minimum: Double, mean: Double, maximum: Double)?
        if let minimum = line.number("staleness_min"), let mean = line.number("staleness_mean"),
            let maximum = line.number("staleness_max")
        {
            staleness = (minimum, mean, maximum)
        }
        let seconds = line.number("step_seconds") ?? 0
        steps.append(
            Step(
                time: line.time, trainedTokens: line.number("trained_tokens") ?? 0, seconds: seconds,
                waitSeconds: line.numbers("wait_seconds"), staleness: staleness,
                responses: line.number("responses") ?? 0))
        let began = Timestamp(milliseconds: line.time.milliseconds - Int64(seconds * 1000))
        firstStepBegan = min(firstStepBegan ?? began, began)
        let longest = Double(RateMeter.windows.max() ?? 0)
        while steps.count > 1, line.time.seconds(since: steps[0].time) > longest { steps.removeFirst() }
    }
}

extension ThroughputReport {
    /// Tokens sampled per second by all workers together over `window` seconds; nil before two lines of one.
    package func generatedTokensPerSecond(over window: Int) -> Double? {
        sum(workers.values.map(\.tokens), over: window)
    }

    /// Tokens trained per second over `window` seconds; nil before the first step.
    package func trainedTokensPerSecond(over window: Int) -> Double? {
        guard let now, let firstStepBegan else { return nil }
        let known = now.seconds(since: firstStepBegan)
        guard known > 0 else { return nil }
        let recent = recentSteps(over: window)
        return recent.reduce(0) { $0 + $1.trainedTokens } / min(Double(window), known)
    }

    /// The learner's share of time waiting, by cause, over the steps that ended within `window` seconds.
    package func learnerWaitingShare(over window: Int) -> [String: Double] {
        let recent = recentSteps(over: window)
        let seconds = recent.reduce(0) { $0 + $1.seconds }
        guard seconds > 0 else { return [:] }
        return recent.reduce(into: [String: Double]()) { $0.merge($1.waitSeconds, uniquingKeysWith: +) }
            .mapValues { $0 / seconds }
    }

    /// Staleness of the responses trained within `window` seconds, in versions.
    package func staleness(over window: Int) -> (minimum: Double, mean: Double, maximum: Double)? {
        let recent = recentSteps(over: window).compactMap { step in step.staleness.map { ($0, max(1, step.responses)) }
        }
        guard let minimum = recent.map(\.0.minimum).min(), let maximum = recent.map(\.0.maximum).max() else {
            return nil
        }
        let weights = recent.reduce(0) { $0 + $1.1 }
        return (minimum, recent.reduce(0) { $0 + $1.0.mean * $1.1 } / weights, maximum)
    }

    func recentSteps(over window: Int) -> [Step] {
        guard let now else { return [] }
        return steps.filter { now.seconds(since: $0.time) < Double(window) }
    }

    func sum(_ histories: [CounterHistory], over window: Int) -> Double? {
        guard let now else { return nil }
        let rates = histories.compactMap { $0.rate(over: Double(window), asOf: now) }
        return rates.isEmpty ? nil : rates.reduce(0, +)
    }
}
