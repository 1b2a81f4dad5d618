import Foundation
import Transport
import Wire

/// Two processes' worth of endpoints in one: a server that answers, and a client that asks, over TCP on loopback.
struct TransportBenchmark {
    /// What one measurement gives.
    struct Speed {
        /// Small requests answered per second, many under way at a time.
        var messagesPerSecond = 0.0
        /// Bytes of weights received per second, several pieces under way at a time.
        var bytesPerSecond = 0.0
        /// Seconds from a small request to its answer, one at a time.
        var roundTripSeconds = 0.0
    }

    let messages: Int
    let pieces: Int
    let pieceBytes: Int

    /// - Parameters:
    ///   - server: how the server's connections are protected.
    ///   - client: the same of the client.
    func measure(server: SecurityPolicy, client: SecurityPolicy) async throws -> Speed {
        let answerer = Answerer(Reactor(name: "bench-server", security: server), piece: Frame(copying: pieceContent))
        let asker = Asker(Reactor(name: "bench-client", security: client))
        do {
            try await asker.connect(to: answerer.serve())
            let piece = Message.fetch(Fetch(versionNumber: 1, offset: 0, byteCount: UInt64(pieceBytes)))
            let small = Message.heartbeat(Heartbeat(waitingFor: "lease from learner", activeLeases: [1, 2, 3]))
            // Once for the greeting.
            _ = try await asker.ask(small, times: 1, window: 1)
            var speed = Speed()
            speed.messagesPerSecond = Double(messages) / (try await asker.ask(small, times: messages, window: 64))
            speed.bytesPerSecond = Double(pieces * pieceBytes) / (try await asker.ask(piece, times: pieces, window: 8))
            let trips = max(1, messages / 20)
            speed.roundTripSeconds = try await asker.ask(small, times: trips, window: 1) / Double(trips)
            await asker.reactor.shutdown()
            await answerer.reactor.shutdown()
            return speed
        } catch {
            await asker.reactor.shutdown()
            await answerer.reactor.shutdown()
            throw error
        }
    }

    private var pieceContent: [UInt8] { (0..<pieceBytes).map { UInt8(truncatingIfNeeded: $0 &* 167) } }

    /// No peer of a benchmark sends too often.
    fileprivate static var limits: TransportLimits {
        var limits = TransportLimits()
        limits.peerMessagesPerSecond = 1_000_000_000
        limits.peerMessageBurst = 1_000_000_000
        return limits
    }
}

/// The server: a chunk for a fetch, a small answer for anything else.
private actor Answerer {
    nonisolated let reactor: Reactor
    private let piece: Frame
    private var router: RouterEndpoint?
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    init(_ reactor: Reactor, piece: Frame) {
        self.reactor = reactor
        self.piece = piece
    }

    func serve() throws -> EndpointAddress {
        let router = try RouterEndpoint(
            reactor: reactor, bind: EndpointAddress("tcp://127.0.0.1:0"), admitting: [.rolloutWorker],
            limits: TransportBenchmark.limits)
        router.onMessage = { peer, envelope in self.answer(envelope, from: peer) }
        self.router = router
        return router.boundAddress
    }

    private func answer(_ envelope: Envelope, from peer: PeerID) {
        let answer: Message =
            if case .fetch = envelope.message {
                .chunk(Chunk(versionNumber: 1, offset: 0, content: piece))
            } else {
                .heartbeatReply(HeartbeatReply(membershipEpoch: 1, members: [], newest: nil))
            }
        do throws(TransportError) {
            try router?.reply(answer, to: envelope, from: peer)
        } catch {
            // The client's deadline ends the measurement with an error.
        }
    }
}

/// The client.
private actor Asker {
    nonisolated let reactor: Reactor
    private var dealer: DealerEndpoint?
    private var left = 0
    private var underWay = 0
    private var failure: TransportError?
    private var continuation: CheckedContinuation<Void, Never>?
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    init(_ reactor: Reactor) { self.reactor = reactor }

    func connect(to address: EndpointAddress) throws {
        dealer = try DealerEndpoint(
            reactor: reactor, connect: address, expecting: .learner, limits: TransportBenchmark.limits)
    }

    /// Asks again and again, `window` at a time, until `times` answers have come.
    /// - Returns: seconds.
    func ask(_ message: Message, times: Int, window: Int) async throws -> Double {
        let start = ContinuousClock.now
        (left, underWay, failure) = (times, 0, nil)
        await withCheckedContinuation { continuation in
            self.continuation = continuation
            for _ in 0..<min(window, times) { askOnce(message) }
        }
        if let failure { throw failure }
        return (ContinuousClock.now - start) / .seconds(1)
    }

    private func askOnce(_ message: Message) {
        left -= 1
        underWay += 1
        do throws(TransportError) {
            try dealer?.request(message, deadline: .seconds(60), name: "request to benchmark's server") { answer in
                if case .failure(let error) = answer { self.end(error) }
                self.answered(message)
            }
        } catch {
            end(error)
            answered(message)
        }
    }

    private func end(_ error: TransportError) {
        failure = error
        left = 0
    }

    private func answered(_ message: Message) {
        underWay -= 1
        if left > 0 { return askOnce(message) }
        guard underWay == 0 else { return }
        continuation?.resume()
        continuation = nil
    }
}
