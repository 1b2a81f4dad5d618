import Model
import ModelTestSupport
import Tensor
import Testing

@Suite struct AdamWTests {
    @Test(arguments: ModelFixture.names)
    func fiveStepsAgreeWithPyTorch(_ name: String) throws {
        let fixture = try ModelFixture(name)
        let settings = fixture.inputs.adamw
        let team = ThreadTeam(threads: 1)
        let optimizer = AdamW(
            master: ParameterArena(fixture.snapshot),
            settings: AdamW.Settings(
                beta1: settings.betas[0], beta2: settings.betas[1], epsilon: settings.eps,
                weightDecay: settings.weightDecay, maximumGradientNorm: settings.clipGradNorm),
            team: team)
        let pass = PolicyPass(configuration: fixture.configuration, team: team)
        for step in settings.lossBeforeEachStep.indices {
            let snapshot = try #require(optimizer.snapshot(version: UInt64(step), precision: .fp32))
            let policy = LoadedPolicy(snapshot: snapshot, configuration: fixture.configuration, forTraining: true)
            let result = try pass.forward(policy, .sequences(fixture.sequences), keepActivations: true)
            let value = FixtureLoss.negativeLogLikelihood(result.logProbabilities)
            #expect(abs(value.loss - settings.lossBeforeEachStep[step]) < 1e-5 * value.loss)
            let gradient = ParameterArena(layout: snapshot.layout)
            try pass.backward(policy, dLogProbabilities: value.dLogProbabilities, into: gradient)
            guard case .applied(let norm, _) = optimizer.step(gradient: gradient, learningRate: settings.lr) else {
                Issue.record("the step was refused")
                return
            }
            #expect(abs(norm - Double(settings.gradNormBeforeClip[step])) < 1e-4 * norm)
        }
        let golden = try fixture.arena("weights_after_5_adamw")
        for tensor in golden.layout.tensors {
            let error = relativeFrobeniusError(optimizer.master.values(tensor), golden.values(tensor))
            #expect(error < 1e-4, "\(tensor.name) \(error)")
        }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func nonFiniteGradientChangesNothing(_ bad: Float) throws {
        let fixture = try ModelFixture("qwen3_dense")
        let optimizer = AdamW(
            master: ParameterArena(fixture.snapshot), settings: .init(), team: ThreadTeam(threads: 1))
        let gradient = ParameterArena(layout: fixture.snapshot.layout)
        for index in 0..<gradient.buffer.count { gradient.buffer.pointer[index] = 1 }
        gradient.buffer.pointer[gradient.buffer.count / 2] = bad
        let before = optimizer.snapshot(version: 0, precision: .fp32)?.sha256

        let outcome = optimizer.step(gradient: gradient, learningRate: 1e-3)

        #expect(outcome == .refused(.nonFiniteGradient(elements: 1)))
        #expect(optimizer.snapshot(version: 0, precision: .fp32)?.sha256 == before)
        #expect(optimizer.stepCount == 0)
        #expect(optimizer.firstMoment.buffer.values.allSatisfy { $0 == 0 })
    }

    /// The gradient is finite, what would come of it is not: weights and both moments keep every bit, and the next step goes on
    /// as if nothing had been.
    @Test(arguments: [ParameterPrecision.fp32, .bf16])
    func anUpdateThatOverflowsChangesNothing(precision: ParameterPrecision) throws {
        let fixture = try ModelFixture("qwen3_dense")
        func optimizer() -> AdamW {
            AdamW(
                master: ParameterArena(fixture.snapshot),
                settings: .init(weightDecay: 1, maximumGradientNorm: nil), team: ThreadTeam(threads: 2))
        }
        func gradient(_ scale: Float) -> ParameterArena {
            let gradient = ParameterArena(fixture.snapshot)
            for index in 0..<gradient.buffer.count { gradient.buffer.pointer[index] *= scale }
            return gradient
        }
        let (hit, spared) = (optimizer(), optimizer())
        for optimizer in [hit, spared] { _ = optimizer.step(gradient: gradient(1), learningRate: 1e-3) }

        // Decay by a rate of −1e38 sends every weight beyond the largest number.
        let outcome = hit.step(gradient: gradient(1), learningRate: -3e38)
        guard case .refused(.nonFiniteUpdate(let elements)) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(elements > 0 && hit.stepCount == 1)
        let tensors = hit.overflowingTensors(gradient: gradient(1), learningRate: -3e38)
        #expect(tensors.reduce(0) { $0 + $1.nonFinite } == elements && !tensors.isEmpty)
        for arena in [
            (hit.master, spared.master), (hit.firstMoment, spared.firstMoment),
            (hit.secondMoment, spared.secondMoment),
        ] {
            #expect(arena.0.buffer.values == arena.1.buffer.values)
        }
        for optimizer in [hit, spared] { _ = optimizer.step(gradient: gradient(0.5), learningRate: 1e-3) }
        let hashes = [hit, spared].map { $0.snapshot(version: 2, precision: precision)?.sha256 }
        #expect(hashes[0] != nil && hashes[0] == hashes[1])
    }

    @Test func nonFiniteWeightIsNeverPublished() throws {
        let fixture = try ModelFixture("qwen3_dense")
        let optimizer = AdamW(
            master: ParameterArena(fixture.snapshot), settings: .init(), team: ThreadTeam(threads: 1))
        optimizer.master.buffer.pointer[7] = .nan
        #expect(optimizer.snapshot(version: 1, precision: .bf16) == nil)
    }

    @Test func stepIsTheSameWithAnyNumberOfThreads() throws {
        let fixture = try ModelFixture("qwen3_moe")
        let hashes = [1, 2, 5].map { threads in
            let optimizer = AdamW(
                master: ParameterArena(fixture.snapshot), settings: .init(weightDecay: 0.1),
                team: ThreadTeam(threads: threads))
            for _ in 0..<3 { _ = optimizer.step(gradient: ParameterArena(fixture.snapshot), learningRate: 1e-2) }
            return optimizer.snapshot(version: 0, precision: .fp32)?.sha256
        }
        #expect(hashes[0] != nil && hashes[0] == hashes[1] && hashes[0] == hashes[2])
    }
}

@Suite struct LearningRateScheduleTests {
    @Test func warmUpThenDecay() {
        let linear = LearningRateSchedule(peak: 1, warmUpSteps: 4, decay: .linear, totalSteps: 14, finalFraction: 0.5)
        #expect((0..<4).map(linear.rate) == [0.25, 0.5, 0.75, 1])
        #expect(linear.rate(step: 4) == 1)
        #expect(linear.rate(step: 9) == 0.75)
        #expect(linear.rate(step: 14) == 0.5 && linear.rate(step: 1000) == 0.5)
        let cosine = LearningRateSchedule(peak: 2, decay: .cosine, totalSteps: 10)
        #expect(cosine.rate(step: 0) == 2 && abs(cosine.rate(step: 5) - 1) < 1e-6 && cosine.rate(step: 10) < 1e-6)
        #expect(LearningRateSchedule(peak: 3).rate(step: 500) == 3)
    }
}
