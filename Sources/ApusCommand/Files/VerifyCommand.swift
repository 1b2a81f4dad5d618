import ArgumentParser
import Glibc
import Model
import Reward
import Sandbox

/// `apus verify`: verdicts without a cluster.
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Judge responses as the reward-verifier does.",
        discussion: """
            Reads {"response": "…", "payload": {…}} lines and prints for each {"verdict": "correct", "score": 1}, \
            {"verdict": "wrong", "score": 0} or {"verdict": "unknown", "reason": "…"}. Kinds: \
            \(VerifierRegistry.standard.kinds.joined(separator: ", ")); code, and command:NAME with --command. A payload is what the kind requires, e.g. \
            {"numbers": [3, 5, 8], "target": 29} for countdown and {"answer": "42"} for exact and math. For those two, \
            {"prediction": "…", "gold": "…"} says the same in short. "-" stands for standard input.

            EXAMPLES
              echo '{"response": "8*3+5", "payload": {"numbers": [3, 5, 8], "target": 29}}' > cases.jsonl
              apus verify --kind countdown --in cases.jsonl
              echo '{"prediction": "So it is \\\\boxed{\\\\frac12}.", "gold": "0.5"}' | apus verify --kind math --in -
            """)

    @Option(help: "Kind of the tasks.")
    var kind: String

    @Option(name: .customLong("in"), help: ArgumentHelp("Lines to read.", valueName: "cases.jsonl"))
    var input: String

    @Option(
        name: .customLong("out"),
        help: ArgumentHelp("Where to write the verdicts; standard output otherwise.", valueName: "verdicts.jsonl"))
    var output: String?

    @Option(
        help: ArgumentHelp(
            "A program that judges kind command:NAME (docs/verifiers.md).", valueName: "NAME=PROGRAM ARGUMENT…"))
    var command: String?

    @Option(help: "Threads that judge.")
    var threads = 1

    func validate() throws {
        guard (1...1_024).contains(threads) else {
            throw ValidationError("--threads is \(threads); it must be 1 to 1024")
        }
    }

    func run() throws {
        let registry = try registry()
        defer { registry.stop() }
        guard registry.kinds.contains(kind) else {
            let kinds = registry.kinds.joined(separator: ", ")
            throw CommandFailure(
                "there is no verifier of kind \"\(kind)\"; kinds: \(kinds), code, and command:NAME with --command NAME=…"
            )
        }
        let judge = CaseJudge(kind: kind, path: input, registry: registry)
        let reader = try LineReader(input)
        let descriptor = try output.map { path in
            let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else { throw FileError(operation: "write", path: path) }
            return descriptor
        }
        defer { if let descriptor { close(descriptor) } }
        while let lines = try reader.next() {
            let (text, failure) = judge.verdicts(on: lines, threads: threads)
            try write(text, to: descriptor ?? STDOUT_FILENO)
            if let failure { throw failure }
        }
    }

    /// The verifiers built in, and the one that is asked for and needs child processes.
    private func registry() throws -> VerifierRegistry {
        var blocking: [any BlockingVerifier] = []
        if kind == CodeVerifier.kind {
            do throws(Sandbox.Unavailable) {
                blocking.append(try CodeVerifier())
            } catch {
                throw CommandFailure("kind code cannot be judged here: \(error)")
            }
        }
        if let command {
            guard var settings = CommandVerifier.Settings(command) else {
                throw CommandFailure("--command '\(command)': give NAME=PROGRAM, the name of letters, digits and ._-")
            }
            settings.count = threads
            blocking.append(CommandVerifier(settings))
        }
        return VerifierRegistry.standard.adding(blocking)
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        var position = 0
        while position < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + position }, bytes.count - position)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileError(operation: "write", path: output ?? "standard output") }
            position += count
        }
    }
}
