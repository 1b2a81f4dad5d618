import CProtobufC

/// Reads fields of unpacked C messages into Swift values.
enum Read {
    /// A `string` field.
    static func text(_ pointer: UnsafePointer<CChar>?, _ field: String) throws(WireError) -> String {
        guard let pointer else { return "" }
        guard let text = String(validatingCString: pointer) else {
            throw .invalid(field: field, value: "not UTF-8", expected: "UTF-8 text")
        }
        return text
    }

    /// Text for people.
    static func note(_ pointer: UnsafePointer<CChar>?, _ field: String) throws(WireError) -> String {
        let note = try text(pointer, field)
        try Check.size(note.utf8.count, limit: WireCap.noteBytes, field)
        return note
    }

    /// UTF-8 that travels as bytes.
    static func text(_ bytes: some Collection<UInt8>, _ field: String) throws(WireError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .invalid(field: field, value: "not UTF-8", expected: "UTF-8 text")
        }
        return text
    }

    /// A `bytes` field.
    static func bytes(_ data: ProtobufCBinaryData) -> [UInt8] {
        array(data.data, data.len)
    }

    /// A repeated field of numbers.
    static func array<Element: BitwiseCopyable>(_ elements: UnsafePointer<Element>?, _ count: Int) -> [Element] {
        Array(UnsafeBufferPointer(start: elements, count: elements == nil ? 0 : count))
    }

    /// A repeated field of at most `limit` messages.
    static func list<Packed, Value>(
        _ elements: UnsafePointer<UnsafeMutablePointer<Packed>?>?, _ count: Int, limit: Int, _ field: String,
        _ convert: (Packed) throws(WireError) -> Value
    ) throws(WireError) -> [Value] {
        try Check.size(count, limit: limit, field)
        var values: [Value] = []
        values.reserveCapacity(count)
        for element in UnsafeBufferPointer(start: elements, count: count) {
            values.append(try convert(try message(element, field)))
        }
        return values
    }

    /// A field of message type that must be there.
    static func message<Packed>(_ pointer: UnsafePointer<Packed>?, _ field: String) throws(WireError) -> Packed {
        guard let pointer else { throw .missing(field: field) }
        return pointer.pointee
    }
}
