/// One sign of an answer, LaTeX or plain, as `Lexer` makes it.
struct Token: Equatable {
    enum Kind: Equatable {
        case number(Fraction, isDecimal: Bool)
        /// Adjacent letters: one variable, several, or a word.
        case letters(String)
        /// A LaTeX command without its backslash, or a word with a meaning: "frac", "sin", "and".
        case command(String)
        /// The content of \text and its kin.
        case text(String)
        case relation(RelationSign)
        /// \begin of a matrix; \end.
        case begin(String)
        case end(String)
        /// \\ in a matrix.
        case rowEnd
        /// Any other character with a meaning: operators, brackets, separators.
        case mark(UInt8)
    }

    var kind: Kind
    /// Whether white space stands before it.
    var isSpaced: Bool

    /// Whether it is the mark `character`.
    func isMark(_ character: UInt8) -> Bool { kind == .mark(character) }
}

/// Names with a meaning, wherever they stand.
enum Vocabulary {
    static let functions: Set<String> = [
        "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "asin", "acos", "atan", "sinh", "cosh",
        "tanh", "ln", "log", "lg", "exp", "min", "max", "gcd", "lcm", "det", "deg", "arg", "dim", "ker", "Re", "Im",
        "tr", "rank", "sgn", "sign", "abs", "floor", "ceil",
    ]

    /// Words of plain text that stand for commands.
    static let words: [String: String] = [
        "sqrt": "sqrt", "cbrt": "cbrt", "pi": "pi", "inf": "infty", "infinity": "infty", "infty": "infty",
        "oo": "infty", "and": "and", "or": "and", "percent": "percent", "percentage": "percent", "pct": "percent",
        "degrees": "degree", "degree": "degree", "theta": "theta", "alpha": "alpha", "beta": "beta", "gamma": "gamma",
        "lambda": "lambda", "union": "cup", "frac": "frac", "pm": "pm", "times": "times", "cdot": "cdot",
    ]

    /// Commands that only change how things look.
    static let invisible: Set<String> = [
        "left", "right", "mleft", "mright", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl",
        "biggr", "displaystyle", "textstyle", "scriptstyle", "limits", "nolimits", "mathstrut", "rm", "bf", "it",
        "middle", "hfill", "nonumber", "notag", "boldsymbol", "bm", "mathbb", "mathcal", "mathsf", "hline",
    ]

    static let spaces: Set<String> = ["quad", "qquad", "thinspace", "enspace", "space", "hspace"]

    /// Commands whose argument is read as words.
    static let textual: Set<String> = [
        "text", "textbf", "textit", "textrm", "textnormal", "texttt", "textsf", "mbox", "hbox", "mathrm", "mathbf",
        "mathit", "operatorname", "mathop", "textnormal", "emph",
    ]

    static let relations: [String: RelationSign] = [
        "le": .lessOrEqual, "leq": .lessOrEqual, "leqslant": .lessOrEqual, "ge": .greaterOrEqual,
        "geq": .greaterOrEqual, "geqslant": .greaterOrEqual, "lt": .less, "gt": .greater, "ne": .unequal,
        "neq": .unequal, "approx": .approximately, "thickapprox": .approximately, "simeq": .approximately,
        "in": .member, "equiv": .equal,
    ]

    static let matrices: Set<String> = ["matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "smallmatrix", "array"]

    /// Units of measure by every spelling, each with its one name.
    static let units: [String: String] = {
        let spellings: [(String, [String])] = [
            ("mm", ["millimeter", "millimeters", "millimetre", "millimetres"]),
            ("cm", ["centimeter", "centimeters", "centimetre", "centimetres"]),
            ("m", ["meter", "meters", "metre", "metres"]),
            ("km", ["kilometer", "kilometers", "kilometre", "kilometres"]),
            ("in", ["inch", "inches"]), ("ft", ["foot", "feet"]), ("yd", ["yard", "yards"]), ("mi", ["mile", "miles"]),
            ("s", ["sec", "second", "seconds"]), ("min", ["minute", "minutes", "mins"]),
            ("h", ["hr", "hrs", "hour", "hours"]), ("day", ["days"]), ("week", ["weeks"]), ("month", ["months"]),
            ("year", ["years", "yr", "yrs"]), ("mg", ["milligram", "milligrams"]), ("g", ["gram", "grams"]),
            ("kg", ["kilogram", "kilograms"]), ("lb", ["lbs", "pound", "pounds"]), ("oz", ["ounce", "ounces"]),
            ("L", ["liter", "liters", "litre", "litres"]), ("mL", ["ml", "milliliter", "milliliters"]),
            ("mph", []), ("kmph", ["kmh"]), ("dollar", ["dollars"]), ("cent", ["cents"]), ("euro", ["euros"]),
            ("rad", ["radian", "radians"]), ("Hz", ["hertz"]), ("acre", ["acres"]), ("gallon", ["gallons"]),
        ]
        var names: [String: String] = [:]
        for (name, others) in spellings { for spelling in [name] + others { names[spelling] = name } }
        return names
    }()
}
