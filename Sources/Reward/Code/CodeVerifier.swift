package import Sandbox

/// Runs the program in a response against tests, in a sandbox. Kind "code".
///
/// The program is the last fenced code block of the task's language; the payload is described in docs/verifiers.md. What is the
/// program's fault is wrong: no program, wrong output, an error, a limit passed. What is not is unknown: a sandbox that does not
/// start, a machine too busy, a deadline that comes before the limit, tests that make no sense.
///
/// What a program should print never enters its sandbox, and asserts run in another sandbox than the program, which answers
/// their calls with plain data; so there is nothing to read, to patch or to forge.
package final class CodeVerifier: BlockingVerifier {
    package static let kind = "code"
    package var kind: String { Self.kind }

    let sandbox: Sandbox
    /// Languages that run here, and with what.
    let toolchains: [CodeLanguage: CodeToolchain]

    package init(sandbox: Sandbox, toolchains: [CodeLanguage: CodeToolchain]) {
        self.sandbox = sandbox
        self.toolchains = toolchains
    }

    /// With what this machine has.
    ///
    /// - Throws: when programs cannot be contained here, or there is no language to run.
    package convenience init() throws(Sandbox.Unavailable) {
        self.init(sandbox: try Sandbox(), toolchains: CodeToolchain.available())
        if languages.isEmpty { throw Sandbox.Unavailable("there is neither /usr/bin/python3 nor swiftc in PATH") }
    }

    /// The languages that can be run, sorted.
    package var languages: [CodeLanguage] { CodeLanguage.allCases.filter { toolchains[$0] != nil } }

    package func stop() { sandbox.stop() }

    package func judge(_ request: VerificationRequest) -> Judgement {
        guard let task = CodeTask(request.task.payload) else {
            return Judgement(.unknown(.malformedTask), "the payload is not what kind code requires")
        }
        if let defect = task.defect { return Judgement(.unknown(.malformedTask), defect) }
        guard let language = CodeLanguage(rawValue: task.language), let toolchain = toolchains[language] else {
            return Judgement(
                .unknown(.unsupported), "programs in \(task.language) cannot be run here", isOffered: false)
        }
        guard let source = CodeBlocks.last(in: request.response, tags: language.tags) else {
            return Judgement(.wrong(score: 0), "no fenced code block with a program")
        }
        switch toolchain.build(source, in: sandbox, deadline: request.deadline) {
        case .failure(let failure): return failure.judgement
        case .success(let program):
            if let asserts = task.asserts {
                return judge(program, asserts: asserts, of: task, deadline: request.deadline)
            }
            return judge(program, tests: task.tests ?? [], of: task, deadline: request.deadline)
        }
    }

    /// One run for each test, so that no run leaves anything to the next.
    private func judge(
        _ program: SandboxProgram, tests: [CodeTask.Test], of task: CodeTask, deadline: ContinuousClock.Instant
    ) -> Judgement {
        var passed = 0
        var firstFailure: String?
        for (index, test) in tests.enumerated() {
            var program = program
            program.input = Array(test.input.utf8)
            program.limits = task.limits
            program.limits.outputBytes += test.output.utf8.count
            let result = sandbox.run(program, deadline: deadline)
            if let unknown = result.unknownReason { return unknown }
            let failure =
                result.failure ?? (task.comparison?.matches(result.output, test.output) == true ? nil : "wrong output")
            if let failure {
                firstFailure = firstFailure ?? "test \(index + 1) of \(tests.count): \(failure)"
                if !task.isPartial { break }
            } else {
                passed += 1
            }
        }
        return task.judgement(passed: passed, of: tests.count, failure: firstFailure)
    }
}

extension CodeTask {
    func judgement(passed: Int, of count: Int, failure: String?) -> Judgement {
        if passed == count { return Judgement(.correct(score: 1)) }
        let share = isPartial ? Double(passed) / Double(count) : 0
        return Judgement(.wrong(score: share), failure ?? "")
    }
}

extension SandboxResult {
    /// The judgement if nothing can be held against the program.
    var unknownReason: Judgement? {
        switch end {
        case .notStarted(let reason): Judgement(.unknown(.crash), "the sandbox failed: \(reason)")
        case .killed(.overload): Judgement(.unknown(.overload), "the machine was too busy to let the program run")
        case .killed(.deadline): Judgement(.unknown(.timeout), "the deadline came before the program's own limit")
        case .killed(.stopped): Judgement(.unknown(.overload), "the verifier is being stopped")
        default: nil
        }
    }

    /// What the program did wrong, apart from what it wrote; nil if nothing.
    var failure: String? {
        switch end {
        case .exited(0), .killed(.unneeded): nil
        case .exited(let status): "it ended with status \(status)"
        case .killed(let excess): "it passed its limit of \(excess)"
        case .notStarted(let reason): reason
        }
    }
}
