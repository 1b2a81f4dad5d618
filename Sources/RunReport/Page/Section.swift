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
