/// The distinction that pre-tokenisers make between characters: `\p{L}`, `\p{N}`, `\s`, and the rest.
enum CharacterClass: UInt8 {
    case other
    case letter
    case number
    case whitespace

    init(_ scalar: UnicodeScalar) {
        self = scalar.value < UInt32(Self.table.count) ? Self.table[Int(scalar.value)] : Self.lookUp(scalar)
    }

    /// Classes of the first three planes, where nearly all text lies.
    private static let table: [CharacterClass] = (0..<UInt32(0x30000)).map { value in
        UnicodeScalar(value).map { lookUp($0) } ?? .other
    }

    /// Tokenisers split by Unicode 16 as the reference does, whatever newer version Swift knows: what came later is other.
    private static func lookUp(_ scalar: UnicodeScalar) -> CharacterClass {
        guard let age = scalar.properties.age, age.major <= 16 else { return .other }
        return switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: .letter
        case .decimalNumber, .letterNumber, .otherNumber: .number
        default: scalar.properties.isWhitespace ? .whitespace : .other
        }
    }
}

/// A character of UTF-8 text and its length in bytes.
struct ClassifiedCharacter {
    let characterClass: CharacterClass
    let scalar: UnicodeScalar
    let length: Int

    /// The character at `position` (within bounds). A byte that begins no well-formed sequence is a character of its own,
    /// of class other.
    @inline(__always)
    init(_ text: UnsafeBufferPointer<UInt8>, at position: Int) {
        let first = text[position]
        guard first >= 0x80 else {
            self.init(scalar: UnicodeScalar(first), length: 1)
            return
        }
        self.init(multibyte: text, at: position)
    }

    private init(scalar: UnicodeScalar, length: Int) {
        self.scalar = scalar
        self.length = length
        characterClass = CharacterClass(scalar)
    }

    private init(multibyte text: UnsafeBufferPointer<UInt8>, at position: Int) {
        let first = text[position]
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        var value = UInt32(first) & (0x7F >> UInt32(length))
        var isWellFormed = first >= 0xC2 && first < 0xF5 && position + length <= text.count
        if isWellFormed {
            for index in 1..<length {
                isWellFormed = isWellFormed && text[position + index] & 0xC0 == 0x80
                value = value << 6 | UInt32(text[position + index] & 0x3F)
            }
        }
        guard isWellFormed, let scalar = UnicodeScalar(value) else {
            self.init(invalid: ())
            return
        }
        self.init(scalar: scalar, length: length)
    }

    private init(invalid: Void) {
        scalar = "\u{FFFD}"
        length = 1
        characterClass = .other
    }
}
