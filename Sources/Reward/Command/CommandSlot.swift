import FoundationEssentials
import Glibc
import Sandbox
import Synchronization

/// A place for one program of a pool: starts it, asks it, and starts another one when it hung or died.
///
/// Owner: the pool, which lends it to one thread at a time; that is why it may cross threads. Invariant: at most one program
/// lives; it has answered everything it was asked, or is killed.
final class CommandSlot: @unchecked Sendable {
    private let settings: CommandVerifier.Settings
    private let stop: StopFlag
    private var connection: LineConnection?
    private var isReady = false
    private var started = ContinuousClock.now
    private var restarts = RestartPolicy()
    /// Counts the questions of one program.
    private var nextID = 1

    /// Longest pause for which a request waits, rather than being sent to another verifier.
    private static let shortPause = Duration.seconds(1)

    init(_ settings: CommandVerifier.Settings, stop: StopFlag) {
        self.settings = settings
        self.stop = stop
    }

    func judge(_ request: VerificationRequest) -> Judgement {
        let now = ContinuousClock.now
        if connection == nil, let start = restarts.nextStart, start > now {
            guard start - now <= Self.shortPause, start < request.deadline else {
                return Judgement(.unknown(.overload), "it failed and is started again in \(start - now)")
            }
            stop.sleep(until: start)
        }
        do throws(LineConnection.Failure) {
            let connection = try readyConnection(deadline: request.deadline)
            return try ask(connection, request)
        } catch .timeout where !isReady && .now < started + settings.startTimeout {
            // It is still on its way, and not to blame.
            return Judgement(.unknown(.overload), "it is still starting")
        } catch {
            kill()
            restarts.failed(now: .now)
            return switch error {
            case .timeout: Judgement(.unknown(.timeout), "it did not answer in time and was killed")
            case .stopped: Judgement(.unknown(.overload), "the verifier is being stopped")
            default: Judgement(.unknown(.crash), error.description)
            }
        }
    }

    /// Ends the program; the next request starts another one.
    func kill() {
        connection?.kill()
        connection = nil
        isReady = false
    }

    private func readyConnection(deadline: ContinuousClock.Instant) throws(LineConnection.Failure) -> LineConnection {
        let connection = if let connection { connection } else { try start() }
        guard !isReady else { return connection }
        let end = min(deadline, started + settings.startTimeout)
        let line = try connection.receive(deadline: end) { stop.isSet }
        guard CommandMessages.isReady(line) else {
            throw .misunderstood("its first line is not {\"ready\": true}")
        }
        isReady = true
        return connection
    }

    private func start() throws(LineConnection.Failure) -> LineConnection {
        started = .now
        nextID = 1
        do throws(SystemError) {
            let fresh = try LineConnection(
                command: settings.command, environment: ProcessInfo.processInfo.environment)
            connection = fresh
            return fresh
        } catch {
            throw .system(error)
        }
    }

    private func ask(
        _ connection: LineConnection, _ request: VerificationRequest
    ) throws(LineConnection.Failure) -> Judgement {
        let seconds = max(0, (request.deadline - .now) / .seconds(1))
        let id = nextID
        guard let question = CommandMessages.question(request, id: id, seconds: seconds) else {
            return Judgement(.unknown(.malformedTask), "the payload is no JSON object")
        }
        nextID += 1
        try connection.send(question, deadline: request.deadline) { stop.isSet }
        let line = try connection.receive(deadline: request.deadline) { stop.isSet }
        let judgement: Judgement
        do throws(CommandMessages.Failure) {
            judgement = try CommandMessages.judgement(line, id: id)
        } catch {
            throw .misunderstood(error.description)
        }
        restarts.succeeded()
        return judgement
    }
}

/// Whether a verifier is being stopped, for all threads that wait on its behalf.
final class StopFlag: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .acquiring) }

    func set() { flag.store(true, ordering: .releasing) }

    /// Blocks the thread until then, or until the flag is set.
    func sleep(until end: ContinuousClock.Instant) {
        while !isSet, .now < end {
            // Without descriptors, poll is a pause.
            poll(nil, 0, Int32(min((end - .now) / .milliseconds(1), 50).rounded(.up)))
        }
    }
}
