/// A message body in its two forms: the Swift value, and the C structure that protobuf-c packs and unpacks.
///
/// Invariant: whatever `validate` lets pass can be packed, and is read back as the same value.
protocol WireBody {
    associatedtype Packed

    /// Reads what arrived, taking its tensors. Checks representation only; `validate` checks the rest.
    init(_ packed: Packed, _ tensors: inout TensorReader) throws(WireError)

    /// The protocol's rules; applied before sending and after reading.
    func validate() throws(WireError)

    /// The C structure; tensors are attached to the arena. Only for valid messages.
    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Packed>
}

extension WireBody {
    /// Reads and validates the body of an envelope.
    static func read(_ packed: UnsafePointer<Packed>?, _ tensors: inout TensorReader) throws(WireError) -> Self {
        let body = try Self(try Read.message(packed, "body"), &tensors)
        try body.validate()
        return body
    }
}

/// An enumeration with its values in Protos/.
protocol WireEnumeration: CaseIterable, Equatable {
    associatedtype Wire: RawRepresentable, Equatable

    var wire: Wire { get }
}

extension WireEnumeration {
    /// The case that `wire` stands for; an unspecified or unknown number is refused.
    init(wire: Wire, _ field: String) throws(WireError) {
        guard let value = Self.allCases.first(where: { $0.wire == wire }) else {
            throw .invalid(field: field, value: "number \(wire.rawValue)", expected: "one that Protos/ lists")
        }
        self = value
    }
}
