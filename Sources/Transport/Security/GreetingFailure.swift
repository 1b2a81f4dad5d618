import CZeroMQ
import Glibc

/// Why a ZeroMQ greeting failed, as far as libzmq tells.
package enum GreetingFailure: Sendable, Equatable {
    /// The other side knows our key, and will not have it; or we will not have its key, which the doorkeeper has told already.
    case refused(status: Int32)
    /// One side speaks clear text, the other one CURVE.
    case cleartext
    /// What came is no ZeroMQ, or was not made with the right keys.
    case malformed(code: Int32)
    /// The other side hung up: so does a CURVE server at a client that has another server's key.
    case closed
    case other(String)

    init(protocolError code: Int32) {
        self = code == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH ? .cleartext : .malformed(code: code)
    }

    init(systemError code: Int32) {
        self = [0, EPIPE, ECONNRESET].contains(code) ? .closed : .other(zeroMQReason(code))
    }

    /// Whether libzmq makes no further attempt to connect.
    var isFinal: Bool {
        switch self {
        case .refused, .cleartext, .malformed: true
        case .closed, .other: false
        }
    }

    /// A stable word for counters.
    package var reason: String {
        switch self {
        case .refused: "refused"
        case .cleartext: "cleartext"
        case .malformed: "no_zeromq"
        case .closed: "closed"
        case .other: "other"
        }
    }
}

extension GreetingFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .refused(let status): "the key was refused (status \(status))"
        case .cleartext: "one side speaks clear text, the other one CURVE"
        case .malformed(let code): "what came is not ZeroMQ, or made with a wrong key (0x\(String(code, radix: 16)))"
        case .closed: "closed during the greeting"
        case .other(let reason): reason
        }
    }
}
