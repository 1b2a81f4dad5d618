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
        #expect(processes(named: name).isEmpty)
        return result
    }

    @BlockingThread static func run(
        _ program: SandboxProgram, in sandbox: Sandbox, deadline: Duration = .seconds(60)
    ) -> SandboxResult {
        sandbox.run(program, deadline: .now + deadline)
    }

    /// Processes of the host, zombies left out, with `name` among their arguments.
    private static func processes(named name: String) -> [String] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let id = withUnsafePointer(to: entry.pointee.d_name) {
                String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            guard Int(id) != nil, let file = fopen("/proc/\(id)/cmdline", "r") else { continue }
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 65_536)
            let count = fread(&bytes, 1, bytes.count, file)
            if String(decoding: bytes[..<count], as: UTF8.self).contains(name) { found.append(id) }
        }
        return found
    }
}
