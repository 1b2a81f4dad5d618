import Reward
import Testing

@Suite struct RegistryTests {
    private func exact(_ payload: String, _ response: String) -> Verdict {
        VerifierRegistry.standard.verify(
            response: response, task: VerificationTask(kind: "exact", payload: Array(payload.utf8)))
    }

    @Test func anUnknownKindIsUnsupported() {
        let verdict = VerifierRegistry.standard.verify(
            response: "1", task: VerificationTask(kind: "telepathy", payload: []))
        #expect(verdict == .unknown(.unsupported))
        let kinds: Set = [
            "arithmetic-chain", "base-conversion", "choice", "composite", "countdown", "exact", "format", "json-schema",
            "letter-count", "linear-equation", "math", "numeric", "permutation", "regex", "sorted",
        ]
        #expect(kinds.isSubset(of: VerifierRegistry.standard.kinds))
        #expect(VerifierRegistry.standard.kinds == VerifierRegistry.standard.kinds.sorted())
    }

    @Test func exactComparesBytes() {
        #expect(exact(#"{"answer":"Paris"}"#, " Paris\n") == .correct(score: 1))
        #expect(exact(#"{"answer":"Paris"}"#, "paris") == .wrong(score: 0))
        #expect(exact(#"{"answer":"Paris"}"#, "Paris or London") == .wrong(score: 0))
        #expect(exact(#"{"answer":"\u00e9"}"#, "e\u{301}") == .wrong(score: 0))
        #expect(exact(#"{"answer":"7","marker":"Answer:"}"#, "Answer: 8. Answer: 7") == .correct(score: 1))
        #expect(exact(#"{"answer":"7","marker":"Answer:"}"#, "7") == .wrong(score: 0))
    }

    @Test(arguments: [
        #"{"answer":""}"#, #"{"answer":" \n"}"#, "{}", "7", #"{"answer":7}"#, #"{"answer":"7","marker":""}"#,
    ])
    func exactWithoutAnAnswerIsUnknown(_ payload: String) {
        #expect(exact(payload, "") == .unknown(.malformedTask))
    }
}
