/// A JSON document as written: members keep their order, integers stay exact.
///
/// Model files need what `JSONDecoder` does not give: refusal of duplicate keys (a safetensors header with two tensors of
/// one name), members in order, and keys compared byte by byte (Swift's `String` equality is canonical equivalence, which
/// would merge distinct vocabulary entries).
package enum JSONValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    /// A number written without fraction or exponent that fits 64 bits.
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    package var integer: Int? {
        if case .integer(let value) = self { value } else { nil }
    }

    /// Integers included.
    package var number: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    package var boolean: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    package var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// Member of an object; nil when absent, `null`, or when this is no object.
    package subscript(key: String) -> JSONValue? {
        guard case .object(let object) = self, let value = object[key], value != .null else { return nil }
        return value
    }
}

/// The members of a JSON object in file order; keys are distinct as byte sequences.
package struct JSONObject: Sendable, Equatable {
    package struct Member: Sendable, Equatable {
        package let key: String
        package let value: JSONValue

        package init(key: String, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    package private(set) var members: [Member]

    /// - Precondition: keys are distinct.
    package init(members: [Member] = []) { self.members = members }

    /// Linear in the number of members; iterate over `members` for large objects.
    package subscript(key: String) -> JSONValue? {
        members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
    }

    /// Appends a member with a key not present yet.
    package mutating func append(_ key: String, _ value: JSONValue) {
        members.append(Member(key: key, value: value))
    }
}

extension JSONValue: JSONDocument {
    package static func key(_ text: String) -> ExactText { ExactText(text) }

    package static func number(written text: String, isWhole: Bool) -> JSONValue? {
        if isWhole, let integer = Int(text) { return .integer(integer) }
        return Double(text).flatMap { $0.isFinite ? .number($0) : nil }
    }

    package static func object(members: [(key: String, value: JSONValue)]) -> JSONValue {
        .object(JSONObject(members: members.map { .init(key: $0.key, value: $0.value) }))
    }
}
