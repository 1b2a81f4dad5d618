/// How large a message a receiver takes; checked before anything is parsed.
package struct WireLimits: Sendable, Equatable {
    /// Bytes of frame 0.
    package var envelopeBytes: Int
    /// Tensors, hence frames after frame 0.
    package var tensorCount: Int
    /// Bytes of one tensor frame.
    package var tensorBytes: Int
    /// Bytes of all frames together.
    package var messageBytes: Int
    /// Memory that unpacking frame 0 may take; a hostile envelope would take some 60 times its size.
    package var parsingBytes: Int

    package init(
        envelopeBytes: Int = 1 << 20, tensorCount: Int = 16, tensorBytes: Int = 256 << 20,
        messageBytes: Int = 512 << 20, parsingBytes: Int = 16 << 20
    ) {
        self.envelopeBytes = envelopeBytes
        self.tensorCount = tensorCount
        self.tensorBytes = tensorBytes
        self.messageBytes = messageBytes
        self.parsingBytes = parsingBytes
    }

    /// The limits that docs/protocol.md promises: senders keep within them.
    package static let standard = WireLimits()
    /// For endpoints at which no message with tensors is expected, such as a verifier's.
    package static let withoutTensors = WireLimits(tensorCount: 0, messageBytes: 1 << 20)
}

/// Largest counts and lengths of the protocol's fields: part of the protocol, as Protos/ states them.
package enum WireCap {
    package static let identifierBytes = 128
    package static let noteBytes = 4096
    package static let addressBytes = 256
    package static let configurationBytes = 256 << 10
    /// A prompt or a response as text.
    package static let textBytes = 256 << 10
    package static let payloadBytes = 448 << 10
    package static let members = 4096
    package static let endpoints = 8
    /// A CURVE public key.
    package static let serverKeyBytes = 32
    package static let verifierKinds = 64
    package static let metrics = 256
    /// Leases in one grant.
    package static let leases = 256
    /// Lease ids in a list of them.
    package static let leaseIDs = 4096
    package static let samples = 1024
    package static let stopTokens = 64
    package static let spans = 4096
    /// Runs of tokens in a response that were not sampled.
    package static let forcedRanges = 64
    /// Tokens that end thoughts which are too long.
    package static let thoughtStopTokens = 256
    package static let tensorDimensions = 8
    /// Mixture-of-experts layers and experts per token of a route tensor.
    package static let routeLayers = 1024
    package static let routeTopK = 256
    /// Log-probabilities above 0 by no more than this are rounding.
    package static let logProbabilityTolerance: Float = 1e-4
}
