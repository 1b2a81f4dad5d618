/// Reads JSON (RFC 8259) strictly: UTF-8, no duplicate keys, nothing behind the value, nesting at most `maximumDepth`.
///
/// Total: any bytes take time and memory linear in their count.
package struct PayloadParser {
    package static let maximumDepth = 64

    /// Why the text is not JSON, and at which byte.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package let reason: String
        package let offset: Int

        package var description: String { "not valid JSON at byte \(offset + 1): \(reason)" }
    }

    private let bytes: ArraySlice<UInt8>
    private var position: Int

    package static func parse(_ bytes: ArraySlice<UInt8>) throws(Failure) -> PayloadValue {
        var parser = PayloadParser(bytes: bytes, position: bytes.startIndex)
        let value = try parser.value(depth: 0)
        parser.skipBlanks()
        guard parser.position == bytes.endIndex else { throw parser.failure("text after the value") }
        return value
    }

    package static func parse(_ text: String) throws(Failure) -> PayloadValue { try parse(Array(text.utf8)[...]) }

    private var current: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

    private func failure(_ reason: String) -> Failure { failure(reason, at: position) }

    private func failure(_ reason: String, at position: Int) -> Failure {
        Failure(reason: reason, offset: position - bytes.startIndex)
    }

    private mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(Failure) {
        guard take(byte) else { throw failure("expected '\(Character(UnicodeScalar(byte)))'") }
    }

    private mutating func value(depth: Int) throws(Failure) -> PayloadValue {
        guard depth <= Self.maximumDepth else { throw failure("nested deeper than \(Self.maximumDepth)") }
        skipBlanks()
        switch current {
        case nil: throw failure("unexpected end")
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ text: String, _ value: PayloadValue) throws(Failure) -> PayloadValue {
        guard bytes[position...].starts(with: text.utf8) else { throw failure("expected \(text)") }
        position += text.utf8.count
        return value
    }

    private mutating func array(depth: Int) throws(Failure) -> PayloadValue {
        try expect(UInt8(ascii: "["))
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .array([]) }
        var values: [PayloadValue] = []
        while true {
            values.append(try value(depth: depth + 1))
            skipBlanks()
            if take(UInt8(ascii: "]")) { return .array(values) }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func object(depth: Int) throws(Failure) -> PayloadValue {
        try expect(UInt8(ascii: "{"))
        skipBlanks()
        if take(UInt8(ascii: "}")) { return .object([:]) }
        var members: [String: PayloadValue] = [:]
        while true {
            skipBlanks()
            let start = position
            let key = try string()
            skipBlanks()
            try expect(UInt8(ascii: ":"))
            // Canonically equivalent keys count as duplicates too: whoever writes both means trouble.
            guard members.updateValue(try value(depth: depth + 1), forKey: key) == nil else {
                throw failure("the key \"\(key)\" stands twice", at: start)
            }
            skipBlanks()
            if take(UInt8(ascii: "}")) { return .object(members) }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func digits() throws(Failure) {
        let start = position
        while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        guard position > start else { throw failure("expected a digit or a value") }
    }

    private mutating func number() throws(Failure) -> String {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func string() throws(Failure) -> String {
        let start = position
        try expect(UInt8(ascii: "\""))
        var content: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw failure("invalid UTF-8 in a string", at: start)
                }
                return text
            case UInt8(ascii: "\\"): content.append(contentsOf: try escape())
            case 0..<0x20: throw failure("control character in a string", at: position - 1)
            default: content.append(byte)
            }
        }
        throw failure("a string without an end", at: start)
    }

    /// UTF-8 of one escape, its backslash being consumed.
    private mutating func escape() throws(Failure) -> [UInt8] {
        guard let byte = current else { throw failure("a string without an end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(Character(try unicodeEscape())).utf8)
        default: throw failure("unknown escape", at: position - 1)
        }
    }

    private mutating func unicodeEscape() throws(Failure) -> UnicodeScalar {
        let start = position
        let high = try hexadecimal()
        if let scalar = UnicodeScalar(high) { return scalar }
        guard (0xD800..<0xDC00).contains(high), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw failure("half a surrogate pair", at: start)
        }
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low),
            let scalar = UnicodeScalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else { throw failure("half a surrogate pair", at: start) }
        return scalar
    }

    private mutating func hexadecimal() throws(Failure) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, byte < 0x80, let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw failure("expected four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
