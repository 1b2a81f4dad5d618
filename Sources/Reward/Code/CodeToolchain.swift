import Glibc
import Sandbox

/// How programs of one language are run.
package enum CodeToolchain: Sendable, Equatable {
    /// The interpreter's path, below /usr.
    case python(String)
    /// The directory that holds bin/swiftc.
    case swift(String)

    /// A program that cannot be run.
    struct Failure: Error { let judgement: Judgement }

    /// What of this machine can be used in a sandbox.
    package static func available() -> [CodeLanguage: CodeToolchain] {
        var found: [CodeLanguage: CodeToolchain] = [:]
        if access("/usr/bin/python3", X_OK) == 0 { found[.python] = .python("/usr/bin/python3") }
        if let directory = swiftDirectory() { found[.swift] = .swift(directory) }
        return found
    }

    /// The program in its sandbox, compiled if need be.
    func build(
        _ source: String, in sandbox: Sandbox, deadline: ContinuousClock.Instant
    ) -> Result<SandboxProgram, Failure> {
        switch self {
        case .python(let interpreter):
            var program = SandboxProgram(command: [interpreter, "-s", "-B", Self.pythonPath])
            program.files = [.init(path: Self.pythonPath, contents: Array(source.utf8))]
            program.environment = Self.pythonEnvironment
            return .success(program)
        case .swift(let directory):
            return Self.compile(source, toolchain: directory, in: sandbox, deadline: deadline)
        }
    }

    static let pythonPath = "/work/program.py"
    /// The same order of sets in every run; libraries that start no threads for each processor of a large machine.
    static let pythonEnvironment = [
        "PYTHONHASHSEED": "0", "PYTHONIOENCODING": "utf-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
    ]

    private static let mount = "/toolchain/usr"

    /// What the compiler may use; what it takes is the program's fault, too.
    private static let compilerLimits = ResourceLimits(
        seconds: 40, memoryBytes: 3 << 30, processes: 128, diskBytes: 256 << 20, outputBytes: 64 << 20, openFiles: 512)

    /// Compiles in a sandbox of its own, whose standard output is the program.
    private static func compile(
        _ source: String, toolchain: String, in sandbox: Sandbox, deadline: ContinuousClock.Instant
    ) -> Result<SandboxProgram, Failure> {
        let script = "\(mount)/bin/swiftc -O -o /tmp/program /work/main.swift 1>&2 && exec cat /tmp/program"
        var compiler = SandboxProgram(command: ["/bin/sh", "-c", script])
        compiler.files = [.init(path: "/work/main.swift", contents: Array(source.utf8))]
        compiler.mounts = [.init(source: toolchain, target: mount)]
        compiler.limits = compilerLimits
        let result = sandbox.run(compiler, deadline: deadline)
        if let unknown = result.unknownReason { return .failure(Failure(judgement: unknown)) }
        guard result.hasSucceeded else {
            let words = String(decoding: result.errorOutput, as: UTF8.self).split(separator: "\n")
            let line = words.first { $0.contains("error:") } ?? words.last ?? ""
            return .failure(
                Failure(
                    judgement: Judgement(.wrong(score: 0), "it does not compile: \(line) (\(result.failure ?? ""))")))
        }
        var program = SandboxProgram(command: ["/program"])
        program.files = [.init(path: "/program", contents: result.output, isExecutable: true)]
        program.mounts = compiler.mounts
        program.environment = ["LD_LIBRARY_PATH": "\(mount)/lib/swift/linux"]
        return .success(program)
    }

    /// The directory above the `bin` in which PATH has swiftc, links followed.
    private static func swiftDirectory() -> String? {
        guard let path = getenv("PATH") else { return nil }
        for directory in String(cString: path).split(separator: ":") {
            guard let resolved = realpath("\(directory)/swiftc", nil) else { continue }
            defer { free(resolved) }
            let parts = String(cString: resolved).split(separator: "/").dropLast()
            if parts.last == "bin" { return "/" + parts.dropLast().joined(separator: "/") }
        }
        return nil
    }
}
