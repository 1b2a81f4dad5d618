/// A kind of value that JSON text is read as: what becomes of numbers and of the order of members is its own affair.
package protocol JSONDocument {
    /// What tells the keys of an object apart.
    associatedtype Key: Hashable
    static func key(_ text: String) -> Key

    static var null: Self { get }
    static func boolean(_ value: Bool) -> Self
    /// nil if the number is out of range. `isWhole`: written without fraction and exponent.
    static func number(written text: String, isWhole: Bool) -> Self?
    static func string(_ text: String) -> Self
    static func array(_ elements: [Self]) -> Self
    /// In the order of the text; keys are distinct.
    static func object(members: [(key: String, value: Self)]) -> Self
}

extension JSONDocument {
    /// Reads a whole document.
    package static func parse(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> Self {
        try JSONParser.parse(bytes.bindMemory(to: UInt8.self))
    }

    package static func parse(_ bytes: ArraySlice<UInt8>) throws(JSONError) -> Self {
        let result: Result<Self, JSONError> = bytes.withUnsafeBytes { raw in
            do throws(JSONError) { return .success(try parse(raw)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    package static func parse(_ bytes: [UInt8]) throws(JSONError) -> Self { try parse(bytes[...]) }

    package static func parse(_ text: some StringProtocol) throws(JSONError) -> Self { try parse(Array(text.utf8)) }
}

/// Why a document is not JSON, and where.
package struct JSONError: Error, Equatable, CustomStringConvertible {
    package let reason: String
    /// Byte offset of the offending place.
    package let offset: Int

    package var description: String { "not valid JSON at byte \(offset): \(reason)" }
}
