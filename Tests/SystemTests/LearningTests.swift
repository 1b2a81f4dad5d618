import Telemetry
import TestSupport
import Testing

/// The point of it all: the policy gets better at its task, and only because of the advantages.
@Suite(.serialized) @BlockingThread
struct LearningTests {
    /// The quickstart, shortened.
    static let steps = 24

    @Test func rewardRises() throws {
        try ClusterRun.with(overlay: "", ["run.steps=\(Self.steps)", "logging.heartbeat_log_seconds=0.5"]) { run in
            #expect(try run.waitForTheEnd(seconds: 200).text("reason") == "steps")
            let accuracy = try run.steps().compactMap { $0.number("accuracy") }
            try #require(accuracy.count == Self.steps)
            func mean(_ part: ArraySlice<Double>) -> Double { part.reduce(0, +) / Double(part.count) }
            let (first, last) = (mean(accuracy.prefix(4)), mean(accuracy.suffix(4)))
            #expect(last - first >= 0.08, "accuracy of training rose from \(first) to \(last): \(accuracy)")
        }
    }
}
