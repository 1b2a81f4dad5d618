/// Cuts the bytes of an answer into tokens. What only changes looks is dropped; Unicode signs become their LaTeX names.
struct Lexer {
    private let bytes: [UInt8]
    private var position = 0
    private var spaced = false
    private var tokens: [Token] = []
    /// Open parentheses and brackets; within them a comma separates elements, never thousands.
    private var depth = 0
    private let readsThousands: Bool
    private let hasRows: Bool
    /// How many digits to come are arguments of their own, as in \\frac12.
    private var singleDigits = 0

    private init(_ bytes: [UInt8], readsThousands: Bool) {
        self.bytes = bytes
        self.readsThousands = readsThousands
        hasRows = bytes.indices.contains { bytes[$0] == UInt8(ascii: "\\") && bytes.hasText("\\begin", at: $0) }
    }

    /// The tokens of `bytes`. With `readsThousands`, "1,234" outside of brackets is one number.
    static func tokens(_ bytes: [UInt8], readsThousands: Bool) throws(MathFailure) -> [Token] {
        guard bytes.count <= Limits.answerBytes else { throw .tooLarge }
        var lexer = Lexer(bytes, readsThousands: readsThousands)
        while lexer.position < bytes.count { try lexer.next() }
        return lexer.tokens
    }

    private mutating func append(_ kind: Token.Kind) {
        singleDigits = 0
        tokens.append(Token(kind: kind, isSpaced: spaced))
        spaced = false
    }

    private func byte(_ offset: Int = 0) -> UInt8? {
        position + offset < bytes.count ? bytes[position + offset] : nil
    }

    private mutating func next() throws(MathFailure) {
        let character = bytes[position]
        switch character {
        case _ where character.isBlank, UInt8(ascii: "~"):
            spaced = true
            position += 1
        case _ where character.isDigit:
            try number()
        case UInt8(ascii: ".") where byte(1)?.isDigit == true:
            try number()
        case _ where character.isLetter:
            letters()
        case UInt8(ascii: "\\"):
            try command()
        case 0x80...:
            try unicode()
        default:
            try mark(character)
        }
    }

    private mutating func mark(_ character: UInt8) throws(MathFailure) {
        position += 1
        let following = byte()
        switch character {
        case UInt8(ascii: "$"), UInt8(ascii: "\""):
            spaced = true
        case UInt8(ascii: "."):
            // The end of a sentence, or dots of an ellipsis.
            spaced = true
        case UInt8(ascii: "*") where following == UInt8(ascii: "*"):
            position += 1
            append(.mark(UInt8(ascii: "^")))
        case UInt8(ascii: "<"), UInt8(ascii: ">"):
            let isLess = character == UInt8(ascii: "<")
            if following == UInt8(ascii: "=") {
                position += 1
                append(.relation(isLess ? .lessOrEqual : .greaterOrEqual))
            } else {
                append(.relation(isLess ? .less : .greater))
            }
        case UInt8(ascii: "!") where following == UInt8(ascii: "="):
            position += 1
            append(.relation(.unequal))
        case UInt8(ascii: "="):
            if following == UInt8(ascii: "=") { position += 1 }
            append(.relation(.equal))
        case UInt8(ascii: "("), UInt8(ascii: "["):
            depth += 1
            append(.mark(character))
        case UInt8(ascii: ")"), UInt8(ascii: "]"):
            depth -= 1
            append(.mark(character))
        case 0x21...0x7E:
            append(.mark(character))
        default:
            throw .syntax
        }
    }

    // MARK: Words and commands

    private mutating func letters() {
        let start = position
        while byte()?.isLetter == true { position += 1 }
        var run = bytes[start..<position]
        if case .letters? = tokens.last?.kind {
        } else if start > 0, !bytes[start - 1].isBlank, !bytes[start - 1].isLetter {
            // "7orx": the conjunction ends where a capital begins.
            for word in ["or", "and"] where run.count > word.utf8.count && run.starts(with: word.utf8) {
                if !(0x41...0x5A).contains(run[run.startIndex + word.utf8.count]) { continue }
                append(.command("and"))
                run = run.dropFirst(word.utf8.count)
            }
        }
        word(String(decoding: run, as: UTF8.self))
    }

    private mutating func word(_ name: String) {
        if let command = Vocabulary.words[name] ?? Vocabulary.words[name.lowercased()] {
            append(.command(command))
        } else if Vocabulary.functions.contains(name) {
            append(.command(name))
        } else {
            append(.letters(name))
        }
    }

    private mutating func command() throws(MathFailure) {
        position += 1
        guard let character = byte() else { throw .syntax }
        guard character.isLetter else {
            position += 1
            try symbolCommand(character)
            return
        }
        let start = position
        while byte()?.isLetter == true { position += 1 }
        var name = String(decoding: bytes[start..<position], as: UTF8.self)
        for space in ["qquad", "quad"] where name.hasPrefix(space) && name != space {
            // "\quadx": a space that somebody forgot to end.
            position = start + space.utf8.count
            name = space
        }
        try named(name)
    }

    private mutating func symbolCommand(_ character: UInt8) throws(MathFailure) {
        switch character {
        case UInt8(ascii: "!"):
            // A negative space joins what stands around it.
            while byte()?.isBlank == true { position += 1 }
        case UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"), UInt8(ascii: "$"), UInt8(ascii: ">"), 0x20, 0x0A:
            spaced = true
        case UInt8(ascii: "\\"):
            if !hasRows, byte()?.isLetter == true {
                // A doubled backslash before a command is one.
                position -= 1
                try command()
            } else {
                append(.rowEnd)
            }
        case UInt8(ascii: "{"), UInt8(ascii: "}"):
            depth += character == UInt8(ascii: "{") ? 1 : -1
            append(.command(character == UInt8(ascii: "{") ? "lbrace" : "rbrace"))
        case UInt8(ascii: "|"):
            append(.command("Vert"))
        case UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "#"), UInt8(ascii: "_"):
            append(.mark(character))
        default:
            throw .syntax
        }
    }

    private mutating func named(_ name: String) throws(MathFailure) {
        if let relation = Vocabulary.relations[name] {
            append(.relation(relation))
        } else if Vocabulary.spaces.contains(name) {
            spaced = true
        } else if Vocabulary.invisible.contains(name) {
            if byte() == UInt8(ascii: "."), name.hasSuffix("left") || name.hasSuffix("right") { position += 1 }
        } else if Vocabulary.textual.contains(name) {
            try text()
        } else if name == "begin" || name == "end" {
            let environment = String(decoding: try braced(), as: UTF8.self)
            append(name == "begin" ? .begin(environment) : .end(environment))
            if environment == "array", name == "begin" { _ = try braced() }
        } else if name == "lbrace" || name == "rbrace" {
            depth += name == "lbrace" ? 1 : -1
            append(.command(name))
        } else {
            append(.command(name))
            if name.hasSuffix("frac") { singleDigits = 2 } else if name == "sqrt" { singleDigits = 1 }
        }
    }

    /// The bytes between the brace that must stand here and its partner, and the position behind it.
    private mutating func braced() throws(MathFailure) -> ArraySlice<UInt8> {
        while byte()?.isBlank == true { position += 1 }
        guard byte() == UInt8(ascii: "{") else { throw .syntax }
        let start = position + 1
        var open = 0
        while let character = byte() {
            position += 1
            if character == UInt8(ascii: "\\") {
                position += 1
            } else if character == UInt8(ascii: "{") {
                open += 1
            } else if character == UInt8(ascii: "}") {
                open -= 1
                if open == 0 { return bytes[start..<position - 1] }
            }
        }
        throw .syntax
    }

    private mutating func text() throws(MathFailure) {
        while byte()?.isBlank == true { position += 1 }
        guard byte() == UInt8(ascii: "{") else { return }
        var content = try braced().trimmed
        if content.first == UInt8(ascii: "("), content.last == UInt8(ascii: ")"), content.count == 3 {
            content = content.dropFirst().dropLast()
        }
        if content.isEmpty {
            spaced = true
        } else if content.allSatisfy(\.isLetter), content.count == 1 || isMeaningful(content) {
            word(String(decoding: content, as: UTF8.self))
        } else if content.contains(where: { $0.isDigit || $0 == UInt8(ascii: "\\") }) {
            let nested = try Lexer.tokens(Array(content), readsThousands: readsThousands)
            tokens.append(contentsOf: nested)
        } else if content.first == UInt8(ascii: "%") {
            append(.mark(UInt8(ascii: "%")))
        } else {
            var words = content[...]
            if words.first == UInt8(ascii: ",") { words = words.dropFirst().trimmed }
            let text = String(decoding: words, as: UTF8.self)
            append(text == "and" || text == "or" ? .command("and") : .text(text))
        }
    }

    private func isMeaningful(_ word: ArraySlice<UInt8>) -> Bool {
        let name = String(decoding: word, as: UTF8.self)
        return Vocabulary.words[name] != nil || Vocabulary.functions.contains(name)
    }

    // MARK: Numbers

    private mutating func number() throws(MathFailure) {
        if singleDigits > 0, let digit = byte(), digit.isDigit {
            let rest = singleDigits - 1
            position += 1
            append(.number(Fraction(Int(digit - UInt8(ascii: "0"))), isDecimal: false))
            singleDigits = rest
            return
        }
        var reader = NumberReader(bytes: bytes, position: position, joinsCommas: readsThousands && depth <= 0)
        let (value, isDecimal) = try reader.read()
        position = reader.position
        append(.number(value, isDecimal: isDecimal))
    }

    // MARK: Unicode

    private mutating func unicode() throws(MathFailure) {
        let width = bytes[position] >= 0xF0 ? 4 : bytes[position] >= 0xE0 ? 3 : 2
        guard position + width <= bytes.count else { throw .syntax }
        let sequence = String(decoding: bytes[position..<position + width], as: UTF8.self)
        guard let scalar = sequence.unicodeScalars.first, sequence.unicodeScalars.count == 1 else { throw .syntax }
        position += width
        guard let meaning = UnicodeSigns.meaning(of: scalar) else { throw .syntax }
        switch meaning {
        case .space: spaced = true
        case .command(let name): try named(name)
        case .mark(let character): try mark(character: character)
        case .power(let exponent):
            append(.mark(UInt8(ascii: "^")))
            append(.number(Fraction(exponent), isDecimal: false))
        case .fraction(let numerator, let denominator):
            append(.number(try Fraction(numerator, over: denominator), isDecimal: false))
        }
    }

    private mutating func mark(character: UInt8) throws(MathFailure) {
        guard character.isDigit || character.isLetter else {
            position -= 1
            try mark(character)
            return
        }
        append(
            character.isDigit
                ? .number(Fraction(Int(character - UInt8(ascii: "0"))), isDecimal: false)
                : .letters(String(UnicodeScalar(character))))
    }
}
