import Session
import Transport
import Wire

/// Keeps the worker supplied with the newest version: hears of it, fetches it from a broadcaster, hands it over.
///
/// Role: the worker's end of weight transfer. Owner: the worker actor; lives on its reactor's thread.
/// Invariants: one fetch at a time, and none while a handed-over version is still being installed (the double buffer);
/// versions handed over only grow.
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
    private var subscribers: [String: SubscriberEndpoint] = [:]
    private var fetch: SnapshotFetch?
    private var isInstalling = false
    private var nextSource: Int
    private(set) var newest: VersionDescription?
    private(set) var held: UInt64?

    /// - Parameter spread: any number; workers with different ones begin with different broadcasters.
    init(reactor: Reactor, limits: TransportLimits, settings: SnapshotFetch.Settings, spread: Int) {
        self.reactor = reactor
        self.limits = limits
        self.settings = settings
        nextSource = spread
    }

    /// Follows the membership: listens to every broadcaster's notices, fetches from one of them.
    func update(_ members: [Member]) {
        broadcasters = members.filter { $0.role == .parameterBroadcaster && $0.address(for: .serving) != nil }
        if let source, !broadcasters.contains(source.member) { dropSource() }
        let addresses = Set(broadcasters.compactMap { $0.address(for: .notices) })
        for (address, subscriber) in subscribers where !addresses.contains(address) {
            subscriber.close()
            subscribers[address] = nil
        }
        for address in addresses where subscribers[address] == nil { subscribe(address) }
        fetchIfNeeded()
    }

    /// Hears of a version, from a notice or from the learner.
    func announce(_ version: VersionDescription?) {
        guard let version, version.number > (newest?.number ?? 0) || newest == nil else { return }
        newest = version
        fetchIfNeeded()
    }

    /// A new life of the learner may count its versions from an earlier one: what was heard and held means nothing any more.
    func startOver() {
        dropSource()
        newest = nil
        held = nil
    }

    func installed(_ version: UInt64) {
        isInstalling = false
        held = version
        fetchIfNeeded()
    }

    /// The bytes did not hash right: fetch again, from another broadcaster if there is one.
    func rejected() {
        isInstalling = false
        dropSource()
        retryLater()
    }

    func close() {
        dropSource()
        for subscriber in subscribers.values { subscriber.close() }
        subscribers = [:]
        broadcasters = []
    }

    private func subscribe(_ address: String) {
        do throws(TransportError) {
            let subscriber = try SubscriberEndpoint(
                reactor: reactor, connect: EndpointAddress(address), limits: limits)
            subscriber.onMessage = { [unowned self] envelope in
                if case .versionNotice(let notice) = envelope.message { announce(notice.version) }
            }
            subscribers[address] = subscriber
        } catch {
            // Notices only make it faster: the learner's heartbeats name the newest version too.
        }
    }

    private func fetchIfNeeded() {
        guard fetch == nil, !isInstalling, let version = newest, held.map({ version.number > $0 }) ?? true,
            let dealer = chooseSource()
        else { return }
        let fetch = SnapshotFetch(version, from: dealer, settings: settings) { [unowned self] in
            finish(version, $0)
        }
        self.fetch = fetch
        fetch.start()
    }

    private func finish(_ version: VersionDescription, _ result: Result<[UInt8], TransportError>) {
        fetch = nil
        switch result {
        case .success(let bytes):
            isInstalling = true
            onWeights?(version, bytes)
        case .failure(let error):
            if case .refused(_, _, let failure) = error, failure.code == .unknownVersion {
                // The broadcaster does not have it yet, or not any more: its next notice or the learner's news will tell.
                return retryLater()
            }
            if let source { onTrouble?(source.member, error) }
            dropSource()
            retryLater()
        }
    }

    private func retryLater() {
        reactor.schedule(after: .milliseconds(100), name: "fetch of weights again") { [weak self] in
            self?.fetchIfNeeded()
        }
    }

    private func chooseSource() -> DealerEndpoint? {
        if let source { return source.dealer }
        guard !broadcasters.isEmpty else { return nil }
        let member = broadcasters[nextSource % broadcasters.count]
        guard let address = member.address(for: .serving) else { return nil }
        do throws(TransportError) {
            let dealer = try DealerEndpoint(reactor: reactor, connect: EndpointAddress(address), limits: limits)
            source = (member, dealer)
            return dealer
        } catch {
            onTrouble?(member, error)
            nextSource += 1
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
