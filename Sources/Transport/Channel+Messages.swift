import Wire

/// Messages in and out of frames.
extension Channel {
    /// The envelope in the frames, or what is wrong with them, counted and told.
    func decode(_ received: Socket.Received, from peer: PeerID?) -> Result<Envelope, WireError> {
        do throws(WireError) {
            if received.isOversized {
                throw .oversized(what: "message", count: received.bytes, limit: limits.wire.messageBytes)
            }
            return .success(try WireCoder.decode(received.frames, limits: limits.wire))
        } catch {
            counters.drop(received.isOversized ? .oversized : .malformed)
            counters.malformed[error.reason, default: 0] += 1
            onEvent?(.malformed(peer: peer, error))
            return .failure(error)
        }
    }

    struct Outbound {
        let messageID: UInt64
        let frames: [Frame]
        let charge: OutboundCharge
    }

    /// Puts a message into frames and charges it.
    func prepare(_ message: Message, inReplyTo: UInt64, budget: OutboundBudget) throws(TransportError) -> Outbound {
        try requireOpen()
        lastMessageID += 1
        let envelope = Envelope(messageID: lastMessageID, inReplyTo: inReplyTo, message: message)
        let frames: [Frame]
        do throws(WireError) {
            frames = try WireCoder.encode(envelope)
        } catch {
            throw .notEncodable(endpoint: address.description, error)
        }
        let bytes = frames.reduce(0) { $0 + $1.count }
        guard bytes <= limits.outboundBytes else {
            drop(.oversized)
            let error = WireError.oversized(what: "message in bytes", count: bytes, limit: limits.outboundBytes)
            throw .notEncodable(endpoint: address.description, error)
        }
        guard let charge = budget.charge(bytes: bytes) else {
            drop(.queueFull)
            let usage = budget.usage
            throw .queueFull(endpoint: address.description, items: usage.items, bytes: usage.bytes)
        }
        return Outbound(messageID: lastMessageID, frames: frames, charge: charge)
    }

    func send(_ outbound: Outbound, to peer: PeerID? = nil) throws(TransportError) -> Socket.Sending {
        let sending = try link.socket.send(outbound.frames, to: peer, charge: outbound.charge)
        if case .sent = sending {
            counters.messagesSent += 1
            counters.bytesSent += outbound.charge.bytes
        }
        return sending
    }

    /// Which message a malformed one is, and which it answers, if at least that can be read.
    func originOfMalformed(_ received: Socket.Received) -> (messageID: UInt64, inReplyTo: UInt64)? {
        guard let frame = received.frames.first else { return nil }
        do throws(WireError) {
            let preamble = try EnvelopePreamble(frame)
            return (preamble.messageID, preamble.inReplyTo)
        } catch {
            // Not even an envelope: the error is counted already.
            return nil
        }
    }
}
