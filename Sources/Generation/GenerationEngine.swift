package import Model
package import Tensor

/// Generates responses to many prompts at once. Role: the compute half of a rollout worker, and what `apus generate` runs.
/// Owner: one thread; synchronous.
///
/// Every step feeds one token of each running response and a chunk of the prompts being read, in one forward (continuous
/// batching). A group's prompt is computed once; its full cache blocks are shared by the G responses, the partly filled one is
/// copied. Invariants: tokens and log-probabilities of a group depend on its request and the policies installed, never on what
/// else is running; blocks are reserved at the start of a group for its full length, so a running group never lacks memory.
package final class GenerationEngine {
    package let configuration: ModelConfiguration
    package let limits: GenerationLimits
    package private(set) var policy: LoadedPolicy
    /// Running totals.
    package private(set) var statistics = Statistics()
    let team: ThreadTeam
    let pool: KeyValuePool
    let forward: RowForward
    let head: LanguageModelHead
    var allocator: BlockAllocator
    var running: [RunningGroup] = []
    private var waiting: [WaitingRequest] = []
    private var reservedBlocks = 0
    /// The rows of the step being made; kept for its memory.
    var plan = RowPlan()
    var sources: [RowSource] = []

    /// Work done since the engine was made.
    package struct Statistics: Sendable, Equatable {
        package var steps = 0
        package var sampledTokens = 0
        package var promptRows = 0
        /// Rows computed again because a new policy was installed.
        package var recomputedRows = 0
    }

    package init(
        configuration: ModelConfiguration, policy: LoadedPolicy, team: ThreadTeam, limits: GenerationLimits
    ) {
        precondition(policy.configuration == configuration, "the policy belongs to another configuration")
        self.configuration = configuration
        self.policy = policy
        self.team = team
        self.limits = limits
        pool = KeyValuePool(
            configuration: configuration, layers: configuration.layerCount, blocks: limits.maximumBlocks)
        forward = RowForward(configuration: configuration, team: team)
        head = LanguageModelHead(configuration: configuration, team: team)
        allocator = BlockAllocator(blocks: limits.maximumBlocks)
    }

    package var isIdle: Bool { running.isEmpty && waiting.isEmpty }
    /// Responses being generated, those of prompts still being read included.
    package var runningSequences: Int { running.reduce(0) { $0 + $1.request.samples } }
    package var waitingRequests: Int { waiting.count }
    /// Cache blocks in use; 0 when idle.
    package var usedBlocks: Int { allocator.usedCount }

    /// Takes a request, to start as soon as there is room, in order of admission. Throws when it can never run, or when too
    /// many wait.
    ///
    /// - Parameter pinned: the policy that generates every token of the group, whatever is installed meanwhile; nil to follow
    ///   the installed one.
    package func admit(_ request: GenerationRequest, pinned: LoadedPolicy? = nil) throws(GenerationError) {
        precondition(
            pinned.map { $0.configuration == configuration } ?? true, "the policy belongs to another configuration")
        try validate(request)
        guard waiting.count < limits.maximumWaitingRequests else {
            throw .queueFull(maximum: limits.maximumWaitingRequests, group: request.group)
        }
        waiting.append(WaitingRequest(request: request, pinned: pinned))
    }

    /// One step: starts what fits, feeds every running response one token, reads the next chunk of prompts, samples; one
    /// forward for each policy in use. Returns the groups that finished.
    package func step() throws(GenerationError) -> [GeneratedGroup] {
        startWaiting()
        for policy in policiesInUse { try step(under: policy) }
        return removeFinished()
    }

    private func step(under policy: LoadedPolicy) throws(GenerationError) {
        planStep(under: policy)
        var routes: RoutingTable? = routingTable(rows: plan.rowCount)
        let stream = forward.run(policy, plan, pool: pool, routes: &routes)
        let sampled = try sample(stream: stream, under: policy)
        if let routes { record(routes) }
        apply(sampled, under: policy)
        statistics.steps += 1
    }

    /// What generates this group's next tokens.
    func policy(of group: RunningGroup) -> LoadedPolicy { group.pinned ?? policy }

    /// The policies of the running groups, each once, in the order of its first group.
    private var policiesInUse: [LoadedPolicy] {
        running.reduce(into: []) { policies, group in
            let policy = policy(of: group)
            if !policies.contains(where: { $0 === policy }) { policies.append(policy) }
        }
    }

    /// Takes up new weights between two steps. The caches of everything running that is not pinned to a policy are computed
    /// again under them, so each token sampled from now on has exactly the log-probability of this version on its full prefix.
    package func install(_ policy: LoadedPolicy) {
        precondition(policy.configuration == configuration, "the policy belongs to another configuration")
        self.policy = policy
        var recomputation = CacheRecomputation(engine: self)
        recomputation.run()
    }

    /// Drops a running or waiting group and frees what it held. False when there is none of that name.
    @discardableResult
    package func cancel(group: UInt64) -> Bool {
        if let index = waiting.firstIndex(where: { $0.request.group == group }) {
            waiting.remove(at: index)
            return true
        }
        guard let index = running.firstIndex(where: { $0.request.group == group }) else { return false }
        release(running.remove(at: index))
        return true
    }

    /// The tokens that the first response of a running group has so far, for showing it as it grows; none when the group is
    /// waiting, still reading its prompt, or gone.
    package func partialResponse(group: UInt64) -> [Int32] {
        running.first { $0.request.group == group }?.sequences.first?.tokens ?? []
    }

    func routingTable(rows: Int) -> RoutingTable {
        RoutingTable(rows: rows, layers: configuration.sparseLayers.count, topK: configuration.experts?.topK ?? 0)
    }

    func count(sampledTokens: Int = 0, promptRows: Int = 0, recomputedRows: Int = 0) {
        statistics.sampledTokens += sampledTokens
        statistics.promptRows += promptRows
        statistics.recomputedRows += recomputedRows
    }

    private func startWaiting() {
        var started = 0
        for next in waiting {
            let request = next.request
            let blocks = blocksNeeded(request)
            guard runningSequences + request.samples <= limits.maximumRunningSequences,
                reservedBlocks + blocks <= limits.maximumBlocks
            else { break }
            reservedBlocks += blocks
            running.append(RunningGroup(request, pinned: next.pinned, configuration: configuration))
            started += 1
        }
        waiting.removeFirst(started)
    }

    private func removeFinished() -> [GeneratedGroup] {
        let finished = running.filter(\.isFinished)
        guard !finished.isEmpty else { return [] }
        running.removeAll(where: \.isFinished)
        for group in finished { release(group) }
        return finished.map(\.result)
    }

    private func release(_ group: RunningGroup) {
        for block in group.promptBlocks + group.sequences.flatMap(\.blocks) { allocator.release(block) }
        reservedBlocks -= blocksNeeded(group.request)
    }

    /// Most blocks a group can ever hold: the prompt's, its partly filled one included, and each response's own.
    private func blocksNeeded(_ request: GenerationRequest) -> Int {
        let size = RowPlan.blockPositions
        let promptBlocks = (request.prompt.count + size - 1) / size
        let sharedBlocks = request.prompt.count / size
        let blocksPerResponse = (request.maximumPositions + size - 1) / size
        return promptBlocks + request.samples * (blocksPerResponse - sharedBlocks)
    }

    private func validate(_ request: GenerationRequest) throws(GenerationError) {
        let group = request.group
        guard !request.prompt.isEmpty else { throw .emptyPrompt(group: group) }
        let vocabulary = configuration.vocabularySize
        for id in request.prompt where id < 0 || Int(id) >= vocabulary {
            throw .token(id: id, group: group, vocabulary: vocabulary)
        }
        guard request.samples >= 1 else { throw .count(name: "samples", value: request.samples, group: group) }
        guard request.maxTokens >= 1 else { throw .count(name: "maxTokens", value: request.maxTokens, group: group) }
        guard request.temperature >= 0, request.temperature.isFinite else {
            throw .temperature(request.temperature, group: group)
        }
        let (positions, overflows) = request.prompt.count.addingReportingOverflow(request.maxTokens - 1)
        guard !overflows, positions <= configuration.maximumPositions else {
            throw .tooLong(
                positions: overflows ? .max : positions, maximum: configuration.maximumPositions, group: group)
        }
        if let budget = request.thinkingBudget {
            guard budget.tokens >= 1 else { throw .count(name: "thinkingBudget", value: budget.tokens, group: group) }
            for id in budget.stopTokens where id < 0 || Int(id) >= vocabulary {
                throw .token(id: id, group: group, vocabulary: vocabulary)
            }
        }
        guard request.samples <= limits.maximumRunningSequences else {
            throw .tooManySamples(samples: request.samples, maximum: limits.maximumRunningSequences, group: group)
        }
        let blocks = blocksNeeded(request)
        guard blocks <= limits.maximumBlocks else {
            throw .tooManyBlocks(blocks: blocks, maximum: limits.maximumBlocks, group: group)
        }
        let isKnown =
            waiting.contains { $0.request.group == group } || running.contains { $0.request.group == group }
        guard !isKnown else { throw .duplicate(group: group) }
    }
}

/// An admitted request that has no room yet.
private struct WaitingRequest {
    let request: GenerationRequest
    let pinned: LoadedPolicy?
}
