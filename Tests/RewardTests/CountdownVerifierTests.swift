import Reward
import Testing

@Suite struct CountdownVerifierTests {
    private let verifier = CountdownVerifier()

    private func verdict(
        _ response: String, _ numbers: [Int], _ target: Int, requiresAll: Bool = false, marker: String? = nil
    ) throws -> Verdict {
        let problem = try #require(CountdownProblem(numbers: numbers, target: target, requiresAll: requiresAll))
        return verifier.verify(response: response, task: CountdownVerifier.task(for: problem, marker: marker))
    }

    @Test func agreesWithBruteForceOnRandomExpressions() throws {
        var random = SplitMix64(keys: 11)
        var solved = 0
        for _ in 0..<20_000 {
            let written = WrittenExpression.random(1 + random.below(6), &random)
            let isWhole = written.value.map { $0.bottom == 1 } ?? false
            // Half of the time the target is the true value, where there is a whole one.
            let target = isWhole && random.below(2) == 0 ? written.value?.top ?? 0 : random.below(60)
            let expected = written.value == Fraction(target)
            solved += expected ? 1 : 0
            let numbers = (written.numbers + [99, 98]).sorted()
            let verdict = try verdict(written.text, numbers, target)
            #expect(verdict == (expected ? .correct(score: 1) : .wrong(score: 0)), "\(written.text) = \(target)")
        }
        #expect(solved > 4000 && solved < 16_000)
    }

    @Test func precedenceAndAssociativity() throws {
        for (text, value) in [
            ("8-3-1", 4), ("8-(3-1)", 6), ("8-3*1", 5), ("(8-3)*1", 5), ("8/3*3", 8), ("8/(3*1)", nil), ("3+8*1-3", 8),
            ("8/3/1*3", 8), ("1/3*3*8", 8), ("1-8+8", 1),
        ] as [(String, Int?)] {
            for target in -10...20 {
                let verdict = try verdict(text, [8, 3, 1, 3, 8], target)
                #expect(verdict.score == (target == value ? 1 : 0), "\(text) = \(target)")
            }
        }
    }

    @Test func largestNumbersAreStillExact() throws {
        let numbers = Array(repeating: 9999, count: 8)
        #expect(try verdict("(9999-9999/9999)*9999", numbers, 9998 * 9999) == .correct(score: 1))
        #expect(
            try verdict("9999*9999*9999*9999/9999/9999/9999/9999", numbers, 1) == .correct(score: 1))
        // Off by one part in 10^12, with all eight numbers in use: single precision would call it right.
        #expect(try verdict("9999*9999*9999/(9999*9999*9999-9999/9999)", numbers, 1) == .wrong(score: 0))
        let same = "9999*9999*9999/(9999*9999*9999)"
        #expect(try verdict(same, numbers, 1) == .correct(score: 1))
    }

    @Test(arguments: [
        "", " ", "34", "8*5-6=34", "= 8*5-6", "8*5-6.", "8*5-6\n8*5-6", "8*5-6;", "x8*5-6", "+8*5-6",
        "-6+8*5",
        "8*5+-6", "8*5--6", "(8*5-6", "8*5-6)", "()", "8 5*-6", "8(5)-6", "(8)(5)-6", "8*5-06", "8*5-6.0", "8*5-6e0",
        "85-6", "8**5-6", "8*5-", "*8*5-6", "８*5-6", "8*5-六", "8·5-6", "8∗5-6", "8*5–6", "8\t*5-6", "8*5-6\u{0}",
        "8*5-6\u{301}", "0x8*5-6", "8*5-3-3", "8*5-8*5+5", "abs(8*5-6)", "8*5-6#", "[8*5-6]", "{8*5-6}", "8,*5-6",
        "8*5−6−0",
    ])
    func refusesWhatIsNotAnAnswer(_ response: String) throws {
        #expect(try verdict(response, [5, 6, 8], 34) == .wrong(score: 0), "\(response)")
    }

    @Test(arguments: ["8*5-6", " 8 * 5 - 6\n", "8×5−6", "(8*5)-6", "((8*(5))-6)", "5×8-(6)", "8÷(5÷5)*5-6"])
    func acceptsEverySpelling(_ response: String) throws {
        let numbers = [5, 5, 5, 6, 8]
        #expect(try verdict(response, numbers, 34) == .correct(score: 1))
    }

    @Test func numbersAreUsedAsOftenAsGiven() throws {
        #expect(try verdict("5*5", [5, 6], 25) == .wrong(score: 0))
        #expect(try verdict("5*5", [5, 5], 25) == .correct(score: 1))
        #expect(try verdict("12", [1, 2], 12) == .wrong(score: 0))
        #expect(try verdict("1 2", [1, 2], 12) == .wrong(score: 0))
        #expect(try verdict("5+6", [5, 6, 7], 11) == .correct(score: 1))
        #expect(try verdict("5+6", [5, 6, 7], 11, requiresAll: true) == .wrong(score: 0))
        #expect(try verdict("(5+6)*7", [5, 6, 7], 77, requiresAll: true) == .correct(score: 1))
        #expect(try verdict("6/0", [6, 0], 0) == .wrong(score: 0))
        #expect(try verdict("0*6", [6, 0], 0) == .correct(score: 1))
    }

    @Test func theLastMarkerRules() throws {
        let cases: [(String, Bool)] = [
            ("8*5-6", false), ("think => 8*5-6", true), ("=>1+1=>8*5-6\n", true), ("=>8*5-6=>1+1", false),
            ("=>8*5-6=>", false), ("8*5-6=>", false), ("= >8*5-6", false), ("=>=>8*5-6", true),
        ]
        for (response, correct) in cases {
            #expect(try verdict(response, [5, 6, 8], 34, marker: "=>").score == (correct ? 1 : 0), "\(response)")
        }
    }

    @Test func hostileInputsAreWrongAndNothingElse() throws {
        let deep = String(repeating: "(", count: 100_000) + "1" + String(repeating: ")", count: 100_000)
        let hostile = [
            deep, String(repeating: "1+", count: 200_000) + "1", String(repeating: "9", count: 100_000),
            String(repeating: "(", count: 65) + "34" + String(repeating: ")", count: 65),
            String(repeating: "=>", count: 100_000), String(repeating: "\u{0}", count: 5000), "\u{202E}6-5*8",
        ]
        for response in hostile {
            #expect(try verdict(response, [5, 6, 8], 34) == .wrong(score: 0))
            #expect(try verdict(response, [5, 6, 8], 34, marker: "=>") == .wrong(score: 0))
        }
    }

    @Test func randomBytesNeverCrashAndNeverWin() throws {
        var random = SplitMix64(keys: 3)
        let alphabet = Array("0123456789+-*/() =>×÷−.".unicodeScalars.map(Character.init)) + ["\n", "é", "\u{0}"]
        for _ in 0..<50_000 {
            let response = String((0..<random.below(12)).map { _ in random.element(of: alphabet) })
            // No expression on these reaches an odd target.
            #expect(try verdict(response, [2, 4, 6], 1001) == .wrong(score: 0), "\(response)")
        }
    }

    @Test(arguments: [
        "", "{", "[]", "null", "{}", #"{"numbers":[1,2]}"#, #"{"target":3}"#, #"{"numbers":[],"target":3}"#,
        #"{"numbers":[1,-2],"target":3}"#, #"{"numbers":[1.5],"target":3}"#, #"{"numbers":"1 2","target":3}"#,
        #"{"numbers":[1,2],"target":"3"}"#, #"{"numbers":[1,2],"target":3,"marker":""}"#,
        #"{"numbers":[1,2],"target":1e400}"#, #"{"numbers":[1,99999999999999999999],"target":3}"#,
        #"{"numbers":[1,2],"target":3,"require_all":1}"#,
    ])
    func malformedTasksAreUnknownNotWrong(_ payload: String) {
        let task = VerificationTask(kind: "countdown", payload: Array(payload.utf8))
        #expect(verifier.verify(response: "1+2", task: task) == .unknown(.malformedTask))
    }

    @Test func oversizedTasksAreUnknown() {
        let nested = VerificationTask(kind: "countdown", payload: Array(repeating: UInt8(ascii: "["), count: 60_000))
        #expect(verifier.verify(response: "1", task: nested) == .unknown(.malformedTask))
        let long = VerificationTask(kind: "countdown", payload: Array(repeating: UInt8(ascii: " "), count: 1 << 20))
        #expect(verifier.verify(response: "1", task: long) == .unknown(.malformedTask))
        for numbers in ["1,1,1,1,1,1,1,1,1", "9000000000000000000,9000000000000000000,9000000000000000000"] {
            let task = VerificationTask(
                kind: "countdown", payload: Array("{\"numbers\":[\(numbers)],\"target\":1}".utf8))
            #expect(verifier.verify(response: "1", task: task) == .unknown(.unsupported))
        }
    }
}
