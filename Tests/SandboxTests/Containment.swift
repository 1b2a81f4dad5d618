import Glibc
import Sandbox
import TestSupport
import Testing

/// Runs programs in the sandbox for tests, and looks for what is left of them.
enum Containment {
    static let python = "/usr/bin/python3"

    static let isPossible = access(python, X_OK) == 0 && (try? Sandbox()) != nil

    /// Small limits, so that running into them takes little time.
    static let limits = ResourceLimits(
        seconds: 1.5, memoryBytes: 256 << 20, processes: 24, diskBytes: 8 << 20, outputBytes: 100_000)

    /// Runs a Python program; afterwards no process of it may be left.
    static func run(
        _ script: String, input: [UInt8] = [], deadline: Duration = .seconds(60)
    ) async throws -> SandboxResult {
        let sandbox = try Sandbox()
        let name = "apus-test-\(UInt64.random(in: 0 ... .max))"
        var program = SandboxProgram(command: [python, "-c", script, name])
        program.input = input
        program.limits = limits
        let result = await run(program, in: sandbox, deadline: deadline)
        #expect(try HostProcesses.containing(name).isEmpty)
        return result
    }

    @BlockingThread static func run(
        _ program: SandboxProgram, in sandbox: Sandbox, deadline: Duration = .seconds(60)
    ) -> SandboxResult {
        sandbox.run(program, deadline: .now + deadline)
    }
}
