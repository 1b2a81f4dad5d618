import Reward
import Testing

@Suite struct VerdictTests {
    @Test func unknownHasNoScore() {
        for reason in UnknownReason.allCases { #expect(Verdict.unknown(reason).score == nil) }
        #expect(Verdict.wrong(score: 0).score == 0)
        #expect(Verdict.wrong(score: 0) != .unknown(.timeout))
    }
}
