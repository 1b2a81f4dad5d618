/// Why bytes are not a message of this protocol, or a message cannot be sent; carries the offending value.
package enum WireError: Error, Sendable, Equatable {
    /// Frame 0 does not begin with the protocol's magic, but with these bytes (at most 8).
    case foreign(prefix: [UInt8])
    case incompatibleProtocol(theirs: UInt32, ours: UInt32)
    /// Frame 0 is not an envelope in protobuf encoding.
    case malformedEnvelope(detail: String)
    /// Larger than the receiver takes, or the protocol allows.
    case oversized(what: String, count: Int, limit: Int)
    case missingBody
    /// The envelope's body is of a kind that this version does not know.
    case unknownBody(field: UInt32)
    case severalBodies
    case missing(field: String)
    case invalid(field: String, value: String, expected: String)
    case frameCount(found: Int, expected: Int)
    /// The frame's length is not what header or shape say.
    case tensorBytes(name: String, found: Int, expected: String)
    case tensorType(name: String, found: DataType, expected: String)
    case checksum(tensor: String, found: UInt32, expected: UInt32)
    case duplicateTensor(name: String)
    case unexpectedTensor(name: String)
    /// The parts announced in the envelope do not add up to the tensor.
    case shares(tensor: String, sum: Int, elements: Int)
    case negativeToken(index: Int, token: Int32)
    case nonFiniteLogProbability(index: Int)
    case positiveLogProbability(index: Int, value: Float)
    /// Σ of a response's span counts is not its token count.
    case spanSum(sample: UInt32, sum: Int, tokens: Int)
}

extension WireError {
    /// The code of the `failure` that answers such a message.
    package var failureCode: FailureCode {
        switch self {
        case .incompatibleProtocol: .incompatibleProtocol
        case .oversized: .oversized
        default: .malformed
        }
    }

    /// The answer to a message that failed so.
    package var failure: Failure { Failure(code: failureCode, message: description) }

    /// A stable word for counters.
    package var reason: String {
        switch self {
        case .foreign: "foreign"
        case .incompatibleProtocol: "incompatible_protocol"
        case .malformedEnvelope, .missingBody, .severalBodies: "malformed_envelope"
        case .unknownBody: "unknown_body"
        case .oversized: "oversized"
        case .missing, .invalid: "invalid_field"
        case .frameCount: "frame_count"
        case .tensorBytes: "tensor_bytes"
        case .tensorType: "tensor_type"
        case .checksum: "checksum"
        case .duplicateTensor, .unexpectedTensor: "unexpected_tensor"
        case .shares, .spanSum: "inconsistent_counts"
        case .negativeToken: "negative_token"
        case .nonFiniteLogProbability: "non_finite_log_probability"
        case .positiveLogProbability: "positive_log_probability"
        }
    }
}

extension WireError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .foreign(let prefix): "not an Apus message: it begins with bytes \(prefix)"
        case .incompatibleProtocol(let theirs, let ours):
            "incompatible protocol: the peer speaks version \(theirs), this side version \(ours); "
                + "run the same release of Apus on both"
        case .malformedEnvelope(let detail): "malformed envelope: \(detail)"
        case .oversized(let what, let count, let limit): "oversized: \(what) is \(count), at most \(limit) allowed"
        case .missingBody: "malformed envelope: no body"
        case .unknownBody(let field): "unknown kind of message: body field \(field)"
        case .severalBodies: "malformed envelope: several bodies"
        case .missing(let field): "\(field) is missing"
        case .invalid(let field, let value, let expected): "\(field) is \(value), expected \(expected)"
        case .frameCount(let found, let expected): "\(found) frames, but the envelope describes \(expected)"
        case .tensorBytes(let name, let found, let expected): "tensor \(name): \(found) bytes, expected \(expected)"
        case .tensorType(let name, let found, let expected): "tensor \(name) is \(found.rawValue), expected \(expected)"
        case .checksum(let tensor, let found, let expected):
            "tensor \(tensor) arrived damaged: CRC-32C 0x\(String(found, radix: 16)), "
                + "announced 0x\(String(expected, radix: 16))"
        case .duplicateTensor(let name): "tensor \(name) comes twice"
        case .unexpectedTensor(let name): "tensor \(name) does not belong to this message"
        case .shares(let tensor, let sum, let elements):
            "the parts of tensor \(tensor) add up to \(sum), but it has \(elements) elements"
        case .negativeToken(let index, let token): "token \(index) is \(token), expected an id ≥ 0"
        case .nonFiniteLogProbability(let index): "log-probability \(index) is not finite"
        case .positiveLogProbability(let index, let value): "log-probability \(index) is \(value), expected ≤ 0"
        case .spanSum(let sample, let sum, let tokens):
            "the version spans of response \(sample) cover \(sum) tokens, but it has \(tokens)"
        }
    }
}
