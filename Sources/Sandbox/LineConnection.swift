import CSandbox
import Glibc

/// A child process that is talked to in lines: what it reads and what it writes.
///
/// Owner: whoever started it; used by one thread at a time. Invariant: nothing waits beyond the deadline it is given; a line has
/// at most `maximumLineBytes`.
package final class LineConnection {
    /// What went wrong; the child is of no use afterwards, except after `.timeout`.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        case timeout
        case stopped
        case ended(ProcessEnd)
        case lineTooLong(Int)
        /// It wrote what is not a line of the protocol; whoever reads the lines finds that out.
        case misunderstood(String)
        case system(SystemError)

        package var description: String {
            switch self {
            case .timeout: "no answer in time"
            case .stopped: "stopped"
            case .ended(let end): "it ended with \(end)"
            case .lineTooLong(let limit): "it wrote a line of more than \(limit) bytes"
            case .misunderstood(let reason): reason
            case .system(let error): error.description
            }
        }
    }

    package static let maximumLineBytes = 1 << 20
    /// How long a wait may go on without asking whether it is to stop.
    private static let patienceMilliseconds = 100

    private let process: SpawnedProcess
    private let input: Descriptor
    private let output: Descriptor
    private var received: [UInt8] = []

    /// Starts a program, which dies with this process and whose standard error is that of this process.
    ///
    /// - Parameter command: the program, looked for in PATH, and its arguments.
    package init(command: [String], environment: [String: String]) throws(SystemError) {
        let (programInput, inputEnd) = try Descriptor.pipe()
        let (outputEnd, programOutput) = try Descriptor.pipe()
        try inputEnd.makeNonBlocking()
        try outputEnd.makeNonBlocking()
        (input, output) = (inputEnd, outputEnd)
        process = try SpawnedProcess(
            path: "/usr/bin/setpriv", arguments: ["--pdeathsig", "KILL", "--"] + command, environment: environment,
            descriptors: [programInput, programOutput, try .standardError()])
    }

    package var processID: Int32 { process.id }

    /// Writes a line; the line's end is added.
    package func send(
        _ line: [UInt8], deadline: ContinuousClock.Instant, isStopped: () -> Bool
    ) throws(Failure) {
        var rest = (line + [UInt8(ascii: "\n")])[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { csandbox_write(input.number, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                try wait(for: input, events: POLLOUT, deadline: deadline, isStopped: isStopped)
            } else if errno != EINTR {
                throw brokenConnection(.system(SystemError("write", errno)))
            }
        }
    }

    /// The next line without its end.
    package func receive(deadline: ContinuousClock.Instant, isStopped: () -> Bool) throws(Failure) -> [UInt8] {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                defer { received.removeSubrange(...end) }
                return Array(received[..<end])
            }
            guard received.count <= Self.maximumLineBytes else { throw .lineTooLong(Self.maximumLineBytes) }
            try wait(for: output, events: POLLIN, deadline: deadline, isStopped: isStopped)
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = read(output.number, &buffer, buffer.count)
            if count > 0 {
                received += buffer[..<count]
            } else if count == 0 {
                throw brokenConnection(.misunderstood("it closed its standard output"))
            } else if errno != EAGAIN && errno != EINTR {
                throw brokenConnection(.system(SystemError("read", errno)))
            }
        }
    }

    /// Ends the program and all that it started.
    package func kill() { process.killAll() }

    private func wait(
        for descriptor: Descriptor, events: Int32, deadline: ContinuousClock.Instant, isStopped: () -> Bool
    ) throws(Failure) {
        while true {
            if isStopped() { throw .stopped }
            // What is there already is taken, however late somebody comes for it.
            let left = max(0, (deadline - .now) / .milliseconds(1))
            var interest = pollfd(fd: descriptor.number, events: Int16(events), revents: 0)
            let milliseconds = Int32(min(left.rounded(.up), Double(Self.patienceMilliseconds)))
            if poll(&interest, 1, milliseconds) > 0 { return }
            guard left > 0 else { throw .timeout }
        }
    }

    /// What broke the connection: the program's end, if it has ended or is about to.
    private func brokenConnection(_ other: Failure) -> Failure {
        var interest = pollfd(fd: process.descriptor.number, events: Int16(POLLIN), revents: 0)
        poll(&interest, 1, 1_000)
        return process.endIfEnded().map(Failure.ended) ?? other
    }
}
