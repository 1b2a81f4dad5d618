import Reward
import Sandbox
import Testing

@Suite(.serialized, .enabled(if: CodeFixture.hasPython, "bubblewrap cannot contain Python programs on this machine"))
struct CodeVerifierTests {
    static let sum =
        #"{"tests":[{"input":"1 2\n","output":"3\n"},{"input":"20 22\n","output":"42\n"}],"time_limit_seconds":1}"#
    static let right = Judgement(.correct(score: 1))

    @Test func aProgramThatPassesItsTestsIsCorrect() async {
        #expect(await CodeFixture.judge("print(sum(map(int, input().split())))", Self.sum) == Self.right)
    }

    @Test(arguments: [
        ("print(3)", "test 2 of 2: wrong output"),
        ("print(sum(map(int, input().split()))); exit(1)", "test 1 of 2: it ended with status 1"),
        ("raise ValueError", "test 1 of 2: it ended with status 1"),
        ("def f(:", "test 1 of 2: it ended with status 1"),
        ("while True: pass", "test 1 of 2: it passed its limit of time"),
        ("import time; time.sleep(99)", "test 1 of 2: it passed its limit of time"),
        ("while True: print('x' * 100000)", "test 1 of 2: it passed its limit of output"),
        ("x = bytearray(1 << 34)", "test 1 of 2: it ended with status 1"),
        ("import os\nwhile True: os.fork()", "test 1 of 2: it ended with status 1"),
    ])
    func whatTheProgramDoesWrongIsWrong(_ program: String, _ reason: String) async {
        #expect(await CodeFixture.judge(program, Self.sum) == Judgement(.wrong(score: 0), reason))
    }

    @Test func aResponseWithoutAProgramIsWrong() async {
        for response in ["42", "", "```python\nprint(3)", "```swift\nprint(3)\n```"] {
            let judgement = await CodeFixture.judge(response: response, Self.sum)
            #expect(judgement == Judgement(.wrong(score: 0), "no fenced code block with a program"), "\(response)")
        }
    }

    @Test func theLastBlockOfTheLanguageCounts() async {
        let response = """
            First try:
            ```python
            print(1)
            ```
            ~~~~Python title="x"
            a, b = map(int, input().split())
            text = '''
            ~~~
            '''
            print(a + b)
            ~~~~
            ```
            unmarked
            ```
            """
        #expect(await CodeFixture.judge(response: response, Self.sum) == Self.right)
    }

    @Test func sharesAreGivenWhenAskedFor() async {
        let task =
            #"{"tests":[{"input":"1","output":"2"},{"input":"2","output":"9"},{"input":"3","output":"4"}],"partial":true}"#
        let judgement = await CodeFixture.judge("print(int(input()) + 1)", task)
        #expect(judgement.verdict == .wrong(score: 2.0 / 3.0))
    }

    @Test func outputsAreComparedAsTheTaskSays() async {
        let program = #"print('1.0000001  2  \n\n')"#
        func verdict(_ rest: String) async -> Verdict {
            await CodeFixture.judge(program, #"{"tests":[{"input":"","output":"1 2"}]"# + rest + "}").verdict
        }
        #expect(await verdict("") == .wrong(score: 0))
        #expect(await verdict(#","compare":"tokens","tolerance":1e-6"#) == .correct(score: 1))
        #expect(await verdict(#","compare":"tokens","tolerance":1e-8"#) == .wrong(score: 0))
        let lines = await CodeFixture.judge(program, #"{"tests":[{"input":"","output":"1.0000001  2"}]}"#)
        #expect(lines == Self.right)
        let exact = await CodeFixture.judge(
            program, #"{"tests":[{"input":"","output":"1.0000001  2"}],"compare":"exact"}"#)
        #expect(exact.verdict == .wrong(score: 0))
    }

    @Test(arguments: [
        "{}", "7", #"{"tests":[]}"#, #"{"tests":[{"input":"","output":" \n"}]}"#, #"{"asserts":[]}"#,
        #"{"tests":[{"input":"","output":"1"}],"asserts":["assert True"]}"#,
        #"{"tests":[{"input":"","output":"1"}],"time_limit_seconds":0}"#,
        #"{"tests":[{"input":"","output":"1"}],"memory_megabytes":1}"#,
        #"{"tests":[{"input":"","output":"1"}],"compare":"near"}"#,
        #"{"tests":[{"input":"","output":"1"}],"tolerance":0.1}"#,
        #"{"language":"swift","asserts":["assert True"]}"#,
        #"{"asserts":["assert ("]}"#, #"{"asserts":["assert f() == 1"],"setup":"raise ValueError"}"#,
    ])
    func tasksThatMakeNoSenseAreUnknown(_ payload: String) async {
        let judgement = await CodeFixture.judge("def f(): return 1", payload)
        #expect(judgement.verdict == .unknown(.malformedTask), "\(payload): \(judgement)")
    }

    @Test func aDeadlineBeforeTheLimitIsUnknown() async {
        let judgement = await CodeFixture.judge("while True: pass", Self.sum, deadline: .milliseconds(300))
        #expect(judgement.verdict == .unknown(.timeout))
    }

    @Test func aLanguageThatIsNotThereIsUnsupported() async throws {
        let verifier = CodeVerifier(sandbox: try Sandbox(), toolchains: [:])
        let request = VerificationRequest(
            prompt: "", response: "", task: .init(kind: "code", payload: Array(Self.sum.utf8)),
            deadline: .now + .seconds(9))
        #expect(verifier.judge(request).verdict == .unknown(.unsupported))
    }

    @Test(.enabled(if: CodeFixture.hasSwift, "there is no swiftc in PATH"))
    func swiftIsCompiledAndRun() async {
        let task = #"{"language":"swift","tests":[{"input":"1 2\n","output":"3"},{"input":"20 22\n","output":"42"}]}"#
        let program = #"print((readLine() ?? "").split(separator: " ").compactMap { Int($0) }.reduce(0, +))"#
        #expect(await CodeFixture.judge(program, task, language: "swift") == Self.right)
        let broken = await CodeFixture.judge("let x: Int = \"a\"", task, language: "swift")
        #expect(broken.verdict == .wrong(score: 0) && broken.reason.contains("it does not compile"))
    }
}
