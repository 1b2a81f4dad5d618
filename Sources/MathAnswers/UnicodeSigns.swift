/// What signs beyond ASCII mean in an answer. A sign that is not here makes an answer unreadable.
enum UnicodeSigns {
    enum Meaning: Equatable {
        case space
        case mark(UInt8)
        case command(String)
        case power(Int)
        case fraction(Int, Int)
    }

    static func meaning(of scalar: Unicode.Scalar) -> Meaning? {
        // Full-width forms of ASCII.
        if (0xFF01...0xFF5E).contains(scalar.value) { return .mark(UInt8(scalar.value - 0xFF01 + 0x21)) }
        return meanings[scalar]
    }

    private static let meanings: [Unicode.Scalar: Meaning] = [
        "\u{A0}": .space, "\u{2009}": .space, "\u{202F}": .space, "\u{2003}": .space, "\u{2002}": .space,
        "\u{3000}": .space, "€": .space, "£": .space, "¥": .space, "₹": .space, "₽": .space, "₩": .space, "¢": .space,
        "…": .space, "−": .mark(UInt8(ascii: "-")), "–": .mark(UInt8(ascii: "-")), "×": .command("times"),
        "·": .command("cdot"), "⋅": .command("cdot"), "÷": .command("div"), "∕": .command("div"), "±": .command("pm"),
        "∓": .command("mp"), "√": .command("sqrt"), "∛": .command("cbrt"), "∞": .command("infty"), "π": .command("pi"),
        "°": .command("degree"), "≤": .command("le"), "≥": .command("ge"), "≠": .command("ne"), "≈": .command("approx"),
        "∈": .command("in"), "∪": .command("cup"), "∩": .command("cap"), "∅": .command("emptyset"),
        "⩽": .command("le"), "⩾": .command("ge"), "α": .command("alpha"), "β": .command("beta"),
        "γ": .command("gamma"), "δ": .command("delta"), "ε": .command("epsilon"), "θ": .command("theta"),
        "λ": .command("lambda"), "μ": .command("mu"), "σ": .command("sigma"), "φ": .command("phi"),
        "ω": .command("omega"), "⁰": .power(0), "¹": .power(1), "²": .power(2), "³": .power(3), "⁴": .power(4),
        "⁵": .power(5), "⁶": .power(6), "⁷": .power(7), "⁸": .power(8), "⁹": .power(9), "½": .fraction(1, 2),
        "¼": .fraction(1, 4), "¾": .fraction(3, 4), "⅓": .fraction(1, 3), "⅔": .fraction(2, 3),
        "⅕": .fraction(1, 5), "⅙": .fraction(1, 6), "⅛": .fraction(1, 8), "：": .mark(UInt8(ascii: ":")),
        "，": .mark(UInt8(ascii: ",")), "；": .mark(UInt8(ascii: ";")),
    ]
}
