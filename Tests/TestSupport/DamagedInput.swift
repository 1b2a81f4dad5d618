/// Applies a few random byte changes, deletions and repetitions.
package func mutated(_ bytes: [UInt8], using generator: inout some RandomNumberGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
        let position = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[position] = .random(in: 0...255, using: &generator)
        case 1: bytes[position] = Array("0123456789\"{}[],:-eE\\u".utf8).randomElement(using: &generator) ?? 0
        case 2: bytes.removeSubrange(position..<min(bytes.count, position + 9))
        default: bytes.insert(contentsOf: bytes[position..<min(bytes.count, position + 9)], at: position)
        }
    }
    return bytes
}

/// The result, or nil when the input was refused, which for damaged input is as right as accepting it.
package func unlessRefused<Value>(_ read: () throws -> Value) -> Value? {
    do { return try read() } catch { return nil }
}
