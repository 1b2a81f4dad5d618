import Testing

/// Help and exit codes.
@Suite struct UsageTests {
    private static let commands = [
        "cold-start", "evaluate", "generate", "inspect", "tokenize", "verify", "logprobs", "gradients", "throughput",
        "follow", "chat", "import", "export", "keys", "tasks", "trace", "replay", "audit",
    ]

    @Test(arguments: commands)
    func everyCommandExplainsItself(command: String) async throws {
        let run = try await Tool.run("help", command)
        #expect(run.status == 0 && run.output.contains("USAGE: apus \(command)"))
        #expect(run.output.contains("EXAMPLE") && run.output.contains("  apus \(command)"))
        #expect(try await Tool.run(command, "--help").output == run.output)
    }

    @Test func theRootListsEveryCommand() async throws {
        let run = try await Tool.run("--help")
        #expect(run.status == 0)
        for command in Self.commands + ["bench"] { #expect(run.output.contains("  \(command) "), "\(command)") }
    }

    @Test func wrongUsageHasItsOwnCode() async throws {
        for arguments in [["evaluat"], ["evaluate"], ["generate", "--model", "x", "--prompt", "a", "--no"]] {
            let run = try await Tool.run(arguments)
            #expect(run.status == 64 && run.errors.hasPrefix("Error: ") && run.output.isEmpty, "\(arguments)")
        }
    }
}
