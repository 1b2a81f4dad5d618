import Execution
import Glibc
import Reward
import TestSupport
import Testing

/// A second thread that waits for verdicts.
private actor OtherThread {
    private let executor = ThreadExecutor(name: "other-judge")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func judge(_ response: String, by verifier: CommandVerifier, within deadline: Duration) -> Judgement {
        verifier.judge(
            VerificationRequest(
                prompt: "", response: response, task: .init(kind: "command:test", payload: Array("{}".utf8)),
                deadline: .now + deadline))
    }
}

/// Programs that judge, and how each way of failing ends.
@Suite struct CommandVerifierTests {
    /// Judges by the response: "2" is right, "hang" never answers, "die" ends, and so on. `$n` counts the questions.
    static let script = #"""
        echo '{"ready": true}'
        n=0
        while read -r line; do
            n=$((n + 1))
            case $line in
                *'"response":"2"'*) echo "{\"id\": $n, \"verdict\": \"correct\"}" ;;
                *'"response":"half"'*) echo "{\"id\": $n, \"verdict\": \"wrong\", \"score\": 0.5, \"reason\": \"half right\"}" ;;
                *'"response":"odd"'*) echo "{\"id\": $n, \"verdict\": \"unknown\", \"reason\": \"malformed_task: odd\"}" ;;
                *'"response":"hang"'*) sleep 1000 ;;
                *'"response":"die"'*) exit 3 ;;
                *'"response":"kill"'*) kill -9 $$ ;;
                *'"response":"other"'*) echo "{\"id\": 99, \"verdict\": \"correct\"}" ;;
                *'"response":"noise"'*) echo "Traceback" ;;
                *'"response":"long"'*) head -c 3000000 /dev/zero | tr '\0' 'x' ;;
                *'"response":"close"'*) exec >&-; sleep 1000 ;;
                *'"response":"score"'*) echo "{\"id\": $n, \"verdict\": \"correct\", \"score\": \"high\"}" ;;
                *'"response":"task"'*'"task":{"a":1}'*) echo "{\"id\": $n, \"verdict\": \"correct\", \"score\": 7}" ;;
                *) echo "{\"id\": $n, \"verdict\": \"wrong\"}" ;;
            esac
        done
        """#

    private func verifier(_ script: String = script, count: Int = 1) -> CommandVerifier {
        var settings = CommandVerifier.Settings(name: "test", command: ["sh", "-c", script])
        settings.count = count
        return CommandVerifier(settings)
    }

    @BlockingThread private func judge(
        _ response: String, by verifier: CommandVerifier, payload: String = "{}",
        within deadline: Duration = .seconds(60)
    ) -> Judgement {
        verifier.judge(
            VerificationRequest(
                prompt: "1 + 1", response: response, task: .init(kind: "command:test", payload: Array(payload.utf8)),
                deadline: .now + deadline))
    }

    @Test func answersBecomeVerdicts() async {
        let verifier = verifier()
        defer { verifier.stop() }
        #expect(await judge("2", by: verifier) == Judgement(.correct(score: 1)))
        #expect(await judge("3", by: verifier) == Judgement(.wrong(score: 0)))
        #expect(await judge("half", by: verifier) == Judgement(.wrong(score: 0.5), "half right"))
        #expect(await judge("odd", by: verifier) == Judgement(.unknown(.malformedTask), "malformed_task: odd"))
        #expect(await judge("task", by: verifier, payload: "{\n \"a\":\r\n 1}") == Judgement(.correct(score: 7)))
        #expect(await judge("2", by: verifier, payload: "[]").verdict == .unknown(.malformedTask))
    }

    @Test(arguments: [
        ("die", "it ended with exit status 3"), ("kill", "it ended with signal 9 (Killed)"),
        ("other", "its answer is not to question 1: {\"id\": 99, \"verdict\": \"correct\"}"),
        ("noise", "its answer is no JSON object: Traceback"), ("long", "it wrote a line of more than 1048576 bytes"),
        ("close", "it closed its standard output"),
        ("score", "its score is no number: {\"id\": 1, \"verdict\": \"correct\", \"score\": \"high\"}"),
    ])
    func aFailureCostsOneRequestOnly(_ response: String, _ reason: String) async {
        let verifier = verifier()
        defer { verifier.stop() }
        let failure = await judge(response, by: verifier)
        #expect(failure == Judgement(.unknown(.crash), reason))
        let next = await judge("2", by: verifier)
        #expect(next == Judgement(.correct(score: 1)))
    }

    @Test func oneThatHangsIsKilledAndReplaced() async {
        let verifier = verifier()
        defer { verifier.stop() }
        // It is up, so what follows is not its start.
        #expect(await judge("2", by: verifier) == Judgement(.correct(score: 1)))
        let judgement = await judge("hang", by: verifier, within: .milliseconds(200))
        #expect(judgement == Judgement(.unknown(.timeout), "it did not answer in time and was killed"))
        #expect(await judge("2", by: verifier) == Judgement(.correct(score: 1)))
    }

    @Test func oneThatIsStillStartingIsNotKilled() async {
        let slow = verifier("sleep 0.5; \(Self.script)")
        defer { slow.stop() }
        #expect(
            await judge("2", by: slow, within: .milliseconds(50))
                == Judgement(.unknown(.overload), "it is still starting"))
        #expect(await judge("2", by: slow) == Judgement(.correct(score: 1)))
    }

    @Test func oneThatNeverStartsIsACrashAndThenLeftAlone() async {
        let missing = CommandVerifier(.init(name: "test", command: ["/does/not/exist"]))
        defer { missing.stop() }
        // The pauses grow beyond what a request waits for; then others are asked.
        var verdicts: [Verdict] = []
        while verdicts.last != .unknown(.overload), verdicts.count < 20 {
            verdicts.append(await judge("2", by: missing).verdict)
        }
        #expect(verdicts.count > 2 && verdicts.last == .unknown(.overload))
        #expect(verdicts.dropLast().allSatisfy { $0 == .unknown(.crash) })
        let rude = verifier("echo hello; sleep 1000")
        defer { rude.stop() }
        #expect(await judge("2", by: rude) == Judgement(.unknown(.crash), "its first line is not {\"ready\": true}"))
    }

    @Test func aPoolThatIsBusySaysSoAndStoppingFreesIt() async throws {
        let name = "apus-busy-\(UInt64.random(in: 0 ... .max))"
        let verifier = verifier(
            Self.script.replacing("hang\"'*) sleep 1000", with: "hang\"'*) sh -c 'sleep 1000; : \(name)'"))
        let other = OtherThread()
        async let busy = other.judge("hang", by: verifier, within: .seconds(600))
        let end = ContinuousClock.now + .seconds(60)
        // The script's own text holds the name, too; the second process is the one that hangs.
        while try HostProcesses.containing(name).count < 2, .now < end { await Task.yield() }
        let judgement = await judge("2", by: verifier, within: .milliseconds(20))
        #expect(judgement == Judgement(.unknown(.overload), "all 1 programs are busy"))
        verifier.stop()
        #expect(await busy == Judgement(.unknown(.overload), "the verifier is being stopped"))
        #expect(try HostProcesses.containing(name).isEmpty)
    }

    @Test func stoppingLeavesNoProcessEvenOfThoseThatLeftTheGroup() async throws {
        let name = "apus-stray-\(getpid())"
        let verifier = verifier("setsid sh -c 'sleep 1000; : \(name)' & \(Self.script)")
        #expect(await judge("2", by: verifier) == Judgement(.correct(score: 1)))
        #expect(try HostProcesses.containing(name).count > 0)
        verifier.stop()
        #expect(try HostProcesses.containing(name).isEmpty)
        #expect(await judge("2", by: verifier).verdict == .unknown(.overload))
    }

    @Test func settingsAreRead() {
        let settings = CommandVerifier.Settings("mine=/opt/judge --fast 1")
        #expect(settings?.name == "mine" && settings?.command == ["/opt/judge", "--fast", "1"])
        for text in ["", "mine", "=x", "mine=", "mi ne=x", "mine= ", "ä=x"] {
            #expect(CommandVerifier.Settings(text) == nil, "\(text)")
        }
    }

    @Test func pausesDoubleUntilAVerdict() {
        var policy = RestartPolicy()
        let now = ContinuousClock.now
        var pauses: [Duration] = []
        for _ in 0..<12 {
            policy.failed(now: now)
            pauses.append((policy.nextStart ?? now) - now)
        }
        #expect(pauses[0] == .milliseconds(100) && pauses[1] == .milliseconds(200) && pauses[11] == .seconds(30))
        policy.succeeded()
        #expect(policy.nextStart == nil)
    }
}
