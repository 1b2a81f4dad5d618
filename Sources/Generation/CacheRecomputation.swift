import Model

/// Computes the caches of everything that follows the engine's policy again, under the present one. Role: what makes a change of version
/// exact. Owner: one call of `install`. Rows go through the forward in chunks of `prefillRows`; a row never comes before those
/// it sees.
struct CacheRecomputation {
    let engine: GenerationEngine
    /// Rows of the plan whose experts count: prompts still being read, of which nothing has been sampled yet.
    private var unread: [(planRow: Int, group: RunningGroup, row: Int)] = []

    init(engine: GenerationEngine) { self.engine = engine }

    mutating func run() {
        engine.plan.removeAll()
        for group in engine.running where group.pinned == nil {
            if group.isPrefilling {
                addPrompt(group, rows: group.prefilled, table: group.promptBlocks, copies: [])
            } else {
                addResponses(group)
            }
        }
        flush(atLeast: 1)
    }

    /// The prompt goes through the first unfinished response's table; its rows in the partly filled block are written into
    /// every other response's copy as well.
    private mutating func addResponses(_ group: RunningGroup) {
        let prompt = group.request.prompt
        let sequences = group.sequences.filter { $0.finish == nil }
        guard let first = sequences.first else { return }
        let copies = sequences.dropFirst().compactMap { $0.blocks.dropFirst(group.sharedBlockCount).first }
        addPrompt(group, rows: prompt.count, table: first.blocks, copies: copies)
        for sequence in sequences {
            var table = engine.plan.addTable(sequence.blocks)
            for (index, token) in sequence.tokens.dropLast().enumerated() {
                engine.plan.addRow(token: token, position: prompt.count + index, table: table)
                if flush(atLeast: engine.limits.prefillRows) { table = engine.plan.addTable(sequence.blocks) }
            }
        }
    }

    /// `copies`: where rows beyond the shared blocks are written too.
    private mutating func addPrompt(_ group: RunningGroup, rows: Int, table blocks: [Int32], copies: [Int32]) {
        var table = engine.plan.addTable(blocks)
        for (position, token) in group.request.prompt.prefix(rows).enumerated() {
            let row = engine.plan.addRow(token: token, position: position, table: table)
            if group.isPrefilling { unread.append((row, group, position)) }
            if position / RowPlan.blockPositions >= group.sharedBlockCount {
                for block in copies { engine.plan.addCopy(ofRow: row, to: block) }
            }
            if flush(atLeast: engine.limits.prefillRows) { table = engine.plan.addTable(blocks) }
        }
    }

    /// Computes the planned rows if there are at least that many; true if it did.
    @discardableResult
    private mutating func flush(atLeast minimum: Int) -> Bool {
        guard engine.plan.rowCount >= minimum else { return false }
        var routes: RoutingTable? = engine.routingTable(rows: engine.plan.rowCount)
        _ = engine.forward.run(engine.policy, engine.plan, pool: engine.pool, routes: &routes)
        if let routes {
            for entry in unread { entry.group.promptRoutes.setRow(entry.row, from: routes, row: entry.planRow) }
        }
        unread.removeAll(keepingCapacity: true)
        engine.count(recomputedRows: engine.plan.rowCount)
        engine.plan.removeAll()
        return true
    }
}
