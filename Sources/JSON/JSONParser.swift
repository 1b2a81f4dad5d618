/// Recursive-descent JSON reader (RFC 8259) over bytes in memory.
///
/// Strict: UTF-8 only, no trailing text, no duplicate keys, nesting at most `maximumDepth` deep, so hostile input costs time
/// linear in its length and nothing else.
struct JSONParser<Value: JSONDocument> {
    private let maximumDepth = 64
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    static func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONError) -> Value {
        var parser = JSONParser(bytes: bytes)
        let value = try parser.value(depth: 0)
        parser.skipWhitespace()
        guard parser.position == bytes.count else { throw parser.failure("text after the document") }
        return value
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    private func failure(_ reason: String) -> JSONError { JSONError(reason: reason, offset: position) }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipWhitespace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func expect(_ byte: UInt8) throws(JSONError) {
        guard current == byte else { throw failure("expected '\(Character(UnicodeScalar(byte)))'") }
        position += 1
    }

    private mutating func value(depth: Int) throws(JSONError) -> Value {
        guard depth <= maximumDepth else { throw failure("nested deeper than \(maximumDepth)") }
        skipWhitespace()
        switch current {
        case UInt8(ascii: "{"): return .object(members: try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .boolean(true))
        case UInt8(ascii: "f"): return try literal("false", .boolean(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case nil: throw failure("unexpected end")
        case .some(let byte) where byte == UInt8(ascii: "-") || isDigit(byte): return try number()
        default: throw failure("unexpected character")
        }
    }

    private mutating func literal(_ text: StaticString, _ value: Value) throws(JSONError) -> Value {
        for index in 0..<text.utf8CodeUnitCount {
            guard current == text.utf8Start[index] else { throw failure("expected \(text)") }
            position += 1
        }
        return value
    }

    private mutating func array(depth: Int) throws(JSONError) -> [Value] {
        try expect(UInt8(ascii: "["))
        var elements: [Value] = []
        skipWhitespace()
        if current == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            elements.append(try value(depth: depth + 1))
            skipWhitespace()
            if current == UInt8(ascii: "]") { break }
            try expect(UInt8(ascii: ","))
        }
        position += 1
        return elements
    }

    private mutating func object(depth: Int) throws(JSONError) -> [(key: String, value: Value)] {
        try expect(UInt8(ascii: "{"))
        var members: [(key: String, value: Value)] = []
        var seen: Set<Value.Key> = []
        skipWhitespace()
        if current == UInt8(ascii: "}") {
            position += 1
            return members
        }
        while true {
            skipWhitespace()
            let keyPosition = position
            let key = try string()
            guard seen.insert(Value.key(key)).inserted else {
                throw JSONError(reason: "the key \"\(key)\" stands twice", offset: keyPosition)
            }
            skipWhitespace()
            try expect(UInt8(ascii: ":"))
            members.append((key, try value(depth: depth + 1)))
            skipWhitespace()
            if current == UInt8(ascii: "}") { break }
            try expect(UInt8(ascii: ","))
        }
        position += 1
        return members
    }
}

// MARK: - Numbers

extension JSONParser {
    private mutating func digits() throws(JSONError) {
        guard let byte = current, isDigit(byte) else { throw failure("expected a digit") }
        while let byte = current, isDigit(byte) { position += 1 }
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private mutating func number() throws(JSONError) -> Value {
        let start = position
        var isWhole = true
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            isWhole = false
            position += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isWhole = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let number = Value.number(written: text, isWhole: isWhole) else {
            throw JSONError(reason: "number out of range", offset: start)
        }
        return number
    }
}

// MARK: - Strings

extension JSONParser {
    private mutating func string() throws(JSONError) -> String {
        try expect(UInt8(ascii: "\""))
        let start = position
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        guard let stop = current else { throw failure("unterminated string") }
        if stop == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try text(UnsafeBufferPointer(rebasing: bytes[start..<position]), from: start)
        }
        return try escapedString(from: start)
    }

    /// The rest of a string with escapes, `position` being at the first backslash.
    private mutating func escapedString(from start: Int) throws(JSONError) -> String {
        var content = Array(bytes[start..<position])
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                let result: Result<String, JSONError> = content.withUnsafeBufferPointer { buffer in
                    do throws(JSONError) { return .success(try text(buffer, from: start)) } catch {
                        return .failure(error)
                    }
                }
                return try result.get()
            case UInt8(ascii: "\\"):
                position += 1
                content.append(contentsOf: try escape())
            case 0..<0x20:
                throw failure("control character in a string")
            default:
                content.append(byte)
                position += 1
            }
        }
        throw failure("unterminated string")
    }

    private func text(_ buffer: UnsafeBufferPointer<UInt8>, from start: Int) throws(JSONError) -> String {
        guard let text = String(validating: buffer, as: UTF8.self) else {
            throw JSONError(reason: "invalid UTF-8 in a string", offset: start)
        }
        return text
    }

    /// UTF-8 of one escape sequence, the backslash being consumed.
    private mutating func escape() throws(JSONError) -> [UInt8] {
        guard let byte = current else { throw failure("unterminated string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return Array(String(Character(try unicodeEscape())).utf8)
        default: throw failure("unknown escape")
        }
    }

    private mutating func unicodeEscape() throws(JSONError) -> UnicodeScalar {
        let high = try hexadecimal()
        if let scalar = UnicodeScalar(high) { return scalar }
        guard (0xD800..<0xDC00).contains(high), current == UInt8(ascii: "\\") else { throw failure("lone surrogate") }
        position += 1
        try expect(UInt8(ascii: "u"))
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low),
            let scalar = UnicodeScalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else { throw failure("lone surrogate") }
        return scalar
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure("expected four hexadecimal digits")
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
