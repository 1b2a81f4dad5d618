import Model

/// A group being generated: its prompt, prefilled in chunks, then its responses. Owner: the engine.
final class RunningGroup {
    let request: GenerationRequest
    /// The policy of all its tokens; nil if it follows the engine's.
    let pinned: LoadedPolicy?
    /// Prompt rows whose keys and values are in the cache, under the group's present policy.
    var prefilled = 0
    /// Blocks of the prompt until the responses take them over.
    var promptBlocks: [Int32] = []
    var promptRoutes: RoutingTable
    /// Empty until the first tokens are sampled, then all G.
    var sequences: [RunningSequence] = []

    init(_ request: GenerationRequest, pinned: LoadedPolicy?, configuration: ModelConfiguration) {
        self.request = request
        self.pinned = pinned
        promptRoutes = RoutingTable(
            rows: request.prompt.count, layers: configuration.sparseLayers.count, topK: configuration.experts?.topK ?? 0
        )
    }

    /// Full blocks of the prompt, which the responses share.
    var sharedBlockCount: Int { request.prompt.count / RowPlan.blockPositions }
    var isPrefilling: Bool { sequences.isEmpty }
    var isFinished: Bool { !sequences.isEmpty && sequences.allSatisfy { $0.finish != nil } }

    var result: GeneratedGroup {
        GeneratedGroup(group: request.group, promptRoutes: promptRoutes, responses: sequences.map(\.response))
    }
}

/// One response being generated. Invariant: all tokens but the last have been fed; `blocks` cover the fed positions.
final class RunningSequence {
    let sample: UInt32
    /// Block table; the prompt's full blocks are shared with the group's other responses. Empty once finished.
    var blocks: [Int32]
    private(set) var tokens: [Int32] = []
    private var logProbabilities: [Float] = []
    private var spans: [TokenSpan] = []
    /// Indices of the tokens that were put in place of sampled ones; adjacent.
    private var forced: Range<Int>?
    var routes: RoutingTable
    private(set) var finish: FinishReason?

    init(sample: UInt32, blocks: [Int32], request: GenerationRequest, promptRoutes: RoutingTable) {
        self.sample = sample
        self.blocks = blocks
        routes = RoutingTable(rows: 0, layers: promptRoutes.layers, topK: promptRoutes.topK)
        tokens.reserveCapacity(request.maxTokens)
        logProbabilities.reserveCapacity(request.maxTokens)
        routes.reserve(rows: request.maxTokens)
    }

    func append(_ token: SampledToken, policy: LoadedPolicy, request: GenerationRequest) {
        tokens.append(token.id)
        logProbabilities.append(token.logProbability)
        if let last = spans.last, last.version == policy.version, last.sha256 == policy.sha256 {
            spans[spans.count - 1].count += 1
        } else {
            spans.append(TokenSpan(version: policy.version, sha256: policy.sha256, count: 1))
        }
        if token.isForced { forced = (forced?.lowerBound ?? tokens.count - 1)..<tokens.count }
        if request.stopTokens.contains(token.id), !token.isForced {
            finish = .stop
        } else if tokens.count == request.maxTokens {
            finish = .length
        }
    }

    var response: GeneratedResponse {
        guard let finish else { preconditionFailure("the response is not finished") }
        return GeneratedResponse(
            sample: sample, tokens: tokens, logProbabilities: logProbabilities, spans: spans, routes: routes,
            forced: forced, finish: finish)
    }
}

/// A token and its log-probability.
struct SampledToken {
    var id: Int32
    var logProbability: Float
    /// Whether the thinking budget put it there.
    var isForced = false
}
