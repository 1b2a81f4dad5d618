/// The protocol's rules for single fields. Both sides apply them: before a message is sent and after it was read.
enum Check {
    /// 1 to 128 of [A-Za-z0-9._:@-], beginning with [A-Za-z0-9_]: safe in logs, in file names and as a label.
    static func identifier(_ text: String, _ field: String) throws(WireError) {
        try size(text.utf8.count, limit: WireCap.identifierBytes, field)
        guard let first = text.utf8.first, isWord(first), text.utf8.allSatisfy({ isWord($0) || isMark($0) }) else {
            throw .invalid(
                field: field, value: quoted(text),
                expected: "an identifier: letters, digits and ._:@-, beginning with a letter, a digit or _")
        }
    }

    /// An identifier, or nothing.
    static func optionalIdentifier(_ text: String, _ field: String) throws(WireError) {
        if !text.isEmpty { try identifier(text, field) }
    }

    /// A ZeroMQ endpoint.
    static func address(_ text: String, _ field: String) throws(WireError) {
        try size(text.utf8.count, limit: WireCap.addressBytes, field)
        let isKnown = ["tcp://", "ipc://", "inproc://"].contains {
            text.hasPrefix($0) && text.utf8.count > $0.utf8.count
        }
        guard isKnown, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .invalid(field: field, value: quoted(text), expected: "tcp://HOST:PORT or ipc://PATH")
        }
    }

    static func size(_ count: Int, limit: Int, _ field: String) throws(WireError) {
        guard count <= limit else { throw .oversized(what: field, count: count, limit: limit) }
    }

    static func sha256(_ bytes: [UInt8], _ field: String) throws(WireError) {
        guard bytes.count == 32 else {
            throw .invalid(field: field, value: "\(bytes.count) bytes", expected: "32 bytes")
        }
    }

    /// A CURVE public key, or none.
    static func serverKey(_ bytes: [UInt8], _ field: String) throws(WireError) {
        guard bytes.isEmpty || bytes.count == WireCap.serverKeyBytes else {
            throw .invalid(
                field: field, value: "\(bytes.count) bytes", expected: "\(WireCap.serverKeyBytes) bytes or none")
        }
    }

    static func atLeast<Number: Comparable>(_ minimum: Number, _ value: Number, _ field: String) throws(WireError) {
        guard value >= minimum else { throw .invalid(field: field, value: "\(value)", expected: "≥ \(minimum)") }
    }

    static func finite<Number: BinaryFloatingPoint>(_ value: Number, _ field: String) throws(WireError) {
        guard value.isFinite else { throw .invalid(field: field, value: "\(value)", expected: "a finite number") }
    }

    /// A value for an error message: cut, so that a hostile one cannot fill the log.
    static func quoted(_ text: String) -> String {
        let limit = 64
        return text.unicodeScalars.count > limit ? "\"\(text.unicodeScalars.prefix(limit))…\"" : "\"\(text)\""
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private static func isMark(_ byte: UInt8) -> Bool {
        ".:@-".utf8.contains(byte)
    }
}
