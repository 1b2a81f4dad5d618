import JSON

/// Reads a task's payload key by key and notes what does not belong there.
///
/// Every key must be known and of its type: a mistyped option would otherwise judge by another rule than was meant.
struct PayloadReader {
    private let members: [String: PayloadValue]
    private var read: Set<String> = []
    private var isMalformed = false

    /// nil if the payload has more than `limit` bytes or is no JSON object.
    init?(_ payload: [UInt8], limit: Int = Payload.maximumBytes) {
        guard payload.count <= limit else { return nil }
        do throws(JSONError) {
            guard let members = try PayloadValue.parse(payload[...]).object else { return nil }
            self.members = members
        } catch {
            // Where the text breaks does not matter to the verdict: the task cannot be judged.
            return nil
        }
    }

    init(_ members: [String: PayloadValue]) { self.members = members }

    /// The member, or nil if absent or null.
    mutating func value(_ key: String) -> PayloadValue? {
        read.insert(key)
        return members[key].flatMap { $0 == .null ? nil : $0 }
    }

    /// The member as `type` reads it; absent gives nil, another type makes the payload malformed.
    private mutating func member<Value>(_ key: String, _ type: (PayloadValue) -> Value?) -> Value? {
        guard let found = value(key) else { return nil }
        guard let value = type(found) else {
            isMalformed = true
            return nil
        }
        return value
    }

    mutating func string(_ key: String) -> String? { member(key, \.string) }
    mutating func integer(_ key: String) -> Int? { member(key, \.integer) }
    mutating func double(_ key: String) -> Double? { member(key, \.double) }
    mutating func boolean(_ key: String, default value: Bool = false) -> Bool { member(key, \.boolean) ?? value }
    mutating func array(_ key: String) -> [PayloadValue]? { member(key, \.array) }

    mutating func strings(_ key: String) -> [String]? {
        member(key) { value in
            guard let texts = value.array?.map(\.string), !texts.contains(nil) else { return nil }
            return texts.compactMap { $0 }
        }
    }

    /// A number, also when written as a string.
    mutating func decimal(_ key: String) -> DecimalNumber.Reading? {
        guard let found = value(key) else { return nil }
        switch found {
        case .number(let text), .string(let text): return DecimalNumber.read(Array(text.utf8)[...])
        default:
            isMalformed = true
            return nil
        }
    }

    /// Whether all that is there was read and was of its type.
    var isExhausted: Bool { !isMalformed && members.keys.allSatisfy(read.contains) }
}
