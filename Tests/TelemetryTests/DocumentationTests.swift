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
        for record in records {
            #expect(text.contains("`\(type(of: record).event)`"))
            for key in record.fields.keys {
                #expect(text.contains("`\(key)`"), "\(type(of: record).event).\(key) is not in docs/logs.md")
            }
        }
    }
}
