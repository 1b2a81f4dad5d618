import CZeroMQ
import Foundation
import Testing
import Transport
import Wire

/// The keys that a raw socket connects with: its own pair, and the server's public key.
struct StrangerKeys {
    /// All in Z85.
    let publicKey: String
    let secretKey: String
    let serverKey: String

    /// The key of `role` in a directory of keys, or of its member `id`, for a connection to the newest key of `server` there.
    init(_ directory: String, _ role: Role, id: String? = nil, to server: Role) throws {
        let keys = KeyDirectory(path: directory)
        let own = try keys.ownKey(role: role, id: id ?? role.rawValue).allowed
        let text = try String(contentsOfFile: keys.secretPath(own.name), encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("secret ") })
        publicKey = own.key.z85
        secretKey = String(line.dropFirst("secret ".count))
        serverKey = try #require(try keys.allowList().keys(of: server).first).z85
    }

    /// A pair that nobody has heard of.
    init(unknownTo directory: String, server: Role) throws {
        var publicText = [CChar](repeating: 0, count: 41), secretText = publicText
        try #require(zmq_curve_keypair(&publicText, &secretText) == 0)
        func text(_ characters: [CChar]) -> String {
            String(decoding: characters.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        publicKey = text(publicText)
        secretKey = text(secretText)
        serverKey = try #require(try KeyDirectory(path: directory).allowList().keys(of: server).first).z85
    }

    func apply(to socket: UnsafeMutableRawPointer) throws {
        for (option, key) in [
            (ZMQ_CURVE_SERVERKEY, serverKey), (ZMQ_CURVE_PUBLICKEY, publicKey), (ZMQ_CURVE_SECRETKEY, secretKey),
        ] {
            try #require(zmq_setsockopt(socket, option, key, key.utf8.count) == 0)
        }
    }
}
