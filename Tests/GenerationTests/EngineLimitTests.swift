import Generation
import Model
import ModelTestSupport
import Tensor
import TestSupport
import Testing

@Suite struct EngineLimitTests {
    private let configuration = RandomModel.configurations[0]

    private func engine(_ limits: GenerationLimits, policy: LoadedPolicy? = nil) -> GenerationEngine {
        GenerationEngine(
            configuration: configuration,
            policy: policy
                ?? LoadedPolicy(snapshot: RandomModel.snapshot(configuration, seed: 2), configuration: configuration),
            team: ThreadTeam(threads: 1), limits: limits)
    }

    @Test func impossibleRequestsAreRefusedByName() throws {
        let engine = engine(GenerationLimits(maximumRunningSequences: 4, maximumBlocks: 8, maximumWaitingRequests: 2))
        let good = requests(configuration, promptLengths: [10], samples: 2, maxTokens: 10)[0]
        func refused(_ error: GenerationError, _ change: (inout GenerationRequest) -> Void) {
            var request = good
            change(&request)
            #expect(throws: error) { try engine.admit(request) }
        }
        refused(.emptyPrompt(group: 0)) { $0.prompt = [] }
        refused(.token(id: 101, group: 0, vocabulary: 101)) { $0.prompt[3] = 101 }
        refused(.token(id: -1, group: 0, vocabulary: 101)) { $0.prompt[0] = -1 }
        refused(.count(name: "samples", value: 0, group: 0)) { $0.samples = 0 }
        refused(.count(name: "maxTokens", value: -3, group: 0)) { $0.maxTokens = -3 }
        refused(.temperature(-1, group: 0)) { $0.temperature = -1 }
        refused(.temperature(.infinity, group: 0)) { $0.temperature = .infinity }
        refused(.tooLong(positions: 513, maximum: 512, group: 0)) { $0.maxTokens = 504 }
        refused(.tooManySamples(samples: 5, maximum: 4, group: 0)) { $0.samples = 5 }
        refused(.tooManyBlocks(blocks: 29, maximum: 8, group: 0)) { $0.maxTokens = 200 }
        #expect(engine.isIdle)
        refused(.tooLong(positions: .max, maximum: 512, group: 0)) { $0.maxTokens = .max }
    }

    @Test func theQueueIsBoundedAndNamesAreUnique() throws {
        let engine = engine(GenerationLimits(maximumRunningSequences: 4, maximumBlocks: 64, maximumWaitingRequests: 2))
        let all = requests(configuration, promptLengths: [4, 5, 6], samples: 2, maxTokens: 5)
        try engine.admit(all[0])
        #expect(throws: GenerationError.duplicate(group: 0)) { try engine.admit(all[0]) }
        try engine.admit(all[1])
        #expect(throws: GenerationError.queueFull(maximum: 2, group: 2)) { try engine.admit(all[2]) }
        _ = try engine.step()
        #expect(engine.runningSequences == 4 && engine.waitingRequests == 0)
        #expect(throws: GenerationError.duplicate(group: 1)) { try engine.admit(all[1]) }
        try engine.admit(all[2])
        #expect(try drain(engine).count == 3)
    }

    /// Random admissions and cancellations: limits hold at every step, every group ends exactly once, nothing leaks.
    @Test(arguments: 0..<6)
    func blocksAndSequencesStayWithinLimits(_ seed: UInt64) throws {
        var generator = SplitMix64(seed: seed)
        let limits = GenerationLimits(
            maximumRunningSequences: 10, maximumBlocks: 40, maximumWaitingRequests: 3, prefillRows: 7)
        let engine = engine(limits)
        var (next, cancelled): (UInt64, Set<UInt64>) = (0, [])
        var (admitted, finished): (Set<UInt64>, [UInt64]) = ([], [])
        for _ in 0..<400 {
            if Bool.random(using: &generator) {
                let request = requests(
                    configuration, promptLengths: [Int.random(in: 1...50, using: &generator)],
                    samples: Int.random(in: 1...4, using: &generator),
                    maxTokens: Int.random(in: 1...24, using: &generator), firstGroup: next)[0]
                next += 1
                do throws(GenerationError) {
                    try engine.admit(request)
                    admitted.insert(request.group)
                } catch {
                    #expect(error == .queueFull(maximum: 3, group: request.group))
                }
            }
            if Int.random(in: 0..<10, using: &generator) == 0, let group = admitted.randomElement(using: &generator) {
                if engine.cancel(group: group) { cancelled.insert(group) }
            }
            finished += try engine.step().map(\.group)
            #expect(engine.runningSequences <= 10 && engine.usedBlocks <= 40 && engine.waitingRequests <= 3)
        }
        finished += try drain(engine).keys
        #expect(Set(finished).count == finished.count)
        #expect(Set(finished).union(cancelled) == admitted && cancelled.isDisjoint(with: finished))
        #expect(engine.usedBlocks == 0)
    }

    @Test func nonFiniteWeightsStopTheStepAndAGoodVersionGoesOn() throws {
        let master = ParameterArena(RandomModel.snapshot(configuration, seed: 2))
        master.pointer(master.layout.finalNorm)[0] = .nan
        let broken = LoadedPolicy(
            snapshot: PolicySnapshot(
                version: 1, precision: .fp32, layout: master.layout,
                master: UnsafeBufferPointer(start: master.buffer.pointer, count: master.buffer.count)),
            configuration: configuration)
        let request = requests(configuration, promptLengths: [20], samples: 2, maxTokens: 12)[0]
        let good = LoadedPolicy(snapshot: RandomModel.snapshot(configuration, seed: 2), configuration: configuration)
        let expected = try generate(good, [request])[0]
        let engine = engine(
            GenerationLimits(maximumRunningSequences: 4, maximumBlocks: 64, prefillRows: 6), policy: good)
        try engine.admit(request)
        for _ in 0..<6 { _ = try engine.step() }
        engine.install(broken)
        for _ in 0..<2 {
            #expect(throws: GenerationError.nonFiniteLogits(group: 0, version: 1)) { try engine.step() }
        }
        engine.install(good)
        #expect(try drain(engine)[0] == expected)
    }
}

/// What becomes of a group depends on no other one, not even on one that cannot be generated.
@Suite struct CulpritTests {
    @Test(arguments: [3, 64])
    func onlyTheGroupThatIsNamedIsLost(prefillRows: Int) throws {
        let configuration = RandomModel.configurations[1]
        let good = RandomModel.snapshot(configuration, seed: 8)
        let policy = LoadedPolicy(snapshot: good, configuration: configuration)
        let others = requests(configuration, promptLengths: [21, 5, 30], maxTokens: 16, firstGroup: 1)
        let expected = try generate(policy, others)
        // A token that nobody else meets; whoever reads it cannot go on.
        let met = Set(others.flatMap(\.prompt) + expected.values.flatMap { $0.responses.flatMap(\.tokens) })
        let poison = try #require((0..<Int32(configuration.vocabularySize)).first { !met.contains($0) })
        let row = good.layout.embedding.offset + Int(poison) * configuration.hiddenSize
        let poisoned = LoadedPolicy(
            snapshot: good.moved { $0 == row ? .nan : $1 }, configuration: configuration)
        var culprit = requests(configuration, promptLengths: [12])[0]
        culprit.prompt[7] = poison
        let engine = GenerationEngine(
            configuration: configuration, policy: poisoned, team: ThreadTeam(threads: 1),
            limits: GenerationLimits(maximumRunningSequences: 64, maximumBlocks: 512, prefillRows: prefillRows))
        for request in [others[0], culprit, others[1], others[2]] { try engine.admit(request) }
        var finished: [UInt64: GeneratedGroup] = [:]
        var lost: [UInt64] = []
        while !engine.isIdle {
            switch step(engine) {
            case .success(let groups): for group in groups { finished[group.group] = group }
            case .failure(let error):
                lost.append(error.group)
                engine.cancel(group: error.group)
            }
        }
        #expect(lost == [culprit.group] && finished.count == expected.count)
        for (group, result) in expected {
            let responses = try #require(finished[group]).responses
            #expect(responses.map(\.tokens) == result.responses.map(\.tokens))
            #expect(responses.map(\.logProbabilities) == result.responses.map(\.logProbabilities))
        }
    }

    private func step(_ engine: GenerationEngine) -> Result<[GeneratedGroup], GenerationError> {
        do throws(GenerationError) { return .success(try engine.step()) } catch { return .failure(error) }
    }
}

@Suite struct BlockAllocatorTests {
    @Test func blocksAreSharedCountedAndReused() {
        var allocator = BlockAllocator(blocks: 2)
        let first = allocator.allocate()
        let second = allocator.allocate()
        #expect(first == 0 && second == 1 && allocator.allocate() == nil)
        allocator.retain(0)
        allocator.release(0)
        #expect(allocator.freeCount == 0)
        allocator.release(0)
        #expect(allocator.allocate() == 0 && allocator.usedCount == 2)
    }
}
