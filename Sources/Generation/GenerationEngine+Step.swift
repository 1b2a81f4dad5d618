import CKernels
import Model
import Tensor

/// What a row of the step's plan is for.
enum RowSource {
    /// Row `row` of a group's prompt.
    case prompt(RunningGroup, row: Int)
    /// The last token of a response.
    case response(RunningGroup, RunningSequence)
}

extension GenerationEngine {
    /// Rows of a step: of each group that `policy` generates either the next chunk of its prompt or the last token of each
    /// unfinished response.
    func planStep(under policy: LoadedPolicy) {
        plan.removeAll()
        sources.removeAll(keepingCapacity: true)
        var promptBudget = limits.prefillRows
        for group in running where self.policy(of: group) === policy {
            if group.isPrefilling {
                let count = min(promptBudget, group.request.prompt.count - group.prefilled)
                planPrompt(group, rows: group.prefilled..<group.prefilled + count)
                promptBudget -= count
            } else {
                for sequence in group.sequences where sequence.finish == nil { planResponse(group, sequence) }
            }
        }
    }

    private func planPrompt(_ group: RunningGroup, rows: Range<Int>) {
        guard !rows.isEmpty else { return }
        extend(&group.promptBlocks, toHold: rows.upperBound)
        let table = plan.addTable(group.promptBlocks)
        for row in rows {
            plan.addRow(token: group.request.prompt[row], position: row, table: table)
            sources.append(.prompt(group, row: row))
        }
    }

    private func planResponse(_ group: RunningGroup, _ sequence: RunningSequence) {
        guard let token = sequence.tokens.last else { preconditionFailure("a response without a token to feed") }
        let position = group.request.prompt.count + sequence.tokens.count - 1
        extend(&sequence.blocks, toHold: position + 1)
        plan.addRow(token: token, position: position, table: plan.addTable(sequence.blocks))
        sources.append(.response(group, sequence))
    }

    /// Allocates blocks until `positions` fit. They are reserved, so there always is one.
    private func extend(_ blocks: inout [Int32], toHold positions: Int) {
        while blocks.count * RowPlan.blockPositions < positions { blocks.append(allocate()) }
    }

    private func allocate() -> Int32 {
        guard let block = allocator.allocate() else { preconditionFailure("a running group lacks its reserved block") }
        return block
    }

    /// Keeps the experts of the rows just computed: they are in effect for the tokens sampled in this step.
    func record(_ routes: RoutingTable) {
        for (row, source) in sources.enumerated() {
            switch source {
            case .prompt(let group, let promptRow): group.promptRoutes.setRow(promptRow, from: routes, row: row)
            case .response(_, let sequence): sequence.routes.appendRow(from: routes, row: row)
            }
        }
    }

    /// Adds the sampled tokens; a prompt read to its end becomes its group's responses.
    func apply(_ sampled: [[SampledToken]], under policy: LoadedPolicy) {
        var promptRows = 0
        for source in sources {
            if case .prompt(let group, let row) = source {
                group.prefilled = row + 1
                promptRows += 1
            }
        }
        for (source, tokens) in zip(sampledSources, sampled) {
            switch source {
            case .prompt(let group, _):
                fork(group)
                for (sequence, token) in zip(group.sequences, tokens) {
                    add(token, to: sequence, of: group, under: policy)
                }
            case .response(let group, let sequence):
                add(tokens[0], to: sequence, of: group, under: policy)
            }
        }
        count(sampledTokens: sampled.reduce(0) { $0 + $1.count }, promptRows: promptRows)
    }

    /// The rows whose logits are sampled: responses, and last rows of prompts.
    var sampledSources: [RowSource] { sources.filter { $0.isSampled } }

    private func add(
        _ token: SampledToken, to sequence: RunningSequence, of group: RunningGroup, under policy: LoadedPolicy
    ) {
        sequence.append(token, policy: policy, request: group.request)
        guard sequence.finish != nil else { return }
        for block in sequence.blocks { allocator.release(block) }
        sequence.blocks = []
    }

    /// Gives every response the prompt's cache: full blocks shared, the partly filled one copied.
    private func fork(_ group: RunningGroup) {
        let sharedCount = group.sharedBlockCount
        let shared = group.promptBlocks.prefix(sharedCount)
        group.sequences = (0..<group.request.samples).map { sample in
            var blocks = Array(shared)
            for block in shared { allocator.retain(block) }
            if let partial = group.promptBlocks.dropFirst(sharedCount).first {
                let copy = allocate()
                pool.copyBlock(partial, to: copy)
                blocks.append(copy)
            }
            return RunningSequence(
                sample: UInt32(sample), blocks: blocks, request: group.request, promptRoutes: group.promptRoutes)
        }
        for block in group.promptBlocks { allocator.release(block) }
        group.promptBlocks = []
    }
}

extension RowSource {
    var group: RunningGroup {
        switch self {
        case .prompt(let group, _), .response(let group, _): group
        }
    }

    var isSampled: Bool {
        switch self {
        case .prompt(let group, let row): row == group.request.prompt.count - 1
        case .response: true
        }
    }
}
