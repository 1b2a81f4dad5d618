/// One connection to a router, as named by that router. A peer that reconnects has a new one.
package struct PeerID: Sendable, Hashable, CustomStringConvertible {
    let routingID: [UInt8]

    /// Hexadecimal.
    package var description: String {
        let digits = Array("0123456789abcdef")
        return String(routingID.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}
