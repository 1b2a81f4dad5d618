import CZeroMQ
import Execution
import Glibc
import Synchronization

/// The one thread that owns all sockets of a process, and the serial executor of the actors which talk through them.
///
/// Owner: the executable. Invariant: sockets, timers and endpoints are touched on this thread only, so that messages reach
/// their actor without a hop, without a lock and in order. Nothing that runs here may block or compute for long.
///
/// An actor takes the reactor as its executor and gives its endpoints closures that capture `self`. Such a closure belongs to
/// the actor's isolation, and the endpoint calls it on the actor's thread, so it uses the actor's state directly.
/// (Only after `[weak self]` the compiler has to be told, by `assumeIsolated`, which also checks it.)
/// Closing an endpoint, or shutting the reactor down, releases its closures and thereby the actor.
///
/// ```swift
/// actor Greeter {
///     private let reactor: Reactor
///     private var router: RouterEndpoint?
///     nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }
///
///     func start() throws {
///         let router = try RouterEndpoint(reactor: reactor, bind: EndpointAddress("tcp://127.0.0.1:0"))
///         router.onMessage = { peer, envelope in self.handle(envelope, from: peer) }
///         self.router = router
///     }
/// }
/// ```
package final class Reactor: SerialExecutor, @unchecked Sendable {
    // Sendable because the mutable state below is confined to the thread, which every method on it checks.
    let context = ZeroMQContext()
    /// How all sockets of this reactor are protected.
    package let security: SecurityPolicy
    private let onKeyNews: @Sendable (KeyNews) -> Void
    private let jobs = JobQueue()
    private let wake = WakeEvent()
    private let thread: NamedThread
    private let isStopping = Atomic(false)
    private let end = Lock(End())

    private struct End {
        var isReached = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    // Confined to the thread.
    private var timers = TimerQueue<ReactorTimer>()
    private var channels: [any Pollable] = []
    private var pollItems: [zmq_pollitem_t] = []
    private var channelNumber = 0
    /// Judges who connects; nil in clear text.
    private(set) var doorkeeper: Doorkeeper?

    /// How often the allow list is looked at.
    private static let allowListInterval = Duration.seconds(1)

    /// Starts the thread, which lives until `shutdown`.
    ///
    /// - Parameter onKeyNews: hears of changes of the allow list, on this thread.
    package init(
        name: String = "reactor", security: SecurityPolicy = .cleartext,
        onKeyNews: @escaping @Sendable (KeyNews) -> Void = { _ in }
    ) {
        self.security = security
        self.onKeyNews = onKeyNews
        thread = NamedThread(name: name)
        thread.start { self.run() }
    }

    // MARK: Timers

    /// Calls `body` once, on this thread, `delay` from now, unless the reactor is shut down before. `name` says what waits.
    @discardableResult
    package func schedule(after delay: Duration, name: String, body: @escaping () -> Void) -> TimerToken {
        requireThread()
        guard isOpen else { return TimerToken.none }
        return timers.schedule(at: .now + delay, ReactorTimer(name: name, body: body))
    }

    /// Forgets a timer; one that has fired or was cancelled already is no mistake.
    package func cancel(_ token: TimerToken) {
        requireThread()
        timers.cancel(token)
    }

    /// Timers that are set.
    package var pendingTimerCount: Int {
        requireThread()
        return timers.count
    }

    // MARK: Shutdown

    /// Closes all endpoints, whose waiting requests fail with `.closed`, sends what is queued within the linger time, ends
    /// libzmq's threads and this one. Returns when all are gone. May be called from anywhere, and more than once.
    ///
    /// Actors on this reactor stay usable: what they still have to do runs on the threads that ask for it.
    @concurrent package func shutdown() async {
        isStopping.store(true, ordering: .releasing)
        wake.signal()
        await withCheckedContinuation { waiter in
            let isReached = end.withLock { end in
                if !end.isReached { end.waiters.append(waiter) }
                return end.isReached
            }
            if isReached { waiter.resume() }
        }
        // The thread has nothing left to do but return, so this does not hold up the cooperative pool.
        thread.join()
    }

    // MARK: SerialExecutor

    package func enqueue(_ job: consuming ExecutorJob) {
        jobs.append(UnownedJob(job), executor: asUnownedSerialExecutor()) { wake.signal() }
    }

    package func checkIsolated() { requireThread() }

    package func isIsolatingCurrentContext() -> Bool? { jobs.isRunner }

    /// Traps unless called on this reactor's thread: anything else is a data race.
    func requireThread() {
        precondition(jobs.isRunner, "endpoints and timers of reactor \(thread.name) belong on its own thread")
    }

    // MARK: Endpoints

    /// Whether endpoints may still be made.
    var isOpen: Bool { !isStopping.load(ordering: .acquiring) }

    /// A number no other channel of this reactor has.
    func nextChannelNumber() -> Int {
        channelNumber += 1
        return channelNumber
    }

    func add(_ channel: any Pollable) {
        requireThread()
        channels.append(channel)
    }

    func remove(_ channel: any Pollable) {
        requireThread()
        channels.removeAll { $0 === channel }
    }

    // MARK: Security

    /// Before any job runs here, hence before any socket.
    private func watchDoors() {
        guard case .curve(let keyring) = security else { return }
        let doorkeeper = Doorkeeper(context: context, keyring: keyring, onNews: onKeyNews)
        doorkeeper.onRevoked = { [unowned self] keys in
            for channel in channels { channel.revoked(keys) }
        }
        self.doorkeeper = doorkeeper
        followAllowList()
    }

    private func followAllowList() {
        doorkeeper?.follow()
        schedule(after: Self.allowListInterval, name: "next look at the allow list") { [unowned self] in
            followAllowList()
        }
    }

    // MARK: The loop

    private func run() {
        jobs.adopt()
        watchDoors()
        while isOpen {
            poll()
            jobs.runPresent(on: asUnownedSerialExecutor())
            fireTimers()
            serveChannels()
        }
        for channel in channels { channel.close() }
        doorkeeper?.close()
        jobs.finish(on: asUnownedSerialExecutor())
        // Their closures hold actors, which hold this reactor.
        timers = TimerQueue()
        context.terminate()
        let waiters = end.withLock { end in
            end.isReached = true
            defer { end.waiters = [] }
            return end.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits for a job, a socket or a timer.
    private func poll() {
        pollItems.removeAll(keepingCapacity: true)
        pollItems.append(zmq_pollitem_t(socket: nil, fd: wake.descriptor, events: Int16(ZMQ_POLLIN), revents: 0))
        if let doorkeeper {
            pollItems.append(zmq_pollitem_t(socket: doorkeeper.handle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
        }
        for channel in channels {
            let events = ZMQ_POLLIN | (channel.wantsToWrite ? ZMQ_POLLOUT : 0)
            pollItems.append(zmq_pollitem_t(socket: channel.socketHandle, fd: 0, events: Int16(events), revents: 0))
            pollItems.append(
                zmq_pollitem_t(socket: channel.monitorHandle, fd: 0, events: Int16(ZMQ_POLLIN), revents: 0))
        }
        let ready = zmq_poll(&pollItems, Int32(pollItems.count), pollTimeout())
        precondition(ready >= 0 || zmq_errno() == EINTR, "zmq_poll: \(zeroMQReason(zmq_errno()))")
        wake.clear()
    }

    /// Milliseconds to the next timer, rounded up; −1 without one.
    private func pollTimeout() -> Int {
        guard let due = timers.nextDue else { return -1 }
        return max(0, (due - .now).milliseconds)
    }

    private func fireTimers() {
        let now = ContinuousClock.now
        while let timer = timers.popDue(at: now) { timer.body() }
    }

    /// Every channel has its turn in each round, ready or not: asking costs less than keeping track of who was ready.
    private func serveChannels() {
        doorkeeper?.serve()
        for channel in channels { channel.serve() }
    }
}

/// What a timer does.
private struct ReactorTimer {
    /// Seen in a debugger or a core dump: what waits.
    let name: String
    let body: () -> Void
}

/// What the loop asks of an endpoint.
protocol Pollable: AnyObject {
    var socketHandle: UnsafeMutableRawPointer { get }
    var monitorHandle: UnsafeMutableRawPointer { get }
    /// Whether the loop should wake when the socket can send.
    var wantsToWrite: Bool { get }
    /// Handles what has arrived, within the limits of a round.
    func serve()
    /// Ends connections with the owners of keys that are allowed no more.
    func revoked(_ keys: Set<PublicKey>)
    func close()
}
