import Configuration
import Foundation
import Testing

/// docs/configuration.md and the schema are the same, and every bundled configuration is valid.
struct DocumentationTests {
    private static let repository = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The tables of the documentation, one per top section.
    private static var tables: String {
        let defaults = RunConfiguration()
        var text = ""
        var section: Substring = ""
        for setting in Setting.all {
            let parts = setting.path.split(separator: ".", maxSplits: 1)
            if parts[0] != section {
                section = parts[0]
                text += "\n### \(section)\n\n| key | default | allowed | meaning |\n|---|---|---|---|\n"
            }
            let allowed = setting.allowed.replacingOccurrences(of: "|", with: "\\|")
            text +=
                "| `\(parts[1])` | `\(setting.value(in: defaults).literal)` | \(allowed) | \(setting.documentation) |\n"
        }
        return text + sources
    }

    /// The table of the entries of task.sources.
    private static var sources: String {
        let defaults = RunConfiguration.Source()
        let rows = SourceSetting.all.map { setting in
            let allowed = setting.allowed.replacingOccurrences(of: "|", with: "\\|")
            return
                "| `\(setting.key)` | `\(setting.value(in: defaults).literal)` | \(allowed) | \(setting.documentation) |\n"
        }
        return "\n### Entries of task.sources\n\n| key | default | allowed | meaning |\n|---|---|---|---|\n"
            + rows.joined()
    }

    /// With APUS_UPDATE_DOCUMENTATION=1 the tables in the file are rewritten first.
    @Test func theDocumentedSettingsAreTheSchema() throws {
        let file = Self.repository.appendingPathComponent("docs/configuration.md")
        let begin = "<!-- settings: written by DocumentationTests -->\n"
        let end = "\n<!-- end of settings -->"
        var text = try String(contentsOf: file, encoding: .utf8)
        let start = try #require(text.range(of: begin))
        let stop = try #require(text.range(of: end))
        if ProcessInfo.processInfo.environment["APUS_UPDATE_DOCUMENTATION"] == "1" {
            text.replaceSubrange(start.upperBound..<stop.lowerBound, with: Self.tables)
            try Data(text.utf8).write(to: file)
        } else {
            #expect(
                String(text[start.upperBound..<stop.lowerBound]) == Self.tables,
                "run the tests once with APUS_UPDATE_DOCUMENTATION=1")
        }
    }

    @Test func bundledConfigurationsAreValid() throws {
        let directory = Self.repository.appendingPathComponent("Cluster/configs")
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.hasSuffix(".yaml") }
        #expect(!files.isEmpty)
        for file in files {
            let path = directory.appendingPathComponent(file).path
            #expect(throws: Never.self) { try RunConfiguration.load(files: [path]) }
        }
    }
}
