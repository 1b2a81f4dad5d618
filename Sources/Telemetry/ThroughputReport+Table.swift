extension ThroughputReport {
    /// The report as tables for a terminal; every column names its unit.
    package func table(run: String) -> String {
        guard let now else { return "run \(run): no log line yet\n" }
        let head =
            "run \(run) · as of \(now) · step \(Self.whole(step)) · version \(Self.whole(version))\n"
            + "rates over the last 10, 60 and 300 seconds (since the start, if that is shorter)\n"
        return [head, learnerTable, workerTable(now), verifierTable(now), broadcasterTable(now)].joined(separator: "\n")
    }

    private static let windowHeader = RateMeter.windows.map { "\($0) s" }

    private var learnerTable: String {
        var table = TextTable()
        table.add(
            ["learner", "trained tokens/s"] + ["", "", "steps/min", "waiting %", "staleness (versions)"])
        table.add([""] + Self.windowHeader + ["300 s", "300 s", "min/mean/max, 300 s"])
        let longest = RateMeter.windows.max() ?? 0
        let shares = learnerWaitingShare(over: longest)
        let span = recentSteps(over: longest).reduce(0) { $0 + $1.seconds }
        let perMinute = span > 0 ? Double(recentSteps(over: longest).count) / span * 60 : nil
        let staleness = staleness(over: longest).map {
            "\(Format.number($0.minimum))/\(Format.fixed($0.mean, 2))/\(Format.number($0.maximum))"
        }
        table.add(
            ["learner"] + RateMeter.windows.map { Self.rate(trainedTokensPerSecond(over: $0)) }
                + [Self.rate(perMinute), Format.fixed(shares.values.reduce(0, +) * 100, 1), staleness ?? "–"])
        guard !shares.isEmpty else { return table.text }
        let causes = shares.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            .map { "\($0.key) \(Format.percent($0.value))" }
        return table.text + "  waiting for: " + causes.joined(separator: ", ") + "\n"
    }

    private func workerTable(_ now: Timestamp) -> String {
        var table = TextTable()
        table.add(
            [
                "rollout-worker", "tokens/s", "", "", "groups/min", "", "", "waiting %", "version", "waiting for",
                "last line",
            ])
        table.add([""] + Self.windowHeader + Self.windowHeader + ["60 s", "in use", "", "s ago"])
        for id in workers.keys.sorted(by: Self.byNumber) {
            guard let worker = workers[id] else { continue }
            let waiting = worker.waited.rate(over: 60, asOf: now)
            table.add(
                [id] + rates([worker.tokens], times: 1) + rates([worker.groups], times: 60)
                    + [
                        waiting.map { Format.fixed($0 * 100, 1) } ?? "–", Self.whole(worker.version),
                        worker.waitingFor ?? "–", Format.fixed(now.seconds(since: worker.lastLine), 1),
                    ])
        }
        let all = Array(workers.values)
        table.add(["total (\(all.count))"] + rates(all.map(\.tokens), times: 1) + rates(all.map(\.groups), times: 60))
        return table.text
    }

    private func verifierTable(_ now: Timestamp) -> String {
        var table = TextTable()
        table.add(["reward-verifier", "verdicts/s", "", "", "unknown", "queue", "queue age", "last line"])
        table.add([""] + Self.windowHeader + ["verdicts", "items", "s", "s ago"])
        for id in verifiers.keys.sorted(by: Self.byNumber) {
            guard let verifier = verifiers[id] else { continue }
            table.add(
                [id] + rates([verifier.verdicts], times: 1)
                    + [
                        Self.whole(verifier.unknown), Self.whole(verifier.queueItems),
                        Format.fixed(verifier.queueAgeSeconds, 2),
                        Format.fixed(now.seconds(since: verifier.lastLine), 1),
                    ])
        }
        table.add(["total (\(verifiers.count))"] + rates(verifiers.values.map(\.verdicts), times: 1))
        return table.text
    }

    private func broadcasterTable(_ now: Timestamp) -> String {
        var table = TextTable()
        table.add(["parameter-broadcaster", "served MB/s", "", "", "served", "version", "subscribers", "last line"])
        table.add([""] + Self.windowHeader + ["MB", "held", "", "s ago"])
        for id in broadcasters.keys.sorted(by: Self.byNumber) {
            guard let broadcaster = broadcasters[id] else { continue }
            table.add(
                [id] + rates([broadcaster.bytes], times: 1e-6)
                    + [
                        Format.fixed(broadcaster.bytes.total * 1e-6, 1), Self.whole(broadcaster.version),
                        Self.whole(broadcaster.subscribers),
                        Format.fixed(now.seconds(since: broadcaster.lastLine), 1),
                    ])
        }
        return table.text
    }

    private func rates(_ histories: [CounterHistory], times factor: Double) -> [String] {
        RateMeter.windows.map { window in Self.rate(sum(histories, over: window).map { $0 * factor }) }
    }

    private static func rate(_ value: Double?) -> String {
        value.map { $0 >= 100 ? Format.fixed($0, 0) : Format.fixed($0, 1) } ?? "–"
    }

    private static func whole(_ value: Double?) -> String { value.map { Format.fixed($0, 0) } ?? "–" }

    /// "worker-2" before "worker-10".
    private static func byNumber(_ left: String, _ right: String) -> Bool {
        (left.count, left) < (right.count, right)
    }
}
