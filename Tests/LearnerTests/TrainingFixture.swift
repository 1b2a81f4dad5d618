import Configuration
import Learner
import Model
import ModelTestSupport
import Tensor
import TestSupport
import Wire

/// Batches as workers would send them, and trainers for them, on the golden mixture-of-experts model in fp32.
struct TrainingFixture {
    let configuration: ModelConfiguration
    let start: PolicySnapshot

    init() throws {
        let fixture = try ModelFixture("qwen3_moe")
        configuration = fixture.configuration
        start = fixture.snapshot
    }

    /// A trainer at the fixture's weights. AdamW's ε is so large that an update is nearly proportional to the gradient:
    /// with the usual one, an element whose gradient is rounding noise would move as far as any other.
    func trainer(
        from state: TrainingState? = nil, _ change: (inout TrainingSettings) -> Void = { _ in }
    ) throws -> PolicyTrainer {
        var settings = try TrainingSettings(run)
        change(&settings)
        return PolicyTrainer(
            start: state ?? TrainingState(policy: start), configuration: configuration, settings: settings)
    }

    /// What the trainers are configured with.
    var run: RunConfiguration {
        var run = RunConfiguration()
        run.batch.miniBatches = 1
        run.optimizer.learningRate = 1
        run.optimizer.epsilon = 1
        run.optimizer.clipGradientNorm = 0
        run.optimizer.threads = 1
        run.audit.groupsPerStep = 0
        return run
    }

    /// Groups of four responses with different rewards, sampled (as far as the arithmetic is concerned) by `policy`.
    func groups(
        _ count: Int, by policy: PolicySnapshot? = nil, precision: ForwardPrecision = .exact, seed: UInt64 = 7,
        _ change: (inout GroupSubmission) -> Void = { _ in }
    ) throws -> [Experience] {
        var generator = SplitMix64(seed: seed)
        func tokens(_ length: Int) -> [Int32] { (0..<length).map { _ in Int32.random(in: 0..<256, using: &generator) } }
        return try (0..<count).map { index in
            let prompt = tokens(Int.random(in: 3...20, using: &generator))
            let responses = (0..<4).map { _ in tokens(Int.random(in: 2...20, using: &generator)) }
            var group = try group(prompt, responses, by: policy ?? start, precision: precision)
            group.groupID = UInt64(index)
            change(&group)
            return try Experience(group, promptIndex: UInt64(index), prompt: prompt)
        }
    }

    /// One group with the log-probabilities and experts that `policy` gives these tokens.
    func group(
        _ prompt: [Int32], _ responses: [[Int32]], by policy: PolicySnapshot, precision: ForwardPrecision = .exact
    ) throws -> GroupSubmission {
        let pass = PolicyPass(configuration: configuration, team: ThreadTeam(threads: 1))
        let batch = PackedBatch.groups([(prompt: prompt, responses: responses)])
        let result = try pass.forward(
            LoadedPolicy(snapshot: policy, configuration: configuration, precision: precision), batch)
        let records = responses.enumerated().map { sample, tokens in
            ResponseRecord(
                sample: UInt32(sample), tokenCount: UInt32(tokens.count),
                spans: [VersionSpan(version: policy.version, sha256: policy.sha256, count: UInt32(tokens.count))],
                verdict: WireVerdict(judgement: sample == 0 ? .correct(score: 1) : .wrong(score: Double(sample) / 10)),
                finish: .stop)
        }
        return GroupSubmission(
            leaseID: 1, groupID: 0, attempt: 0, responses: records, tokens: responses.flatMap { $0 },
            logProbabilities: result.logProbabilities,
            promptRoutes: RouteTensor(result.routes.rows(0..<prompt.count)),
            responseRoutes: RouteTensor(result.routes.rows(prompt.count..<batch.rowCount)))
    }

    /// What a step changed, relative to the fixture's weights.
    func change(_ snapshot: PolicySnapshot) -> [Float] {
        let (before, after) = (ParameterArena(start), ParameterArena(snapshot))
        return (0..<start.layout.elementCount).map { after.buffer.pointer[$0] - before.buffer.pointer[$0] }
    }
}

extension RouteTensor {
    init(_ table: RoutingTable) {
        self.init(rows: table.rows, layers: table.layers, topK: table.topK, ids: table.ids)
    }
}
