import CKernels
import Tensor

extension RowForward {
    /// output = middle + down(silu(gate x) · up x) with x = norm(middle).
    func runDense(
        _ gated: LoadedGated, rows: Int, keeping: Bool, activations: LayerActivations,
        output: UnsafeMutablePointer<Float>
    ) {
        runGated(gated, rows: rows, keeping: keeping, activations: activations, output: output)
        let hidden = configuration.hiddenSize
        let middle = activations.middle.pointer
        team.run(count: rows, grain: Self.rowGrain) { range, _ in
            let start = range.lowerBound * hidden
            apus_add(range.count * hidden, middle + start, output + start)
        }
    }

    /// output = down(silu(gate x) · up x) for all rows. The activation follows each block of gate x and up x while it is in
    /// the cache.
    private func runGated(
        _ gated: LoadedGated, rows: Int, keeping: Bool, activations: LayerActivations,
        output: UnsafeMutablePointer<Float>
    ) {
        let hidden = configuration.hiddenSize
        let kept = keeping ? activations.gateUp.reserve(rows * 2 * gated.inner) : nil
        let activated = scratch.activated(rows: rows, of: gated)
        gated.gateUp.forward.multiplyInBlocks(
            rows: rows, .exact(activations.feedForwardInput.pointer, stride: hidden), stacked: 2, team: team
        ) { block in
            if let kept { keep(block, inner: gated.inner, in: kept) }
            let (first, column, count) = (block.rows.lowerBound, block.columns.lowerBound, block.columns.count)
            switch activated {
            case .exact(let to, let stride):
                apus_swiglu(
                    block.rows.count, count, block.values, block.stride, to + first * stride + column, stride)
            case .rounded(let to, let stride):
                apus_swiglu_rounded(
                    block.rows.count, count, block.values, block.stride, to + first * stride + column, stride)
            }
        }
        gated.down.forward.multiply(
            rows: rows, activated.asLeftRows, into: output, stride: hidden, team: team)
    }

    /// Copies a block of gate x and up x to where the backward reads them, [rows][2I].
    private func keep(_ block: ProductBlock, inner: Int, in kept: UnsafeMutablePointer<Float>) {
        for (index, row) in block.rows.enumerated() {
            let from = block.values + index * block.stride
            let to = kept + row * 2 * inner + block.columns.lowerBound
            to.update(from: from, count: block.columns.count)
            (to + inner).update(from: from + block.columns.count, count: block.columns.count)
        }
    }

    /// output = middle + Σ gate · expert(x) over the chosen experts in ascending order, + shared gate · shared expert(x).
    func runSparse(
        _ sparse: LoadedSparse, rows: Int, replay: UnsafePointer<Int16>?, keeping: Bool,
        activations: LayerActivations, output: UnsafeMutablePointer<Float>
    ) {
        guard let experts = configuration.experts else { preconditionFailure("a sparse layer without experts") }
        route(sparse, experts: experts, rows: rows, replay: replay, activations: activations)
        runExperts(sparse, topK: experts.topK, rows: rows, activations: activations)
        if let shared = sparse.shared {
            runShared(shared, rows: rows, keeping: keeping, activations: activations)
        }
        combine(
            topK: experts.topK, hasShared: sparse.shared != nil, rows: rows, activations: activations, output: output)
    }

    private func route(
        _ sparse: LoadedSparse, experts: ModelConfiguration.Experts, rows: Int, replay: UnsafePointer<Int16>?,
        activations: LayerActivations
    ) {
        let (count, topK) = (experts.count, experts.topK)
        let logits = scratch.routerLogits.reserve(rows * count)
        let probabilities = activations.routerProbabilities.reserve(rows * count)
        let ids = activations.expertIDs.reserve(rows * topK)
        let gates = activations.gates.reserve(rows * topK)
        sparse.router.forward.multiply(
            rows: rows, activations.feedForwardInput.pointer, stride: configuration.hiddenSize, into: logits,
            stride: count, team: team)
        team.run(count: rows, grain: Self.rowGrain) { range, _ in
            let first = range.lowerBound
            apus_router(
                range.count, count, topK, experts.normalisesTopK, logits + first * count,
                replay.map { $0 + first * topK }, ids + first * topK, gates + first * topK,
                probabilities + first * count)
        }
        activations.dispatch.build(ids: ids, rowCount: rows, topK: topK, experts: count)
    }

    /// Expert outputs, slot by slot: each task gathers rows of one expert and takes them through its three matrices.
    private func runExperts(_ sparse: LoadedSparse, topK: Int, rows: Int, activations: LayerActivations) {
        let (hidden, inner) = (configuration.hiddenSize, sparse.experts[0].inner)
        let dispatch = activations.dispatch
        let gateUp = activations.expertGateUp.reserve(rows * topK * 2 * inner)
        let outputs = scratch.expertOutputs.reserve(rows * topK * hidden)
        let slotsPerTask = dispatch.tasks.reduce(0) { max($0, $1.slots.count) }
        let gathered = scratch.gathered.reserve(team.threads * slotsPerTask * hidden)
        let activated = scratch.gatheredActivated.reserve(team.threads * slotsPerTask * inner)
        team.run(tasks: dispatch.tasks.count) { index, thread in
            let task = dispatch.tasks[index]
            let (first, count) = (task.slots.lowerBound, task.slots.count)
            let x = gathered + thread * slotsPerTask * hidden
            let a = activated + thread * slotsPerTask * inner
            dispatch.gather(task.slots, from: activations.feedForwardInput.pointer, width: hidden, to: x)
            let expert = sparse.experts[task.expert]
            let gateUp = gateUp + first * 2 * inner
            expert.gateUp.forward.multiply(rows: count, x, stride: hidden, into: gateUp, stride: 2 * inner)
            apus_swiglu(count, inner, gateUp, 2 * inner, a, inner)
            expert.down.forward.multiply(
                rows: count, a, stride: inner, into: outputs + first * hidden, stride: hidden)
        }
    }

    private func runShared(
        _ shared: LoadedSharedExpert, rows: Int, keeping: Bool, activations: LayerActivations
    ) {
        let outputs = scratch.sharedOutputs.reserve(rows * configuration.hiddenSize)
        runGated(shared.expert, rows: rows, keeping: keeping, activations: activations, output: outputs)
        let logits = scratch.sharedGateLogits.reserve(rows * 2)
        let ids = scratch.sharedGateIDs.reserve(rows * 2)
        let gates = activations.sharedGates.reserve(rows * 2)
        shared.gate.forward.multiply(
            rows: rows, activations.feedForwardInput.pointer, stride: configuration.hiddenSize, into: logits, stride: 2,
            team: team)
        apus_router(rows, 2, 2, false, logits, nil, ids, gates, nil)
    }

    private func combine(
        topK: Int, hasShared: Bool, rows: Int, activations: LayerActivations, output: UnsafeMutablePointer<Float>
    ) {
        let hidden = configuration.hiddenSize
        let slots = activations.dispatch.slotOfChoice
        let gates = activations.gates.pointer
        team.run(count: rows, grain: Self.rowGrain) { range, _ in
            for row in range {
                let destination = output + row * hidden
                destination.update(repeating: 0, count: hidden)
                for choice in row * topK..<(row + 1) * topK {
                    apus_add_scaled(
                        hidden, gates[choice], scratch.expertOutputs.pointer + Int(slots[choice]) * hidden, destination)
                }
                if hasShared {
                    apus_add_scaled(
                        hidden, activations.sharedGates.pointer[2 * row], scratch.sharedOutputs.pointer + row * hidden,
                        destination)
                }
                apus_add(hidden, activations.middle.pointer + row * hidden, destination)
            }
        }
    }
}

/// Where silu(gate x) · up x goes: [rows][stride], as the product that takes it wants it.
private enum ActivatedRows {
    case exact(UnsafeMutablePointer<Float>, stride: Int)
    case rounded(UnsafeMutablePointer<UInt16>, stride: Int)

    var asLeftRows: LeftRows {
        switch self {
        case .exact(let rows, let stride): .exact(rows, stride: stride)
        case .rounded(let rows, let stride): .rounded(rows, stride: stride)
        }
    }
}

extension ForwardScratch {
    /// Room for what `gated.down` multiplies.
    fileprivate func activated(rows: Int, of gated: LoadedGated) -> ActivatedRows {
        guard gated.down.forward.arithmetic == .bf16 else {
            return .exact(activated.reserve(rows * gated.inner), stride: gated.inner)
        }
        let stride = LeftRows.roundedStride(gated.inner)
        return .rounded(roundedActivated.reserve(rows * stride), stride: stride)
    }
}

extension ExpertDispatch {
    /// Copies the rows of `slots` from `source` [rows][width] to `destination` [slots.count][width].
    func gather(
        _ slots: Range<Int>, from source: UnsafePointer<Float>, width: Int, to destination: UnsafeMutablePointer<Float>
    ) {
        for (index, slot) in slots.enumerated() {
            (destination + index * width).update(from: source + Int(rowOfSlot[slot]) * width, count: width)
        }
    }
}
