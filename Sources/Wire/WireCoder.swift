import CProtobufC
import CWire

/// Turns envelopes into frames and back. Stateless; usable from any thread.
package enum WireCoder {
    /// The frames of a message: the envelope, then one per tensor. Bulk tensors share the memory of the message's frames.
    ///
    /// Throws if the message breaks the protocol's rules, so that a fault shows where it arose and not at the peer.
    /// `protocolVersion` is another one only in tests of how peers refuse it.
    package static func encode(
        _ envelope: Envelope, protocolVersion: UInt32 = WireProtocol.version
    ) throws(WireError) -> [Frame] {
        try Check.atLeast(1, envelope.messageID, "message_id")
        try envelope.message.validate()

        let arena = MessageArena()
        let packed = arena.make(apus__v1__envelope__init) {
            $0.magic = WireProtocol.magic
            $0.protocol_version = protocolVersion
            $0.message_id = envelope.messageID
            $0.in_reply_to = envelope.inReplyTo
            envelope.message.pack(as: &$0, arena: arena)
            ($0.tensors, $0.n_tensors) = arena.list(arena.tensors.map { $0.pack(into: arena) })
        }
        // The envelope points into the arena.
        return try withExtendedLifetime(arena) { () throws(WireError) in
            let size = apus__v1__envelope__get_packed_size(packed)
            try Check.size(size, limit: WireLimits.standard.envelopeBytes, "bytes of the envelope")
            let first = Frame(count: size) {
                _ = apus__v1__envelope__pack(packed, $0.baseAddress?.assumingMemoryBound(to: UInt8.self))
            }
            let frames = [first] + arena.tensors.map(\.frame)
            try check(frames, .standard)
            return frames
        }
    }

    /// The message that `frames` carry. Every size is checked before anything is parsed, every count, shape, checksum
    /// and value after it. Bulk tensors share the memory of their frames; everything else is copied.
    package static func decode(
        _ frames: [Frame], limits: WireLimits = .standard
    ) throws(WireError) -> Envelope {
        try check(frames, limits)
        guard let first = frames.first else { throw .frameCount(found: 0, expected: 1) }
        let preamble = try EnvelopePreamble(first)
        guard preamble.protocolVersion == WireProtocol.version else {
            throw .incompatibleProtocol(theirs: preamble.protocolVersion, ours: WireProtocol.version)
        }
        try Check.atLeast(1, preamble.messageID, "message_id")
        guard let body = preamble.bodies.first else { throw .missingBody }
        guard preamble.bodies.count == 1 else { throw .severalBodies }
        guard preamble.tensorCount == frames.count - 1 else {
            throw .frameCount(found: frames.count, expected: preamble.tensorCount + 1)
        }

        return try unpack(first, budget: ParsingBudget(bytes: limits.parsingBytes)) { (packed) throws(WireError) in
            var tensors = try TensorReader(try tensors(of: packed, frames.dropFirst()))
            let message = try Message(packed, field: body, &tensors)
            try tensors.finish()
            return Envelope(messageID: packed.message_id, inReplyTo: packed.in_reply_to, message: message)
        }
    }

    private static func check(_ frames: [Frame], _ limits: WireLimits) throws(WireError) {
        try Check.size(frames.count - 1, limit: limits.tensorCount, "number of tensors")
        try Check.size(frames.first?.count ?? 0, limit: limits.envelopeBytes, "bytes of the envelope")
        for frame in frames.dropFirst() {
            try Check.size(frame.count, limit: limits.tensorBytes, "bytes of a tensor")
        }
        try Check.size(frames.reduce(0) { $0 + $1.count }, limit: limits.messageBytes, "bytes of the message")
    }

    /// Calls `body` with the unpacked envelope, which lives no longer than that.
    private static func unpack<Result>(
        _ frame: Frame, budget: ParsingBudget, _ body: (Apus__V1__Envelope) throws(WireError) -> Result
    ) throws(WireError) -> Result {
        try budget.withAllocator { (allocator) throws(WireError) in
            let packed = frame.withUnsafeBytes {
                apus__v1__envelope__unpack(allocator, $0.count, $0.baseAddress?.assumingMemoryBound(to: UInt8.self))
            }
            guard let packed else {
                throw budget.isExhausted
                    ? .oversized(what: "memory to parse the envelope", count: budget.spent, limit: budget.limit)
                    : .malformedEnvelope(
                        detail: "\(frame.count) bytes that are not an Envelope of protocol \(WireProtocol.version)")
            }
            defer { apus__v1__envelope__free_unpacked(packed, allocator) }
            return try body(packed.pointee)
        }
    }

    private static func tensors(
        of packed: Apus__V1__Envelope, _ frames: ArraySlice<Frame>
    ) throws(WireError) -> [TensorPayload] {
        let headers = UnsafeBufferPointer(start: packed.tensors, count: packed.n_tensors)
        guard headers.count == frames.count else {
            throw .frameCount(found: frames.count + 1, expected: headers.count + 1)
        }
        var tensors: [TensorPayload] = []
        for (header, frame) in zip(headers, frames) {
            tensors.append(try TensorPayload(try Read.message(header, "tensor"), frame: frame))
        }
        return tensors
    }
}
