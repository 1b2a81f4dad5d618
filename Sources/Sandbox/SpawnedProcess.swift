import CSandbox
import Glibc

/// A program that this process started, in a session and process group of its own.
///
/// Owner: whoever started it, on one thread; nobody else waits for it. Invariant: signals go to it only until its end has been
/// collected, so never to another process that got its number.
package final class SpawnedProcess {
    package let id: Int32
    /// Readable when the process has ended.
    package let descriptor: Descriptor
    private var end: ProcessEnd?

    /// - Parameters:
    ///   - path: the program, found without PATH.
    ///   - descriptors: what the program has as its descriptors 0, 1, 2, …; nil is /dev/null. It has no other ones.
    package init(
        path: String, arguments: [String], environment: [String: String], descriptors: [Descriptor?]
    ) throws(SystemError) {
        var argumentPointers = ([path] + arguments).map { strdup($0) } + [nil]
        var environmentPointers = environment.sorted { $0.key < $1.key }.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        let numbers = descriptors.map { $0?.number ?? -1 }
        // Numbers keep nothing open: without this, one that only the array owns is closed before it is handed on.
        let (process, code) = withExtendedLifetime(descriptors) {
            OrphanCollection.start {
                var process = pid_t()
                let code = csandbox_spawn(
                    &process, path, &argumentPointers, &environmentPointers, numbers, Int32(numbers.count))
                return (process, code)
            }
        }
        guard code == 0 else { throw SystemError("start \(path)", code) }
        id = process
        let number = csandbox_pidfd_open(process)
        guard number >= 0 else {
            let code = errno
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
            OrphanCollection.forget(process)
            throw SystemError("pidfd_open", code)
        }
        descriptor = Descriptor(number)
    }

    /// How it ended, or nil while it runs.
    package func endIfEnded() -> ProcessEnd? { collect(WNOHANG) }

    /// Kills its process group and everything that descends from it, and waits for the end of each.
    ///
    /// A descendant that left the group is found as long as its line of parents lives.
    package func killAll() {
        guard end == nil else { return }
        // Stopped processes can start no more while the tree is read.
        kill(-id, SIGSTOP)
        // By descriptor, since whoever is their parent by then may collect them, and a number may be used again.
        let descendants = ProcessTree.descendants(of: id).map(csandbox_pidfd_open).filter { $0 >= 0 }.map(
            Descriptor.init)
        kill(-id, SIGKILL)
        kill(id, SIGKILL)
        for descendant in descendants { _ = csandbox_pidfd_signal(descendant.number, SIGKILL) }
        _ = collect(0)
        let deadline = ContinuousClock.now + Self.endOfKilled
        for descendant in descendants { Self.waitForEnd(of: descendant, until: deadline) }
    }

    /// A killed process is gone at once unless the kernel holds it, as with a disk that does not answer; then it goes later.
    private static let endOfKilled = Duration.seconds(5)

    private static func waitForEnd(of process: Descriptor, until deadline: ContinuousClock.Instant) {
        var interest = pollfd(fd: process.number, events: Int16(POLLIN), revents: 0)
        var left = deadline - .now
        while left > .zero, poll(&interest, 1, Int32(left / .milliseconds(1)) + 1) < 0, errno == EINTR {
            left = deadline - .now
        }
    }

    private func collect(_ options: Int32) -> ProcessEnd? {
        if let end { return end }
        var status: Int32 = 0
        var usage = rusage()
        var result: pid_t
        repeat { result = wait4(id, &status, options, &usage) } while result < 0 && errno == EINTR
        guard result != 0 else { return nil }
        // Only an error of ours could make it nobody's child; then nothing is known but that it is gone.
        end = result == id ? ProcessEnd(waitStatus: status) : .exited(-1)
        OrphanCollection.forget(id)
        return end
    }

    deinit { killAll() }
}

/// How a process ended.
package enum ProcessEnd: Sendable, Equatable, CustomStringConvertible {
    case exited(Int32)
    case signalled(Int32)

    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7F
        self = signal == 0 ? .exited((waitStatus >> 8) & 0xFF) : .signalled(signal)
    }

    package var description: String {
        switch self {
        case .exited(let status): "exit status \(status)"
        case .signalled(let signal): "signal \(signal) (\(String(cString: strsignal(signal))))"
        }
    }
}
