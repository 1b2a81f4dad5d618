/// How the runs were configured: where they differ, and what is not as by default.
struct ConfigurationSection {
    let runs: [RunData]
    /// The configuration without any file: path of a key and the value as JSON.
    let defaults: [String: String]
    /// Keys that name a run and its place, not what it does.
    private static let names: Set<String> = ["run.name", "run.directory", "cluster.learner_endpoint"]

    var section: Section? {
        let known = runs.filter { !$0.configuration.isEmpty }
        guard !known.isEmpty else { return nil }
        return Section(
            id: "configuration", title: "Configuration",
            lead: runs.count > 1
                ? "Settings that are not the same in all runs, and below them those that are not as by default."
                : "Settings that are not as by default.",
            content: (known.count > 1 ? differences(known) : .nothing) + changes)
    }

    private func differences(_ known: [RunData]) -> Markup {
        let keys = FlatConfiguration.differences(known.map(\.configuration)).filter { !Self.names.contains($0) }
        guard !keys.isEmpty else { return tag("p", .classes("empty")) { "The runs have the same settings." } }
        return Table.markup(heads: heads, rows: keys.map(row), classes: "settings different")
    }

    private var changes: Markup {
        let all = Set(runs.flatMap(\.configuration.keys))
        let keys = all.filter { key in
            !Self.names.contains(key)
                && runs.contains { !$0.configuration.isEmpty && $0.configuration[key] != defaults[key] }
        }.sorted()
        let table = Table.markup(
            heads: heads + [.text("Default")], rows: keys.map { row($0) + [value(defaults[$0])] }, classes: "settings")
        guard runs.count > 1 else { return table }
        return tag("details") {
            tag("summary") { "Settings that are not as by default" }
            table
        }
    }

    private var heads: [Markup] { [.text("Setting")] + runs.enumerated().map { OverviewSection.name($1, $0) } }

    private func row(_ key: String) -> [Markup] {
        [tag("code") { key }] + runs.map { value($0.configuration.isEmpty ? nil : $0.configuration[key]) }
    }

    private func value(_ json: String?) -> Markup { json.map { text in tag("code") { text } } ?? .text("–") }
}
