import Sandbox

extension CodeVerifier {
    /// The program in one sandbox, the asserts in another one.
    ///
    /// Only the asserts' side knows the token of this run, and only its output is read, so ending early, printing, or raising
    /// proves nothing.
    func judge(
        _ program: SandboxProgram, asserts: [String], of task: CodeTask, deadline: ContinuousClock.Instant
    ) -> Judgement {
        let token = String(UInt64.random(in: 0 ... .max), radix: 36) + String(UInt64.random(in: 0 ... .max), radix: 36)
        let questions = PayloadValue.object([
            "token": .string(token), "setup": .string(task.setup ?? ""), "asserts": .array(asserts.map { .string($0) }),
            "entry": task.entry.map { .array($0.map { .string($0) }) } ?? .null, "partial": .boolean(task.isPartial),
        ])
        var server = program
        server.command[server.command.count - 1] = Self.serverPath
        server.files.append(.init(path: Self.serverPath, contents: Array(PythonHarness.server.utf8)))
        server.limits = task.limits
        var client = program
        client.command[client.command.count - 1] = Self.clientPath
        client.files = [.init(path: Self.clientPath, contents: Array(PythonHarness.client.utf8))]
        client.input = questions.json
        client.limits = task.limits
        // It waits for the program, and is to outlive it.
        client.limits.seconds += 4
        let results = sandbox.run(client, companion: server, deadline: deadline)
        return judgement(tests: results.program, program: results.companion, token: token, of: task)
    }

    private static let serverPath = "/work/server.py"
    private static let clientPath = "/work/client.py"

    private func judgement(
        tests: SandboxResult, program: SandboxResult, token: String, of task: CodeTask
    ) -> Judgement {
        let count = task.asserts?.count ?? 0
        let fields = String(decoding: tests.output, as: UTF8.self).split(
            separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        if fields.count == 4, fields[0] == token, let passed = Int(fields[1]), (0...count).contains(passed) {
            if fields[2] == "malformed" { return Judgement(.unknown(.malformedTask), String(fields[3])) }
            // The program's own end explains more than that it is gone.
            if fields[2] == "passed", passed == count { return task.judgement(passed: count, of: count, failure: nil) }
            if let unknown = program.unknownReason { return unknown }
            let words = program.failure.map { "\(fields[3]): \($0)" } ?? String(fields[3])
            return task.judgement(passed: min(passed, count - 1), of: count, failure: words)
        }
        if let unknown = tests.unknownReason ?? program.unknownReason { return unknown }
        // Only what the program sent can have kept them from their verdict.
        let words = program.failure ?? tests.failure ?? "no verdict"
        return task.judgement(passed: 0, of: count, failure: "the asserts did not end: \(words)")
    }
}
