import Foundation
import Telemetry
import Testing

/// Times are written and read as RFC 3339, also across leap days and before 1970.
struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (1_709_251_199_999, "2024-02-29T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func knownMoments(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test func agreesWithFoundationOnEveryDay() throws {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        for day in stride(from: -20_000, through: 60_000, by: 13) {
            let milliseconds = Int64(day) * 86_400_000 + 12_345_678
            let text = Timestamp(milliseconds: milliseconds).description
            #expect(text == formatter.string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1000)))
            #expect(Timestamp(text)?.milliseconds == milliseconds)
        }
    }

    @Test(arguments: ["", "2026-02-30T00:00:00.000Z", "2026-01-01 00:00:00.000Z", "2026-01-01T00:00:00Z"])
    func otherTextIsRefused(text: String) {
        #expect(Timestamp(text) == nil)
    }
}
