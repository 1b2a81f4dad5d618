import Learner
import Model
import Objective
import Testing
import Wire

/// The live check of promise 5: it passes what is exact and finds a single flipped bit.
@Suite struct ExactnessAuditTests {
    let fixture: TrainingFixture

    init() throws { fixture = try TrainingFixture() }

    private func audit(_ groups: [Experience], after steps: Int = 0) throws -> AuditReport {
        let trainer = try fixture.trainer {
            $0.auditedGroups = groups.count
            $0.maximumStaleness = 1
            $0.advantages = .zero
        }
        for _ in 0..<steps { _ = try trainer.step(fixture.groups(1)) }
        return try trainer.step(groups).audit
    }

    @Test func exactGroupsPassWithEveryTokenChecked() throws {
        let groups = try fixture.groups(3)
        let report = try audit(groups)
        #expect(report.checkedTokens == groups.reduce(0) { $0 + $1.responseTokens })
        #expect(report.mismatches == 0 && report.uncheckedTokens == 0)
    }

    @Test func oneFlippedBitIsFound() throws {
        let groups = try fixture.groups(2) { group in
            guard group.groupID == 1 else { return }
            group.logProbabilities[3] = Float(bitPattern: group.logProbabilities[3].bitPattern ^ 1)
        }
        #expect(try audit(groups).mismatches == 1)
    }

    @Test func aSpanOfOtherWeightsIsFound() throws {
        let groups = try fixture.groups(1) { $0.responses[2].spans[0].sha256[0] ^= 1 }
        let tokens = groups[0].responses[2].tokens.count
        #expect(try audit(groups).mismatches == tokens)
    }

    @Test func versionsThatAreNoLongerHeldAreCountedAsUnchecked() throws {
        let groups = try fixture.groups(1)
        #expect(try audit(groups, after: 1).uncheckedTokens == 0)
        let report = try audit(groups, after: 2)
        #expect(report.checkedTokens == 0 && report.uncheckedTokens == groups[0].responseTokens)
    }

    /// A response that two versions generated is checked against both, each on its own tokens.
    @Test func responsesOfSeveralVersionsAreCheckedSpanBySpan() throws {
        let trainer = try fixture.trainer {
            $0.auditedGroups = 1
            $0.maximumStaleness = 4
        }
        _ = try trainer.step(fixture.groups(2))
        let (old, new) = (fixture.start, trainer.snapshot)
        #expect(old.sha256 != new.sha256)
        let prompt: [Int32] = [3, 1, 4], responses: [[Int32]] = [[1, 5, 9, 2, 6, 5], [3, 5, 8, 9]]
        let ofOld = try fixture.group(prompt, responses, by: old)
        var mixed = try fixture.group(prompt, responses, by: new)
        mixed.logProbabilities.replaceSubrange(0..<2, with: ofOld.logProbabilities[0..<2])
        mixed.responses[0].spans = [
            VersionSpan(version: 0, sha256: old.sha256, count: 2),
            VersionSpan(version: 1, sha256: new.sha256, count: 4),
        ]
        var mislabelled = mixed
        mislabelled.responses[0].spans[0].count = 3
        mislabelled.responses[0].spans[1].count = 3

        let report = try trainer.step([Experience(mixed, promptIndex: 0, prompt: prompt)])
        #expect(report.audit.checkedTokens == 10 && report.audit.mismatches == 0)
        #expect(report.responsesOfSeveralVersions == 1)
        #expect(report.stalenessHistogram == [0: 1, 1: 1])
        let wrong = try trainer.step([Experience(mislabelled, promptIndex: 0, prompt: prompt)])
        #expect(wrong.audit.checkedTokens == 10 && wrong.audit.mismatches == 1)
    }
}
