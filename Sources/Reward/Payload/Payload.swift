import FoundationEssentials

/// The JSON payloads of verification tasks, read as a whole; see `PayloadReader` for reading key by key.
enum Payload {
    /// Longest payload read, in bytes; a longer one is malformed.
    static let maximumBytes = 65_536

    /// The payload as `Value`, or nil if it is too long, no JSON or of another shape.
    static func decode<Value: Decodable>(_ type: Value.Type, from payload: [UInt8]) -> Value? {
        guard payload.count <= maximumBytes else { return nil }
        do {
            return try JSONDecoder().decode(type, from: Data(payload))
        } catch {
            // Every reason comes to the same: the task cannot be judged, and the verdict says so.
            return nil
        }
    }
}
