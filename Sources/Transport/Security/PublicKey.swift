import CZeroMQ

/// A CURVE public key: who somebody is. Anybody may know it.
///
/// Invariant: 32 bytes. As text it has ZeroMQ's own form, 40 characters of Z85.
package struct PublicKey: Sendable, Hashable, CustomStringConvertible {
    package let bytes: [UInt8]

    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == CurveKey.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    package init?(z85 text: some StringProtocol) {
        guard let bytes = CurveKey.bytes(z85: String(text)) else { return nil }
        self.bytes = bytes
    }

    package var z85: String { CurveKey.z85(bytes) }

    /// The first eight bytes in hexadecimal: enough to tell keys apart, for logs and lists.
    package var description: String {
        bytes.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// A CURVE secret key. Whoever has it is taken for its owner.
///
/// Invariant: 32 bytes, which no description, mirror or log shows.
package struct SecretKey: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    let bytes: [UInt8]

    init?(z85 text: some StringProtocol) {
        guard let bytes = CurveKey.bytes(z85: String(text)) else { return nil }
        self.bytes = bytes
    }

    /// For the file that keeps it, and for nothing else.
    package var z85: String { CurveKey.z85(bytes) }

    package var description: String { "(secret key)" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// The public key that belongs to it.
    var publicKey: PublicKey? {
        var text = [CChar](repeating: 0, count: CurveKey.textCount + 1)
        guard zmq_curve_public(&text, z85) == 0 else { return nil }
        return PublicKey(z85: CurveKey.text(text))
    }

    /// A fresh pair, from the system's random numbers.
    static func generate() -> (secret: SecretKey, public: PublicKey) {
        var publicText = [CChar](repeating: 0, count: CurveKey.textCount + 1)
        var secretText = publicText
        guard zmq_curve_keypair(&publicText, &secretText) == 0,
            let key = PublicKey(z85: CurveKey.text(publicText)), let secret = SecretKey(z85: CurveKey.text(secretText))
        else { fatalError("libzmq cannot make a key pair: it was built without CURVE") }
        return (secret, key)
    }
}

/// The two forms of a key: bytes and Z85 (ZeroMQ RFC 32).
private enum CurveKey {
    static let byteCount = 32
    static let textCount = 40

    static func bytes(z85 text: String) -> [UInt8]? {
        // libzmq takes characters outside of its alphabet for others; what comes out must therefore give the text back.
        guard text.utf8.count == textCount, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        var bytes = [UInt8](repeating: 0, count: byteCount)
        guard zmq_z85_decode(&bytes, text) != nil, z85(bytes) == text else { return nil }
        return bytes
    }

    static func z85(_ bytes: [UInt8]) -> String {
        var text = [CChar](repeating: 0, count: textCount + 1)
        zmq_z85_encode(&text, bytes, bytes.count)
        return self.text(text)
    }

    static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
