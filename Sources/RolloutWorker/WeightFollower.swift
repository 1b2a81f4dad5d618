import Session
import Transport
import Wire

/// Keeps the worker supplied with versions: hears of them, fetches them from a broadcaster, hands them over.
///
/// Role: the worker's end of weight transfer; what to fetch is decided by `WantedVersions`. Owner: the worker actor; lives on
/// its reactor's thread. Invariant: one fetch at a time, and none while a handed-over version is still being installed (the
/// double buffer).
final class WeightFollower {
    /// A version has arrived; its hash is still to be checked. Answer with `installed` or `rejected`.
    var onWeights: ((VersionDescription, [UInt8]) -> Void)?
    /// A broadcaster could not deliver; another one will be tried.
    var onTrouble: ((Member, TransportError) -> Void)?

    private let reactor: Reactor
    private let limits: TransportLimits
    private let settings: SnapshotFetch.Settings
    private var broadcasters: [Member] = []
    private var source: (member: Member, dealer: DealerEndpoint)?
    private var subscribers: [Endpoint: SubscriberEndpoint] = [:]
    /// Broadcasters whose address or key cannot be used, told once.
    private var unusable: [String: Member] = [:]
    private var fetch: SnapshotFetch?
    /// Since when a version has been on its way, failed attempts included.
    private var fetchingSince: ContinuousClock.Instant?
    private var isInstalling = false
    private var isRetrying = false
    private var nextSource: Int
    private(set) var wanted = WantedVersions()

    /// - Parameter spread: any number; workers with different ones begin with different broadcasters.
    init(reactor: Reactor, limits: TransportLimits, settings: SnapshotFetch.Settings, spread: Int) {
        self.reactor = reactor
        self.limits = limits
        self.settings = settings
        nextSource = spread
    }

    /// Who has to send weights, as the cause of a wait.
    var waitedFor: String {
        if wanted.newest == nil { return "first version from learner" }
        return "weights from \(source?.member.id ?? "any parameter broadcaster")"
    }

    /// Who owes weights, and since when; nil when none are being fetched.
    var wait: (cause: String, since: ContinuousClock.Instant)? {
        fetchingSince.map { ("weights from \(source?.member.id ?? "any parameter broadcaster")", $0) }
    }

    /// Follows the membership: listens to every broadcaster's notices, fetches from one of them.
    func update(_ members: [Member]) {
        broadcasters = members.filter { $0.role == .parameterBroadcaster && $0.endpoint(for: .serving) != nil }
        if let source, !broadcasters.contains(source.member) { dropSource() }
        let endpoints = Set(broadcasters.compactMap { $0.endpoint(for: .notices) })
        for (endpoint, subscriber) in subscribers where !endpoints.contains(endpoint) {
            subscriber.close()
            subscribers[endpoint] = nil
        }
        for endpoint in endpoints where subscribers[endpoint] == nil { subscribe(endpoint) }
        fetchIfNeeded()
    }

    /// Hears of a version, from a notice or from the learner.
    func announce(_ version: VersionDescription) {
        wanted.announce(version)
        fetchIfNeeded()
    }

    /// Needs these versions too, whatever the newest one is.
    func require(_ versions: [VersionDescription]) {
        wanted.require(versions)
        fetchIfNeeded()
    }

    /// Joins another life of the learner. What is held stays held: it is known by its hash.
    func startOver(at newest: VersionDescription?) {
        wanted.startOver(at: newest)
        fetchIfNeeded()
    }

    func installed(_ version: VersionIdentity) {
        isInstalling = false
        wanted.hold(version)
        fetchIfNeeded()
    }

    /// The bytes did not hash right: fetch again, from another broadcaster if there is one.
    func rejected() {
        isInstalling = false
        dropSource()
        retryLater()
    }

    /// Forgets versions that the generator released, and the need of all required ones but `numbers`.
    func release(_ versions: Set<VersionIdentity>, needing numbers: Set<UInt64>) {
        for version in versions { wanted.drop(version) }
        wanted.keep(numbers)
    }

    func close() {
        dropSource()
        for subscriber in subscribers.values { subscriber.close() }
        subscribers = [:]
        broadcasters = []
    }

    private func subscribe(_ endpoint: Endpoint) {
        do throws(TransportError) {
            let subscriber = try SubscriberEndpoint(
                reactor: reactor, connect: EndpointAddress(endpoint.address),
                expecting: .member(.parameterBroadcaster, at: endpoint), limits: limits)
            subscriber.onMessage = { [unowned self] envelope in
                if case .versionNotice(let notice) = envelope.message { announce(notice.version) }
            }
            subscribers[endpoint] = subscriber
        } catch {
            // Notices only make it faster: the learner's heartbeats name the newest version too.
        }
    }

    private func fetchIfNeeded() {
        guard fetch == nil, !isInstalling, let version = wanted.next, let dealer = chooseSource() else { return }
        let fetch = SnapshotFetch(version, from: dealer, settings: settings) { [unowned self] in
            finish(version, $0)
        }
        self.fetch = fetch
        fetchingSince = fetchingSince ?? .now
        fetch.start()
    }

    private func finish(_ version: VersionDescription, _ result: Result<[UInt8], TransportError>) {
        fetch = nil
        switch result {
        case .success(let bytes):
            fetchingSince = nil
            isInstalling = true
            onWeights?(version, bytes)
        case .failure(let error):
            // A broadcaster that does not have it yet, or not any more, is no trouble; another one may have it.
            var isTrouble = true
            if case .refused(_, _, let failure) = error, failure.code == .unknownVersion {
                isTrouble = false
                fetchingSince = nil
            }
            if isTrouble, let source { onTrouble?(source.member, error) }
            dropSource()
            retryLater()
        }
    }

    private func retryLater() {
        guard !isRetrying else { return }
        isRetrying = true
        reactor.schedule(after: .milliseconds(100), name: "fetch of weights again") { [weak self] in
            self?.isRetrying = false
            self?.fetchIfNeeded()
        }
    }

    private func chooseSource() -> DealerEndpoint? {
        if let source { return source.dealer }
        guard !broadcasters.isEmpty else { return nil }
        let member = broadcasters[nextSource % broadcasters.count]
        guard let endpoint = member.endpoint(for: .serving) else { return nil }
        do throws(TransportError) {
            let dealer = try DealerEndpoint(
                reactor: reactor, connect: EndpointAddress(endpoint.address),
                expecting: .member(.parameterBroadcaster, at: endpoint), limits: limits)
            source = (member, dealer)
            unusable[member.id] = nil
            return dealer
        } catch {
            if unusable.updateValue(member, forKey: member.id) != member { onTrouble?(member, error) }
            nextSource += 1
            retryLater()
            return nil
        }
    }

    private func dropSource() {
        fetch?.cancel()
        fetch = nil
        source?.dealer.close()
        source = nil
        nextSource += 1
    }
}
