/// Charts side by side, as many as fit.
enum ChartGrid {
    static func markup(_ figures: [Markup]) -> Markup { tag("div", .classes("charts")) { figures } }

    /// A chart with its title, a note, and names of what its colours mean.
    static func figure(
        _ title: String, note: String = "", key: [(ink: Ink, name: String)] = [], run: Int? = nil, _ chart: Markup
    ) -> Markup {
        tag("figure", .classes(run.map { "run-\($0)" } ?? "")) {
            tag("figcaption") {
                tag("h3") { Markup.symbols(title) }
                if !note.isEmpty { tag("p", .classes("note")) { Markup.symbols(note) } }
            }
            chart
            if !key.isEmpty { Self.key(key) }
        }
    }

    static func key(_ entries: [(ink: Ink, name: String)]) -> Markup {
        tag("ul", .classes("key")) {
            for entry in entries {
                tag("li") {
                    tag("span", .classes("swatch \(entry.ink.name)"))
                    entry.name
                }
            }
        }
    }
}
