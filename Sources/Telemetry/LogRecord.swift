/// An event of the log schema with its fields. The types below are the schema: what writes logs fills them, and
/// docs/logs.md describes the same fields. Write one with `logger.record(_:)`.
package protocol LogRecord: Sendable {
    /// The line's `event`.
    static var event: String { get }
    /// The line's fields besides the common ones.
    var fields: [String: LogValue] { get }
}

/// What a rollout worker did, every `logging.heartbeat_log_seconds`.
package struct RolloutProgress: LogRecord {
    package static let event = "rollout_progress"
    /// Tokens sampled since the process started; discarded ones count.
    package var generatedTokens: RateMeter
    package var groupsCompleted = 0
    package var responses = 0
    package var runningSequences = 0
    /// Version of the weights in use; nil before the first.
    package var version: UInt64?
    package var waits = WaitClock()
    package var outboxGroups = 0
    package var outboxBytes = 0
    /// Groups given up, by reason.
    package var dropped = ReasonCounter()
    /// When the line is written; the rates are as of then.
    package var now: ContinuousClock.Instant

    package init(generatedTokens: RateMeter, waits: WaitClock, now: ContinuousClock.Instant) {
        self.generatedTokens = generatedTokens
        self.waits = waits
        self.now = now
    }

    package var fields: [String: LogValue] {
        var fields: [String: LogValue] = [
            "generated_tokens_total": LogValue(generatedTokens.total),
            "groups_completed_total": LogValue(groupsCompleted),
            "responses_total": LogValue(responses),
            "running_sequences": LogValue(runningSequences),
            "version": version.map { LogValue($0) } ?? .null,
            "outbox_groups": LogValue(outboxGroups),
            "outbox_bytes": LogValue(outboxBytes),
            "dropped": LogValue(dropped),
        ]
        fields.addRates(of: generatedTokens, prefix: "tokens_per_second_", now: now)
        fields.addWaits(waits, now: now)
        return fields
    }
}

/// What a reward verifier did, every `logging.heartbeat_log_seconds`.
package struct VerifyProgress: LogRecord {
    package static let event = "verify_progress"
    /// Verdicts given since the process started, unknown ones included.
    package var verified: RateMeter
    /// Verdicts that are unknown, by reason.
    package var unknown = ReasonCounter()
    /// Messages that were not what the protocol says, by reason.
    package var malformedMessages: [String: Int] = [:]
    /// Messages not handled or not sent, by reason.
    package var droppedMessages: [String: Int] = [:]
    /// Connections that were not let in, by reason.
    package var refusedPeers: [String: Int] = [:]
    package var queueItems = 0
    /// Age of the oldest request in the queue; 0 when it is empty.
    package var queueAgeSeconds = 0.0
    package var waits = WaitClock()
    package var now: ContinuousClock.Instant

    package init(verified: RateMeter, now: ContinuousClock.Instant) {
        self.verified = verified
        self.now = now
    }

    package var fields: [String: LogValue] {
        var fields: [String: LogValue] = [
            "verified_total": LogValue(verified.total),
            "unknown_total": LogValue(unknown),
            "malformed_messages": LogValue(malformedMessages),
            "dropped_messages": LogValue(droppedMessages),
            "refused_peers": LogValue(refusedPeers),
            "queue_items": LogValue(queueItems),
            "queue_age_seconds": .number(queueAgeSeconds),
        ]
        fields.addRates(of: verified, prefix: "rate_", now: now)
        fields.addWaits(waits, now: now)
        return fields
    }
}

/// What a parameter broadcaster did, every `logging.heartbeat_log_seconds`.
package struct ServeProgress: LogRecord {
    package static let event = "serve_progress"
    /// Newest version held whole; nil before the first.
    package var version: UInt64?
    package var versionsHeld = 0
    package var bytesServed = 0
    package var transfersCompleted = 0
    package var subscribers = 0
    /// Messages that were not what the protocol says, by reason.
    package var malformedMessages: [String: Int] = [:]
    /// Messages not handled or not sent, by reason.
    package var droppedMessages: [String: Int] = [:]
    /// Connections that were not let in, by reason.
    package var refusedPeers: [String: Int] = [:]
    package var waits = WaitClock()
    package var now: ContinuousClock.Instant

    package init(now: ContinuousClock.Instant) { self.now = now }

    package var fields: [String: LogValue] {
        var fields: [String: LogValue] = [
            "version": version.map { LogValue($0) } ?? .null,
            "versions_held": LogValue(versionsHeld),
            "bytes_served_total": LogValue(bytesServed),
            "transfers_completed_total": LogValue(transfersCompleted),
            "subscribers": LogValue(subscribers),
            "malformed_messages": LogValue(malformedMessages),
            "dropped_messages": LogValue(droppedMessages),
            "refused_peers": LogValue(refusedPeers),
        ]
        fields.addWaits(waits, now: now)
        return fields
    }
}

/// A version left the learner.
package struct Published: LogRecord {
    package static let event = "published"
    package var version: UInt64
    /// SHA-256 of the weights, hexadecimal.
    package var sha256: String
    package var bytes: Int
    /// Time from the optimizer step's end until a broadcaster had the version.
    package var seconds: Double

    package init(version: UInt64, sha256: String, bytes: Int, seconds: Double) {
        self.version = version
        self.sha256 = sha256
        self.bytes = bytes
        self.seconds = seconds
    }

    package var fields: [String: LogValue] {
        [
            "version": LogValue(version), "sha256": .text(sha256), "bytes": LogValue(bytes),
            "seconds": .number(seconds),
        ]
    }
}

/// The first line of every process, written by `Telemetry.bootstrap`.
package struct Started: LogRecord {
    package static let event = "started"
    package var processID: Int

    package var fields: [String: LogValue] { ["process_id": LogValue(processID)] }
}

/// The last line of a process that did what it was there for. The learner's ends `apus follow`.
package struct Finished: LogRecord {
    package static let event = "finished"
    /// Why it ended: "steps", "time", "terminated", "run_ended".
    package var reason: String
    package var additional: [String: LogValue]

    package init(reason: String, additional: [String: LogValue] = [:]) {
        self.reason = reason
        self.additional = additional
    }

    package var fields: [String: LogValue] { additional.merging(["reason": .text(reason)]) { $1 } }
}

extension [String: LogValue] {
    fileprivate mutating func addRates(of meter: RateMeter, prefix: String, now: ContinuousClock.Instant) {
        for window in RateMeter.windows { self["\(prefix)\(window)s"] = .number(meter.rate(over: window, now: now)) }
    }

    /// `waiting_for` (null when working), `waiting_seconds` (of that wait) and `waiting_seconds_total` by cause.
    fileprivate mutating func addWaits(_ waits: WaitClock, now: ContinuousClock.Instant) {
        let current = waits.current
        self["waiting_for"] = current.map { .text($0.cause) } ?? .null
        self["waiting_seconds"] = .number(current.map { (now - $0.since).inSeconds } ?? 0)
        self["waiting_seconds_total"] = LogValue(waits.totals(now: now))
    }
}
