/// A formula between LaTeX delimiters, or a number in running text.
struct Segment: Equatable {
    /// Of the whole, delimiters included.
    var range: Range<Int>
    var content: Range<Int>
    var isFormula: Bool
}

/// Finds formulas and numbers, in order of their ends.
struct FormulaFinder {
    let bytes: [UInt8]
    let targets: AnswerFinder.Targets

    func segments() -> [Segment] {
        var segments: [Segment] = []
        var index = 0
        var searched = Searched()
        while index < bytes.count {
            if targets.contains(.latex), let formula = formula(at: index, &searched) {
                segments.append(formula)
                index = formula.range.upperBound
            } else if targets.contains(.plain), let number = number(at: index, &searched.number) {
                segments.append(number)
                index = number.range.upperBound
            } else {
                index += 1
            }
        }
        return segments
    }

    /// The answer that ends with the segment `last`, with those before it that commas or "and" join to it.
    static func joined(_ segments: [Segment], endingAt index: Int, of bytes: [UInt8], last: Segment) -> FoundAnswer {
        var first = index
        while last.isFormula, first > 0, index - first < 5, segments[first - 1].isFormula,
            isConjunction(bytes[segments[first - 1].range.upperBound..<segments[first].range.lowerBound])
        {
            first -= 1
        }
        return FoundAnswer(
            parts: segments[first...index].map { bytes[$0.content] },
            isPercent: AnswerFinder.isPercent(bytes, at: last.range.upperBound), isPlainNumber: !last.isFormula)
    }

    static func isConjunction(_ between: ArraySlice<UInt8>) -> Bool {
        var words = between.trimmed
        if words.first == UInt8(ascii: ",") { words = words.dropFirst().trimmed }
        return (words.isEmpty && !between.trimmed.isEmpty) || words.elementsEqual("and".utf8)
            || words.elementsEqual("or".utf8)
    }

    // MARK: Formulas

    /// How far the text is known to hold no closing delimiter, or to be one overlong number, so that no stretch is
    /// searched twice.
    private struct Searched {
        var number = 0
        var doubleDollar = 0
        var dollar = 0
        var bracket = 0
        var parenthesis = 0
    }

    private func formula(at start: Int, _ searched: inout Searched) -> Segment? {
        let isEscaped = start > 0 && bytes[start - 1] == UInt8(ascii: "\\")
        switch bytes[start] {
        case UInt8(ascii: "$") where !isEscaped:
            if bytes.hasText("$$", at: start) {
                let segment = segment(start, opening: 2, closing: "$$", isMultiline: true, &searched.doubleDollar)
                if let segment { return segment }
            }
            return segment(start, opening: 1, closing: "$", isMultiline: false, &searched.dollar)
        case UInt8(ascii: "\\") where !isEscaped:
            if bytes.hasText("\\[", at: start) {
                return segment(start, opening: 2, closing: "\\]", isMultiline: true, &searched.bracket)
            }
            if bytes.hasText("\\(", at: start) {
                return segment(start, opening: 2, closing: "\\)", isMultiline: false, &searched.parenthesis)
            }
            return bareFraction(at: start)
        default:
            return nil
        }
    }

    private func segment(
        _ start: Int, opening: Int, closing: StaticString, isMultiline: Bool, _ searched: inout Int
    ) -> Segment? {
        let content = start + opening
        var index = max(content, searched)
        while index < bytes.count, index - content <= Limits.answerBytes * 4 {
            if bytes.hasText(closing, at: index), index > content {
                return Segment(
                    range: start..<index + closing.utf8CodeUnitCount, content: content..<index, isFormula: true)
            }
            // What stops a search short stops every other one that reaches this place.
            if bytes[index] == UInt8(ascii: "\n"), !isMultiline { break }
            index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        searched = min(index, bytes.count)
        return nil
    }

    /// \frac{1}{2} without delimiters.
    private func bareFraction(at start: Int) -> Segment? {
        guard bytes.hasText("\\frac{", at: start) else { return nil }
        var index = start + 6
        var braces = 0
        while index < bytes.count, index - start < 64 {
            let character = bytes[index]
            if character == UInt8(ascii: "}") {
                braces += 1
                if braces == 2 {
                    let isNegative = start > 0 && bytes[start - 1] == UInt8(ascii: "-")
                    let whole = (isNegative ? start - 1 : start)..<index + 1
                    return Segment(range: whole, content: whole, isFormula: true)
                }
                guard index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "{") else { return nil }
                index += 1
            } else if !character.isDigit, character != UInt8(ascii: "-"), character != UInt8(ascii: ".") {
                return nil
            }
            index += 1
        }
        return nil
    }

    // MARK: Numbers in running text

    /// A number or an arithmetic expression that begins at `start`, behind a blank, "=", or a sign of currency.
    /// One longer than 1,024 bytes is none, nor is any part of it.
    private func number(at start: Int, _ searched: inout Int) -> Segment? {
        let first = bytes[start]
        guard start >= searched,
            first.isDigit || first == UInt8(ascii: "-") || first == UInt8(ascii: ".") || first == UInt8(ascii: "("),
            beginsWord(start)
        else { return nil }
        var end = start
        var digits = 0
        var open = 0
        while end < bytes.count {
            let character = bytes[end]
            if character.isDigit {
                digits += 1
            } else if character == UInt8(ascii: "(") {
                open += 1
            } else if character == UInt8(ascii: ")") {
                if open == 0 { break }
                open -= 1
            } else if !isOfNumber(character, at: end) {
                break
            }
            end += 1
        }
        guard end - start <= 1_024 else {
            searched = end
            return nil
        }
        while end > start, !bytes[end - 1].isDigit, bytes[end - 1] != UInt8(ascii: ")") {
            if bytes[end - 1] == UInt8(ascii: "(") { open -= 1 }
            end -= 1
        }
        guard digits > 0, open == 0, end > start else { return nil }
        return Segment(range: start..<end, content: start..<end, isFormula: false)
    }

    private func isOfNumber(_ character: UInt8, at index: Int) -> Bool {
        switch character {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: "^"): true
        case UInt8(ascii: "."), UInt8(ascii: ","): index + 1 < bytes.count && bytes[index + 1].isDigit
        case UInt8(ascii: " "): continuesNumber(index)
        default: false
        }
    }

    /// Whether the blank at `index` stands within thousands or around an operator.
    private func continuesNumber(_ index: Int) -> Bool {
        guard index + 1 < bytes.count, index > 0 else { return false }
        let (before, after) = (bytes[index - 1], bytes[index + 1])
        func isOperator(_ character: UInt8) -> Bool { "+-*/^".utf8.contains(character) }
        if isOperator(before) { return after.isDigit || after == UInt8(ascii: "(") || after == UInt8(ascii: "-") }
        if isOperator(after) {
            return index + 2 < bytes.count
                && (bytes[index + 2].isBlank || bytes[index + 2].isDigit || bytes[index + 2] == UInt8(ascii: "("))
        }
        guard before.isDigit, after.isDigit else { return false }
        let group = bytes[(index + 1)...].prefix(4)
        return group.count >= 3 && group.prefix(3).allSatisfy(\.isDigit)
            && !(group.dropFirst(3).first?.isDigit ?? false)
    }

    private func beginsWord(_ index: Int) -> Bool {
        guard index > 0 else { return true }
        let before = bytes[index - 1]
        // Bytes beyond ASCII: signs of currency, mostly.
        return before.isBlank || before == UInt8(ascii: "=") || before == UInt8(ascii: "$") || before >= 0x80
            || before == UInt8(ascii: "*") || before == UInt8(ascii: ":")
            || (before == UInt8(ascii: "(") && bytes[index] != UInt8(ascii: "("))
    }
}
