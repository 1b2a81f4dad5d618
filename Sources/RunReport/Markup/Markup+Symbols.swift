extension Markup {
    /// A text whose symbols with an index, such as π_old, are set with the index below the line.
    static func symbols(_ text: String) -> Markup {
        var parts: [Markup] = []
        var rest = Substring(text)
        while let place = rest.firstIndex(of: "_"), let symbol = rest[..<place].last, "πRk".contains(symbol) {
            let index = rest[rest.index(after: place)...].prefix { $0.isLetter }
            parts += [.text(String(rest[..<place])), tag("sub") { String(index) }]
            rest = rest[index.endIndex...]
        }
        return .list(parts + [.text(String(rest))])
    }
}
