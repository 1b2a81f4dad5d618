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
