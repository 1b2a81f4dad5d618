import CSandbox
import Glibc
import Synchronization

/// Runs programs that nobody trusts, each in namespaces of its own, made by bubblewrap.
///
/// A program has: no network; a file system of its own with the host's /usr to read, its own files, and two writable places of
/// limited size; the kernel's limits (`ResourceLimits`); a filter of system calls; no new privileges; a clock that ends it with
/// all its processes. Calls block, so they belong on threads of their own.
/// Owner: a verifier. Invariant: when `run` returns, no process of the program is left, whatever it did.
package final class Sandbox: Sendable {
    /// Why no sandbox can be had here, in one line.
    package struct Unavailable: Error, Equatable, CustomStringConvertible {
        package let description: String

        package init(_ description: String) { self.description = description }
    }

    /// Who programs are on the host when this process is root: RLIMIT_NPROC does not bind root.
    static let unprivilegedUser = 65_534

    let filter: [UInt8]
    let bubblewrap: String
    private let isStopped = Atomic(false)

    /// Makes sure that a program can be contained here, by running one.
    package init(bubblewrap: String = "/usr/bin/bwrap") throws(Unavailable) {
        for tool in [bubblewrap, "/usr/bin/prlimit", "/usr/bin/setpriv"] where access(tool, X_OK) != 0 {
            throw Unavailable("\(tool) is missing; install bubblewrap and util-linux (Ops/setup.sh)")
        }
        self.bubblewrap = bubblewrap
        do {
            filter = try Self.makeFilter()
        } catch {
            throw Unavailable("no filter of system calls: \(error)")
        }
        let result = run(SandboxProgram(command: ["/usr/bin/true"]), deadline: .now + .seconds(20))
        guard result.hasSucceeded else {
            let words = String(decoding: result.errorOutput, as: UTF8.self).split(separator: "\n").last ?? ""
            throw Unavailable(
                "bubblewrap cannot contain a program on this machine (\(result.end)) \(words); "
                    + "it needs unprivileged user namespaces, see kernel.unprivileged_userns_clone and user.max_user_namespaces"
            )
        }
    }

    /// Runs one program to its end.
    package func run(_ program: SandboxProgram, deadline: ContinuousClock.Instant) -> SandboxResult {
        run([program], deadline: deadline)[0]
    }

    /// Runs a program and its companion beside it, connected by their descriptors 3.
    package func run(
        _ program: SandboxProgram, companion: SandboxProgram, deadline: ContinuousClock.Instant
    ) -> (program: SandboxResult, companion: SandboxResult) {
        var companion = companion
        companion.isCompanion = true
        let results = run([program, companion], isConnected: true, deadline: deadline)
        return (results[0], results[1])
    }

    private func run(
        _ programs: [SandboxProgram], isConnected: Bool = false, deadline: ContinuousClock.Instant
    ) -> [SandboxResult] {
        let runs: [ProgramRun]
        do throws(SystemError) {
            runs = try start(programs, isConnected: isConnected, deadline: deadline)
        } catch {
            return programs.map { _ in SandboxResult(end: .notStarted(error.description)) }
        }
        while runs.contains(where: { !$0.isOver }) {
            let isStopping = isStopped.load(ordering: .acquiring)
            let isServed = runs.contains { !$0.isOver && !$0.isCompanion }
            for run in runs {
                let order: ResourceWatch.Excess? = run.isCompanion && !isServed ? .unneeded : nil
                run.advance(now: .now, order: isStopping ? .stopped : order)
            }
            Self.wait(for: runs.flatMap(\.interests))
        }
        return runs.map(\.result)
    }

    /// The connection's ends are held by the programs alone afterwards, so that each notices the other's end.
    private func start(
        _ programs: [SandboxProgram], isConnected: Bool, deadline: ContinuousClock.Instant
    ) throws(SystemError) -> [ProgramRun] {
        var ends: [Descriptor?] = programs.map { _ in nil }
        if isConnected {
            let (one, other) = try Descriptor.connection()
            ends = [one, other]
        }
        return zip(programs, ends).map { ProgramRun($0, in: self, connection: $1, deadline: deadline) }
    }

    /// Ends what runs and whatever comes later.
    package func stop() { isStopped.store(true, ordering: .releasing) }

    /// Waits until something can be read or written, but never longer than the watch over resources may sleep.
    private static func wait(for interests: [pollfd]) {
        guard !interests.isEmpty else { return }
        var interests = interests
        poll(&interests, nfds_t(interests.count), 10)
    }

    private static func makeFilter() throws(SystemError) -> [UInt8] {
        let file = try Descriptor.file(holding: [], name: "apus-filter")
        // Its number keeps the file open only as long as the object lives.
        defer { withExtendedLifetime(file) {} }
        let code = csandbox_write_filter(file.number)
        guard code == 0 else { throw SystemError("libseccomp", code) }
        let size = Int(lseek(file.number, 0, SEEK_END))
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = max(0, pread(file.number, buffer.baseAddress, size, 0))
        }
    }
}
