import Learner
import Model
import RunStore
import Testing
import Wire

/// Which responses of a step are kept token by token, and what is kept of them.
@Suite struct SampleChoiceTests {
    let fixture: TrainingFixture

    init() throws { fixture = try TrainingFixture() }

    private func samples(_ count: Int, of groups: [Experience]) throws -> [StoredSample] {
        try fixture.trainer { $0.sampleResponses = count }.step(groups).samples
    }

    @Test func theBestTheWorstAndARandomOneAreKeptInTurn() throws {
        let groups = try fixture.groups(4)
        let kept = try samples(3, of: groups)
        #expect(Set(kept.map(\.kind)) == [.best, .worst, .random] && kept.count == 3)
        // The first response of each group is right, the others have a tenth of their number.
        #expect(kept.first { $0.kind == .best }?.sample == 0)
        #expect(kept.first { $0.kind == .worst }?.sample == 1)
        #expect(Set(kept.map { [UInt64($0.sample), $0.groupID] }).count == 3)
        #expect(try samples(3, of: groups) == kept)
    }

    @Test func noMoreThanAskedForNorThanThereAre() throws {
        let groups = try fixture.groups(2)
        #expect(try samples(0, of: groups).isEmpty)
        #expect(try samples(1, of: groups).map(\.kind) == [.best])
        #expect(try samples(64, of: groups).count == 8)
    }

    /// A response without verdict is neither best nor worst.
    @Test func unknownVerdictsAreNeitherBestNorWorst() throws {
        let groups = try fixture.groups(2) { group in
            for index in group.responses.indices where index != 2 {
                group.responses[index].verdict = .init(judgement: .unknown(.timeout))
            }
        }
        let kept = try samples(6, of: groups)
        #expect(kept.count { $0.kind != .random } == 2 && kept.allSatisfy { $0.kind == .random || $0.sample == 2 })
    }

    /// What is kept are the very numbers that the objective saw: μ from the rollout, π_old recomputed, π_θ of the mini-batch.
    @Test func theNumbersAreThoseOfTraining() throws {
        let groups = try fixture.groups(4) { group in
            for index in group.logProbabilities.indices { group.logProbabilities[index] -= 0.25 }
        }
        let trainer = try fixture.trainer {
            $0.sampleResponses = 64
            $0.miniBatches = 2
        }
        let kept = try trainer.step(groups).samples
        #expect(kept.count == 16)
        var hasMoved = false
        for sample in kept {
            let group = try #require(groups.first { $0.groupID == sample.groupID })
            let response = group.responses[Int(sample.sample)]
            #expect(sample.tokens == response.tokens && sample.samplerLogProbabilities == response.logProbabilities)
            #expect(sample.entropies.count == sample.tokens.count && sample.entropies.allSatisfy { $0 > 0 })
            for (old, sampler) in zip(sample.oldLogProbabilities, sample.samplerLogProbabilities) {
                #expect(abs(old - sampler - 0.25) < 1e-4)
            }
            hasMoved = hasMoved || sample.logProbabilities != sample.oldLogProbabilities
        }
        #expect(hasMoved, "the second mini-batch meets another policy")
    }
}
