/// Answers that somebody makes to be rewarded without solving anything, or to hang whoever judges them. Seeded.
struct HostileAnswers {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    private mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    private mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    private mutating func element<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// None of these, however it is read, states one of the golds of `AdversarialTests` and nothing else.
    mutating func next(question: String) -> String {
        let answer: String
        switch below(18) {
        case 0: answer = tower()
        case 1: answer = nested()
        case 2: answer = continued()
        case 3: answer = digits()
        case 4:
            return (0..<2 + below(40)).map { "\\boxed{\($0 * 7 + 1000)}" }.joined(
                separator: element([" ", ", ", " and "]))
        case 5: return question + element(["", " \\boxed{}", "\n\\boxed{\(question)}"])
        case 6:
            answer = element(["\\{\\}", "\\emptyset", "\\{\\{\\}\\}", "()", "[]", "{}", "\\varnothing \\cup \\{\\}"])
        case 7: answer = unicode()
        case 8: answer = zeroDivision()
        case 9:
            answer = element([
                "nan", "NaN", "inf", "-inf", "\\infty", "\\infty-\\infty", "0 \\cdot \\infty",
                "\\frac{\\infty}{\\infty}", "undefined", "null", "None", "true", "1^\\infty",
            ])
        case 10:
            answer = (0..<100).map(String.init).joined(
                separator: element([", ", " or ", "; ", " = ", " \\text{ or } "]))
        case 11: answer = expansion()
        case 12: answer = repeated()
        case 13: answer = garbage()
        case 14: answer = relation()
        case 15: answer = scientific()
        case 16:
            answer =
                "x" + element(["", "=x", "+0", "-x+y", "\\in\\mathbb{R}", "\\ge -10^{9}", "^0+\\pi^{\\pi^{\\pi}}"])
        default: answer = matrix()
        }
        return element(["\\boxed{\(answer)}", "The answer is $\(answer)$", "$$\(answer)$$", "\\[\(answer)\\]"])
    }

    private mutating func tower() -> String {
        (0..<2 + below(30)).map { _ in element(["10", "9", "99", "{10}", "x", "2.5", "\\pi"]) }.joined(
            separator: element(["^", "**"]))
            + element(["", "!", "!!!!", "^{-1}", "^{1/2}"])
    }

    private mutating func nested() -> String {
        let depth = 1 + below(3000)
        let (open, close) = element([
            ("{", "}"), ("(", ")"), ("[", "]"), ("\\sqrt{", "}"), ("\\frac{1}{", "}"), ("|", "|"),
            ("\\left(", "\\right)"), ("-(", ")"), ("\\sin{", "}"),
        ])
        return String(repeating: open, count: depth) + "77"
            + (below(4) == 0 ? "" : String(repeating: close, count: depth)) + "+x"
    }

    private mutating func continued() -> String {
        let depth = 1 + below(60)
        return String(repeating: "\(1 + below(9))+\\frac{\(1 + below(9))}{", count: depth) + "x"
            + String(repeating: "}", count: depth)
    }

    private mutating func digits() -> String {
        let count = element([20, 200, 900, 1_001, 5_000, 50_000])
        let run = String((0..<count).map { _ in Character(String(1 + below(9))) })
        return element([
            run, "-" + run, run + "." + run, "\\frac{\(run)}{7}", "0." + run, run + "^{\(run)}", "\\sqrt{\(run)}",
            "\\ln \(run)",
        ])
    }

    private mutating func unicode() -> String {
        element([
            "٤٢", "４２0", "4\u{200B}2", "\u{202E}24", "4\u{FE0F}2", "²", "𝟒𝟐", "④②", "Ⅻ", "√-1", "∞", "½½½", "π√√√",
            "4\u{0301}2", "\u{0}42", "👍", "六", "¬", "\u{FF0D}\u{FF0D}5x",
        ]) + String(repeating: "√", count: below(100))
    }

    private mutating func zeroDivision() -> String {
        element([
            "\\frac{1}{0}", "\\frac{0}{0}", "1/0", "\\frac{x}{x-x}", "\\frac{1}{\\sin 0}", "0^{-1}", "\\ln 0",
            "\\frac{1}{\\sqrt{2}-\\sqrt{2}}", "\\tan\\frac{\\pi}{2}", "\\log_1 5", "\\frac{1}{1-0.\\overline{9}}",
            "(-5)!",
            "\\frac{42 \\cdot 0}{0}", "\\sqrt[0]{5}", "\\frac{1}{\\sqrt{5+2\\sqrt{6}}-\\sqrt{2}-\\sqrt{3}}",
        ]) + element(["", "+42", "\\cdot 0", "^0"])
    }

    private mutating func expansion() -> String {
        let count = 2 + below(30)
        let sum = (0..<count).map { _ in "\(element(["a", "b", "x", "\\sqrt{x}", "\\sin x", "2^x"]))_{\(below(90))}" }
            .joined(separator: "+")
        return "(\(sum))^{\(element([2, 8, 16, 17, 100, 1_000_000_000]))}"
            + element(["", "-(\(sum))^{9}", "/(\(sum))"])
    }

    private mutating func repeated() -> String {
        String(
            repeating: element([
                "1+", "x*", "-", "+", "2^", "\\pi ", "\\sqrt", "3!", "\\frac12", "1,", "'", "_", "!", "%", "^\\circ",
                "\\pm ",
            ]), count: 1 + below(2_000)) + "y"
    }

    private mutating func garbage() -> String {
        let alphabet = Array("0123456789+-*/^_(){}[]|\\,.;:<>=&%$!' abxyeifracsqrtbegin\n~#")
        return String((0..<1 + below(400)).map { _ in element(alphabet) }) + "zq"
    }

    private mutating func relation() -> String {
        element([
            "0<x<100", "x>-\\infty", "x=x", "0=0", "1=1", "x \\ne 7", "a<b<c<d<e", "x \\approx y", "5 \\le 6",
            "x \\in \\{\\}", "\\mathbb{R}", "(-\\infty,\\infty)", "[0,100]", "y=f(x)",
        ])
    }

    private mutating func scientific() -> String {
        "\(1 + below(9)).\(1 + below(99))" + element(["e", "E"])
            + element(["9999", "-9999", "308", "-400", "99999999", "77"])
    }

    private mutating func matrix() -> String {
        let (rows, columns) = (1 + below(30), 1 + below(30))
        let row = (0..<columns).map { _ in "\(below(90))" }.joined(separator: "&")
        return "\\begin{pmatrix}" + Array(repeating: row, count: rows).joined(separator: "\\\\") + "\\end{pmatrix}"
            + element(["", "^{1000}", "\\begin{pmatrix}1\\end{pmatrix}"])
    }
}
