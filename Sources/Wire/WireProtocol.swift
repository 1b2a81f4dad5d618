/// Identity of the wire protocol that this build speaks; Protos/apus/v1 and docs/protocol.md describe it.
package enum WireProtocol {
    /// First field of every envelope: "APUS" in ASCII, so that a stranger is told from a peer before anything is parsed.
    package static let magic: UInt32 = 0x4150_5553
    /// Carried by every envelope and by `Hello`. Peers talk only if theirs are equal.
    package static let version: UInt32 = 1
}
