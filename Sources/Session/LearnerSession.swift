package import Transport
package import Wire

/// A member's connection to the learner: joins, keeps joined with heartbeats, joins again when either side restarts.
///
/// Role: what a worker, a verifier and a broadcaster do alike to take part. Owner: the role's actor; lives on its reactor's
/// thread. Invariant: `onJoined` precedes every `onNews` of the same learner life; after `onEnded` nothing is called.
package final class LearnerSession {
    /// How the session ended, other than by `leave`.
    package enum End: Error, Sendable, CustomStringConvertible {
        /// The learner does not want this member.
        case refused(Failure)
        /// The learner could not be reached for `Settings.patience`.
        case unreachable(String)
        /// The greeting with the learner fails, and will fail again.
        case shutOut(String)

        package var description: String {
            switch self {
            case .refused(let failure): "the learner refused this process: \(failure.message)"
            case .unreachable(let reason), .shutOut(let reason): reason
            }
        }
    }

    package struct Settings: Sendable {
        /// Deadline of one request.
        package var requestTimeout: Duration = .seconds(5)
        /// How long the learner may be out of reach before the process gives up.
        package var patience: Duration = .seconds(60)

        package init() {}
    }

    package var onJoined: ((Welcome) -> Void)?
    /// Members, newest version, lost leases: at every heartbeat.
    package var onNews: ((HeartbeatReply) -> Void)?
    /// A message of the learner's own accord, such as `publish`.
    package var onMessage: ((Envelope) -> Void)?
    package var onEnded: ((End) -> Void)?
    package var onConnectionChange: ((Bool) -> Void)?
    /// What the next heartbeat says.
    package var status: () -> Heartbeat = { Heartbeat() }

    private let reactor: Reactor
    private let hello: Hello
    /// May follow the run's configuration once it is known.
    package var settings: Settings
    package let dealer: DealerEndpoint
    private var heartbeatInterval: Duration = .seconds(1)
    private var lastContact: ContinuousClock.Instant = .now
    private var isClosed = false
    /// Greetings in a row that the learner broke off.
    private var brokenGreetings = 0
    package private(set) var isJoined = false

    package init(
        reactor: Reactor, learner: EndpointAddress, hello: Hello, settings: Settings = Settings(),
        limits: TransportLimits = TransportLimits()
    ) throws(TransportError) {
        self.reactor = reactor
        self.hello = hello
        self.settings = settings
        dealer = try DealerEndpoint(reactor: reactor, connect: learner, expecting: .learner, limits: limits)
        dealer.onEvent = { [unowned self] in note($0) }
        dealer.onMessage = { [unowned self] in onMessage?($0) }
        dealer.onConnectionChange = { [unowned self] in onConnectionChange?($0) }
    }

    /// Since when the learner has owed an answer: it should have given one by then.
    package var silentSince: ContinuousClock.Instant { lastContact + heartbeatInterval }

    /// Says hello; `onJoined` follows, or `onEnded`.
    package func start() {
        lastContact = .now
        join()
    }

    /// Says goodbye and closes the connection.
    package func leave(reason: String) {
        guard !isClosed else { return }
        do {
            try dealer.send(.goodbye(Goodbye(reason: reason)))
        } catch {
            // The learner will miss the heartbeats instead.
        }
        close()
    }

    private func close() {
        isClosed = true
        isJoined = false
        dealer.close()
    }

    private func end(_ end: End) {
        guard !isClosed else { return }
        close()
        onEnded?(end)
    }

    /// libzmq would go on trying in silence, or stop trying in silence.
    private func note(_ event: TransportEvent) {
        switch event {
        case .connected: brokenGreetings = 0
        case .handshakeFailed(let failure):
            switch failure {
            case .refused, .cleartext: end(.shutOut(explanation(of: failure)))
            case .malformed, .closed:
                // A learner that is stopped at that moment looks the same, but not again and again.
                brokenGreetings += 1
                if brokenGreetings >= Self.brokenGreetingsAllowed { end(.shutOut(explanation(of: failure))) }
            case .other: break
            }
        default: break
        }
    }

    private static let brokenGreetingsAllowed = 5

    /// What is wrong, and what to do.
    private func explanation(of failure: GreetingFailure) -> String {
        let address = dealer.address
        guard case .curve(let keyring) = reactor.security else {
            return
                "the learner at \(address) wants encryption, or what listens there is no learner (\(failure)): start this "
                + "process with --keys DIR instead of --cleartext"
        }
        let (own, directory) = (keyring.own.allowed, keyring.directory.path)
        return switch failure {
        case .refused:
            "the learner at \(address) refused the key \(own.key) (\(own.name), \(own.role.rawValue)): its allow list does not "
                + "have it; compare apus keys list --keys \(directory) on both hosts, then apus keys issue"
        case .cleartext:
            "the learner at \(address) speaks clear text: start it with --keys, or this process with --cleartext"
        default:
            "the learner at \(address) does not have the secret of any learner's key in \(directory)/allowed, or speaks clear "
                + "text (\(failure)): copy the allow list from the learner's host, or start the learner with --keys"
        }
    }

    private func join() {
        isJoined = false
        request(.hello(hello), name: "hello to learner") { [unowned self] answer in
            switch answer {
            case .success(.welcome(let welcome)):
                heartbeatInterval = .milliseconds(Int64(clamping: max(10, welcome.heartbeatIntervalMilliseconds)))
                isJoined = true
                onJoined?(welcome)
                scheduleHeartbeat()
            case .success:
                end(.refused(Failure(code: .malformed, message: "the learner's answer to hello was not a welcome")))
            case .failure(.malformedReply(_, _, let error)):
                end(.refused(error.failure))
            case .failure(.refused(_, _, let failure))
            where failure.code != .overloaded && failure.code != .shuttingDown:
                end(.refused(failure))
            case .failure(let error):
                retry(after: error) { [unowned self] in join() }
            }
        }
    }

    private func scheduleHeartbeat() {
        reactor.schedule(after: heartbeatInterval, name: "next heartbeat to learner") { [weak self] in self?.beat() }
    }

    private func beat() {
        guard !isClosed else { return }
        request(.heartbeat(status()), name: "heartbeat to learner") { [unowned self] answer in
            switch answer {
            case .success(.heartbeatReply(let news)):
                onNews?(news)
                scheduleHeartbeat()
            case .failure(.refused(_, _, let failure)) where failure.code == .unknownMember:
                join()
            case .success:
                scheduleHeartbeat()
            case .failure(let error):
                retry(after: error) { [unowned self] in beat() }
            }
        }
    }

    private func request(
        _ message: Message, name: String, then completion: @escaping (Result<Message, TransportError>) -> Void
    ) {
        guard !isClosed else { return }
        do {
            try dealer.request(message, deadline: settings.requestTimeout, name: name) { [weak self] answer in
                guard let self, !isClosed else { return }
                if case .success = answer { lastContact = .now }
                completion(answer)
            }
        } catch {
            retry(after: error) { [unowned self] in request(message, name: name, then: completion) }
        }
    }

    /// Tries again soon, or ends the session when the learner has been out of reach for too long.
    private func retry(after error: TransportError, _ body: @escaping () -> Void) {
        if case .closed = error { return }
        guard .now - lastContact < settings.patience else {
            return end(.unreachable("no contact with the learner for \(settings.patience): \(error)"))
        }
        reactor.schedule(after: .milliseconds(250), name: "retry: \(error)") { [weak self] in
            guard let self, !isClosed else { return }
            body()
        }
    }
}
