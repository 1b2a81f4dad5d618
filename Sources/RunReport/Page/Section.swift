/// A part of the page with a heading.
struct Section: Sendable {
    let id: String
    let title: String
    /// What the part shows and how to read it, in a sentence or two.
    let lead: String
    let content: Markup

    var markup: Markup {
        tag("section", .id(id)) {
            tag("h2") { title }
            tag("p", .classes("lead")) { Markup.symbols(lead) }
            content
        }
    }
}

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

/// A table with a heading row; the first column names the rows.
enum Table {
    static func markup(heads: [Markup], rows: [[Markup]], classes: String = "") -> Markup {
        tag("div", .classes("scroll")) {
            tag("table", .classes(classes)) {
                tag("thead") { tag("tr") { heads.map { head in tag("th", Attribute("scope", "col")) { head } } } }
                tag("tbody") {
                    for row in rows {
                        tag("tr") {
                            for (column, cell) in row.enumerated() {
                                if column == 0 {
                                    tag("th", Attribute("scope", "row")) { cell }
                                } else {
                                    tag("td") { cell }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
