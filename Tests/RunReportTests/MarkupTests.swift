import RunReport
import Testing

/// What comes from a run cannot become markup.
@Suite struct MarkupTests {
    static let hostile = [
        "<script>alert(1)</script>", "</script><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)", "&lt;b&gt;", "<!--", "]]>", "</style>", "\u{202E}gnissap\u{0}\u{1B}[31m",
    ]

    @Test(arguments: hostile) func textsStayTexts(_ text: String) {
        let html = tag("p", Attribute("title", text)) { text }.html
        #expect(html.hasPrefix("<p title=\"") && html.hasSuffix("</p>"))
        // The element's own marks and no others.
        #expect(html.count { $0 == "<" } == 2 && html.count { $0 == ">" } == 2 && html.count { $0 == "\"" } == 2)
        #expect(!html.contains("'"))
        #expect(html.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x202A...0x202E).contains($0.value) })
    }

    @Test func escapingIsTheUsualOneAndOnce() {
        #expect(tag("p") { "a < b & \"c\" 'd' >" }.html == "<p>a &lt; b &amp; &quot;c&quot; &#39;d&#39; &gt;</p>")
        #expect(tag("p") { "größer, 漢字, 👩‍👩‍👧\n\t" }.html == "<p>größer, 漢字, 👩‍👩‍👧\n\t</p>")
        #expect(tag("p") { "\0\r\u{7F}" }.html == "<p>␀␍␡</p>")
    }

    @Test(arguments: hostile) func dataCannotEndItsElement(_ text: String) {
        let html = Markup.data(.object([("n", .text(text))])).html
        let content = html.dropFirst("<script type=\"application/json\">".count).dropLast("</script>".count)
        #expect(!content.contains("<") && !content.contains(">") && !content.contains("&"))
        #expect(content.unicodeScalars.allSatisfy { (0x20..<0x7F).contains($0.value) })
    }

    @Test func numbersWithoutValueAreNull() {
        var text = ""
        JSONNode.numbers([1, .nan, .infinity, -0.000_012_345_6]).write(to: &text)
        #expect(text == "[1,null,null,-1.2346e-05]")
    }

    @Test func elementsThatHTMLClosesAreNotClosedAgain() {
        #expect(tag("p") { tag("input", Attribute("type", "radio")) }.html == "<p><input type=\"radio\"></p>")
    }
}
