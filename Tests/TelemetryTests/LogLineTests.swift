import Foundation
import Logging
import Telemetry
import Testing

/// A log line is one JSON object with real types, and reads back as what was logged.
struct LogLineTests {
    /// Logs through swift-log into a file and returns its lines.
    private func lines(level: Logger.Level = .info, _ body: (inout Logger) -> Void) throws -> [String] {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).jsonl").path
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: path) } }
        let destination = LogDestination(
            role: "learner", id: "learner", file: try LogFile(path: path), level: level, consoleLevel: nil)
        var logger = Logger(label: "test") { _ in JSONLinesLogHandler(destination: destination) }
        body(&logger)
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    @Test func valuesKeepTheirTypes() throws {
        let lines = try lines { logger in
            logger.info(
                "step",
                metadata: [
                    "whole": .stringConvertible(7), "big": .number(UInt64.max), "real": .number(0.1),
                    "single": .stringConvertible(Float(0.5)), "yes": .boolean(true), "also": .stringConvertible(false),
                    "text": "5", "list": .array([.number(1), "a"]), "nested": .dictionary(["k": .number(2.5)]),
                    "nan": .number(Double.nan), "infinite": .stringConvertible(-Double.infinity), "null": .value(.null),
                ])
        }
        #expect(lines.count == 1)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
        #expect(object["event"] as? String == "step")
        #expect(object["nan"] is NSNull && object["infinite"] is NSNull && object["null"] is NSNull)
        let line = try #require(LogLine(json: lines[0]))
        #expect(line.level == "info" && line.role == "learner" && line.id == "learner")
        #expect(line["whole"] == 7 && line["real"] == 0.1 && line["single"] == 0.5)
        #expect(line.number("big") == Double(UInt64.max))
        #expect(line["yes"] == true && line["also"] == false && line["text"] == "5")
        #expect(line["list"] == [1, "a"] && line["nested"] == ["k": 2.5])
    }

    @Test func textIsEscapedAndStaysOnOneLine() throws {
        let nasty = "quote \" back \\ line\nfeed\r tab\t bell\u{7} é 雨燕 🐦 \u{2028}"
        let lines = try lines { $0.info("said", metadata: ["text": "\(nasty)"]) }
        #expect(lines.count == 1)
        #expect(LogLine(json: lines[0])?.text("text") == nasty)
        let object = try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any]
        #expect(object?["text"] as? String == nasty)
    }

    @Test func aFieldCannotReplaceACommonOne() throws {
        let lines = try lines { $0.info("e", metadata: ["event": "other", "time": "never"]) }
        let line = try #require(LogLine(json: lines[0]))
        #expect(line.event == "e" && line.text("_event") == "other" && line.text("_time") == "never")
    }

    @Test func levelsAreFilteredAndMetadataMerged() throws {
        let lines = try lines(level: .warning) { logger in
            logger[metadataKey: "group"] = .number(1)
            logger.info("hidden")
            logger.warning("shown", metadata: ["group": .number(2)])
            logger.logLevel = .debug
            logger.debug("own level")
        }
        #expect(lines.compactMap { LogLine(json: $0)?.event } == ["shown", "own level"])
        #expect(LogLine(json: lines[0])?["group"] == 2)
        #expect(LogLine(json: lines[1])?["group"] == 1)
    }

    @Test func theDirectoryIsMadeAndTheLevelCanChange() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)").path
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: path) } }
        let destination = try Telemetry.open(role: "r", id: "worker-1", directory: "\(path)/a/b/", level: .warning)
        let logger = Logger(label: "test") { _ in JSONLinesLogHandler(destination: destination) }
        logger.info("hidden")
        destination.level = .debug
        logger.debug("shown")
        let text = try String(contentsOfFile: path + "/a/b/worker-1.jsonl", encoding: .utf8)
        #expect(text.split(separator: "\n").compactMap { LogLine(json: $0)?.event } == ["shown"])
        #expect(throws: LogFileError.self) {
            try Telemetry.open(role: "r", id: "i", directory: "\(path)/a/b/worker-1.jsonl/c", level: .info)
        }
    }

    @Test func linesOfManyWritersDoNotMix() async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).jsonl").path
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: path) } }
        let padding = String(repeating: "x", count: 5000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    let destination = LogDestination(
                        role: "r", id: "\(writer)", file: try LogFile(path: path), level: .info, consoleLevel: nil)
                    let logger = Logger(label: "test") { _ in JSONLinesLogHandler(destination: destination) }
                    for index in 0..<100 {
                        logger.info("e", metadata: ["i": .number(index), "padding": "\(padding)"])
                    }
                }
            }
            try await group.waitForAll()
        }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let read = text.split(separator: "\n").compactMap { LogLine(json: $0) }
        #expect(read.count == 400)
        for writer in 0..<4 {
            let indices = read.filter { $0.id == "\(writer)" }.compactMap { $0.number("i") }
            #expect(indices == (0..<100).map(Double.init))
        }
    }

    @Test func aFullDiskLosesLinesAndSaysSo() throws {
        // /dev/full refuses every write, as a full disk does: nothing may block or crash.
        let destination = LogDestination(
            role: "r", id: "i", file: try LogFile(path: "/dev/full"), level: .info, consoleLevel: nil)
        let logger = Logger(label: "test") { _ in JSONLinesLogHandler(destination: destination) }
        for _ in 0..<3 { logger.info("lost") }
        #expect(throws: LogFileError.self) { try LogFile(path: "/no/such/directory/file.jsonl") }
    }

    @Test(arguments: [
        "", "{", "{}", "[1]", "{\"time\":\"2026-01-01T00:00:00.000Z\"}", "{\"a\":1}x", "{\"a\":01e}", "{\"a\":\"\n\"}",
        "{\"a\":\"\\ud800\"}", "nul", String(repeating: "[", count: 100_000),
        "{\"time\":\"yesterday\",\"level\":\"info\",\"role\":\"r\",\"id\":\"i\",\"event\":\"e\"}",
    ])
    func whatIsNoLogLineIsRefused(text: String) {
        #expect(LogLine(json: text) == nil)
    }

    @Test func jsonIsReadAsWritten() {
        var generator = SystemRandomNumberGenerator()
        func value(_ depth: Int) -> LogValue {
            switch Int.random(in: 0..<(depth < 4 ? 7 : 5), using: &generator) {
            case 0: .null
            case 1: .boolean(Bool.random(using: &generator))
            case 2: .integer(Int64.random(in: .min ... .max, using: &generator))
            case 3: .number(Double(bitPattern: UInt64.random(in: 0..<0x7FF0_0000_0000_0000, using: &generator)))
            case 4:
                .text(String((0..<5).map { _ in Character(["a", "\"", "\\", "\n", "é", "🐦"].randomElement() ?? "b") }))
            case 5: .list((0..<3).map { _ in value(depth + 1) })
            default: .object(["x": value(depth + 1), "ключ": value(depth + 1)])
            }
        }
        for _ in 0..<500 {
            let original = value(0)
            let read = LogValue(json: original.description)
            // A whole Double is written like an integer above 2^63 only; below it has ".0" and stays a number.
            #expect(read == original, "\(original)")
        }
        #expect(
            LogValue(json: " { \"a\" : [ 1 , 2.5e3 , \"\\u00e9\\ud83d\\udc26\\/\" ] } ") == ["a": [1, 2500.0, "é🐦/"]])
    }
}
