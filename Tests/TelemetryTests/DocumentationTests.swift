import Foundation
import Telemetry
import Testing

/// docs/logs.md knows every field that the records write.
struct DocumentationTests {
    @Test func everyFieldIsDocumented() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/logs.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let now = ContinuousClock.now
        let records: [any LogRecord] = [
            RolloutProgress(generatedTokens: RateMeter(start: now), waits: WaitClock(), now: now),
            VerifyProgress(verified: RateMeter(start: now), now: now), ServeProgress(now: now),
            StepRecord(step: 1, version: 1), Published(version: 1, sha256: "", bytes: 0, seconds: 0),
            Finished(reason: "steps"),
        ]
        var step = StepRecord(step: 1, version: 1)
        step.byStaleness[0] = StalenessRecord(sequences: 1, tokens: 1)
        let bucket = try #require(step.fields["by_staleness"]?.asObject?["0"]?.asObject)
        for key in bucket.keys { #expect(text.contains("`\(key)`"), "by_staleness.\(key) is not in docs/logs.md") }
        for record in records {
            #expect(text.contains("`\(type(of: record).event)`"))
            for key in record.fields.keys {
                #expect(text.contains("`\(key)`"), "\(type(of: record).event).\(key) is not in docs/logs.md")
            }
        }
    }
}
