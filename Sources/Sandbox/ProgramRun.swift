import CSandbox
import Glibc

/// One program in its sandbox, from its start until nothing of it is left.
///
/// Owner: `Sandbox.run`, on one thread, which calls `advance` whenever one of `interests` is ready and at least every few
/// milliseconds. Invariant: `isOver` only when the sandbox's first process has ended; the kernel ends all others of a process
/// namespace before that one.
final class ProgramRun {
    private enum State {
        case running
        /// Killed or ended; its processes are on their way out.
        case ending
        case over
    }

    private static let errorOutputBytes = 16_384
    /// What one `advance` reads of one stream, so that no program keeps the others waiting.
    private static let readBytes = 65_536
    private static let samplePause = Duration.milliseconds(5)

    private(set) var result: SandboxResult
    private var state = State.running
    private let watch: ResourceWatch
    private var input: OutgoingBytes?
    private var output: IncomingBytes?
    private var errorOutput: IncomingBytes?
    private var status: IncomingBytes?
    private var monitor: SpawnedProcess?
    /// The sandbox's first process, once bubblewrap has named it.
    private var first: Descriptor?
    private var excess: ResourceWatch.Excess?
    private var usage = ResourceUsage()
    private var nextSample = ContinuousClock.now

    let isCompanion: Bool

    init(
        _ program: SandboxProgram, in sandbox: Sandbox, connection: Descriptor?, deadline: ContinuousClock.Instant
    ) {
        isCompanion = program.isCompanion
        result = SandboxResult(end: .notStarted("it was not tried"))
        watch = ResourceWatch(limits: program.limits, start: .now, deadline: deadline)
        do throws(SystemError) {
            try start(program, in: sandbox, connection: connection)
        } catch {
            result.end = .notStarted(error.description)
            state = .over
        }
    }

    private func start(
        _ program: SandboxProgram, in sandbox: Sandbox, connection: Descriptor?
    ) throws(SystemError) {
        let (programInput, inputEnd) = try Descriptor.pipe()
        let (outputEnd, programOutput) = try Descriptor.pipe()
        let (errorEnd, programError) = try Descriptor.pipe()
        let (statusEnd, statusWriting) = try Descriptor.pipe()
        let command = try SandboxCommand(program, in: sandbox, connection: connection, status: statusWriting)
        input = try OutgoingBytes(program.input, to: inputEnd)
        output = try IncomingBytes(outputEnd, limit: program.limits.outputBytes + 1)
        errorOutput = try IncomingBytes(errorEnd, limit: Self.errorOutputBytes)
        status = try IncomingBytes(statusEnd, limit: 4_096)
        monitor = try SpawnedProcess(
            path: command.arguments[0], arguments: Array(command.arguments.dropFirst()), environment: [:],
            descriptors: [programInput, programOutput, programError] + command.descriptors)
    }

    var isOver: Bool { state == .over }

    /// What to wait for.
    var interests: [pollfd] {
        guard !isOver else { return [] }
        var interests = [output, errorOutput, status].compactMap { $0?.interest }
        if let interest = input?.interest { interests.append(interest) }
        if let monitor, state == .running {
            interests.append(pollfd(fd: monitor.descriptor.number, events: Int16(POLLIN), revents: 0))
        }
        if let first, state == .ending {
            interests.append(pollfd(fd: first.number, events: Int16(POLLIN), revents: 0))
        }
        return interests
    }

    /// Moves bytes, looks at the clock and at the use of resources, and notices the end.
    /// - Parameter order: a reason to end the program that lies outside of it.
    func advance(now: ContinuousClock.Instant, order: ResourceWatch.Excess?) {
        guard !isOver else { return }
        input?.advance()
        for stream in [output, errorOutput, status] { stream?.advance(most: Self.readBytes) }
        findFirstProcess()
        if state == .running {
            supervise(now: now, order: order)
            if state == .running, monitor?.endIfEnded() != nil { state = .ending }
        }
        guard state == .ending else { return }
        // The process may have been named at the very end.
        status?.advance(most: Self.readBytes)
        findFirstProcess()
        if isGone { finish() }
    }

    private func supervise(now: ContinuousClock.Instant, order: ResourceWatch.Excess?) {
        guard let monitor else { return }
        // A program that writes all the time shall not make this process read /proc all the time.
        if now >= nextSample {
            nextSample = now + Self.samplePause
            usage = ProcessTree.usage(of: monitor.id)
            result.usage.processorSeconds = max(result.usage.processorSeconds, usage.processorSeconds)
            result.usage.memoryBytes = max(result.usage.memoryBytes, usage.memoryBytes)
            result.usage.waitedForProcessorSeconds = usage.waitedForProcessorSeconds
        }
        excess = order ?? watch.excess(of: usage, outputBytes: output?.bytes.count ?? 0, now: now)
        if excess != nil { kill() }
    }

    private func kill() {
        if let first { _ = csandbox_pidfd_signal(first.number, SIGKILL) }
        monitor?.killAll()
        state = .ending
    }

    /// bubblewrap says {"child-pid": N before it lets that process go on.
    private func findFirstProcess() {
        guard first == nil, let id = statusNumber("child-pid") else { return }
        let descriptor = csandbox_pidfd_open(pid_t(id))
        // It can be gone already, and then nothing of it is left.
        if descriptor >= 0 { first = Descriptor(descriptor) }
    }

    private var isGone: Bool {
        guard let first else { return true }
        var interest = pollfd(fd: first.number, events: Int16(POLLIN), revents: 0)
        guard poll(&interest, 1, 0) > 0 else {
            // The monitor's end kills it; this only makes sure.
            _ = csandbox_pidfd_signal(first.number, SIGKILL)
            return false
        }
        return true
    }

    private func finish() {
        // All writers are gone: what is left in the pipes is all there will be.
        for stream in [output, errorOutput, status] { stream?.advance(most: Self.readBytes * 16) }
        result.output = output?.bytes ?? []
        result.errorOutput = errorOutput?.bytes ?? []
        if let excess {
            result.end = .killed(excess)
        } else if let code = statusNumber("exit-code") {
            result.end = watch.isOutputExcess(result.output.count) ? .killed(.output) : .exited(Int32(code))
        } else {
            let words = String(decoding: result.errorOutput.suffix(256), as: UTF8.self)
            result.end = .notStarted("bubblewrap: \(monitor?.endIfEnded()?.description ?? "") \(words)")
        }
        (input, output, errorOutput, status, monitor, first) = (nil, nil, nil, nil, nil, nil)
        state = .over
    }

    /// The number after `"name": ` in bubblewrap's status.
    private func statusNumber(_ name: String) -> Int? {
        guard let bytes = status?.bytes, !bytes.isEmpty else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let range = text.firstRange(of: "\"\(name)\": ") else { return nil }
        let digits = text[range.upperBound...].prefix { $0.isNumber }
        // Without what follows it the number may not be complete.
        return range.upperBound < text.endIndex && digits.endIndex < text.endIndex ? Int(digits) : nil
    }
}
