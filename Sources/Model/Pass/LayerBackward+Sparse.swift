import CKernels
import Tensor

extension LayerBackward {
    /// The sparse feed-forward half: experts, then the router through the gates, then the shared expert.
    func runSparse(
        _ sparse: LoadedSparse, _ parameters: SparseParameters, stream: UnsafeMutablePointer<Float>,
        report: inout RouterReport
    ) {
        guard let experts = configuration.experts else { preconditionFailure("a sparse layer without experts") }
        let normed = scratch.normed.reserve(rows * configuration.hiddenSize)
        let gateGradient = scratch.gateGradient.reserve(rows * experts.topK)
        backwardExperts(sparse, parameters, topK: experts.topK, stream: stream, gateGradient: gateGradient)
        backwardRouter(
            sparse, parameters.router, experts: experts, gateGradient: gateGradient, normed: normed, report: &report)
        reportOwnRoutes(experts, to: &report)
        addExpertInputGradients(topK: experts.topK, normed: normed)
        if let shared = sparse.shared, let sharedParameters = parameters.shared {
            backwardShared(shared, sharedParameters, stream: stream, normed: normed)
        }
        finishFeedForward(normed, stream: stream)
    }

    /// Input gradients of every slot, gradients of the gates [R][topK], and of the experts' weights.
    private func backwardExperts(
        _ sparse: LoadedSparse, _ parameters: SparseParameters, topK: Int, stream: UnsafePointer<Float>,
        gateGradient: UnsafeMutablePointer<Float>
    ) {
        let dispatch = activations.dispatch
        let slots = reserveSlots(rows * topK, inner: sparse.experts[0].inner)
        let gateOfSlot = dispatch.choiceOfSlot(rowCount: rows, topK: topK)
        team.run(tasks: dispatch.tasks.count) { index, _ in
            let task = dispatch.tasks[index]
            backwardExpert(
                sparse.experts[task.expert], slots: task.slots, choiceOfSlot: gateOfSlot, stream: stream,
                gateGradient: gateGradient, memory: slots)
        }
        var gradients: [WeightGradient] = []
        let (hidden, inner) = (configuration.hiddenSize, slots.inner)
        for (expert, parameters) in parameters.experts.enumerated() {
            let first = dispatch.offsets[expert]
            gradients += gatedGradients(
                parameters, in: sparse.experts[expert], rows: dispatch.offsets[expert + 1] - first,
                outputGradient: slots.outputGradient + first * hidden, activated: slots.activated + first * inner,
                gateUpGradient: slots.gateUpGradient + first * 2 * inner, input: slots.input + first * hidden)
        }
        WeightGradient.add(gradients, team: team)
    }

    /// Memory of the routed experts, by slot.
    private struct SlotMemory {
        let inner: Int
        let input: UnsafeMutablePointer<Float>
        let outputGradient: UnsafeMutablePointer<Float>
        let inputGradient: UnsafeMutablePointer<Float>
        let activated: UnsafeMutablePointer<Float>
        let activatedGradient: UnsafeMutablePointer<Float>
        let gateUpGradient: UnsafeMutablePointer<Float>
    }

    private func reserveSlots(_ count: Int, inner: Int) -> SlotMemory {
        let hidden = configuration.hiddenSize
        return SlotMemory(
            inner: inner, input: scratch.expertInput.reserve(count * hidden),
            outputGradient: scratch.expertOutputGradient.reserve(count * hidden),
            inputGradient: scratch.expertInputGradient.reserve(count * hidden),
            activated: scratch.expertActivated.reserve(count * inner),
            activatedGradient: scratch.expertActivatedGradient.reserve(count * inner),
            gateUpGradient: scratch.expertGateUpGradient.reserve(count * 2 * inner))
    }

    /// One task's slots of one expert; the algebra is that of `backwardGated`.
    private func backwardExpert(
        _ expert: LoadedGated, slots: Range<Int>, choiceOfSlot: UnsafePointer<Int32>, stream: UnsafePointer<Float>,
        gateGradient: UnsafeMutablePointer<Float>, memory: SlotMemory
    ) {
        let (hidden, inner, first, count) = (configuration.hiddenSize, memory.inner, slots.lowerBound, slots.count)
        let dispatch = activations.dispatch
        let outputGradient = memory.outputGradient + first * hidden
        dispatch.gather(
            slots, from: activations.feedForwardInput.pointer, width: hidden, to: memory.input + first * hidden)
        dispatch.gather(slots, from: stream, width: hidden, to: outputGradient)
        let activatedGradient = memory.activatedGradient + first * inner
        expert.down.backward.multiply(
            rows: count, outputGradient, stride: hidden, into: activatedGradient, stride: inner)
        let gateUp = activations.expertGateUp.pointer + first * 2 * inner
        let activated = memory.activated + first * inner
        apus_swiglu(count, inner, gateUp, 2 * inner, activated, inner)
        for (index, slot) in slots.enumerated() {
            let choice = Int(choiceOfSlot[slot])
            gateGradient[choice] = applyGate(
                activations.gates.pointer[choice], inner, activated + index * inner, activatedGradient + index * inner)
        }
        let gateUpGradient = memory.gateUpGradient + first * 2 * inner
        apus_swiglu_backward(
            count, inner, gateUp, 2 * inner, activatedGradient, inner, gateUpGradient, 2 * inner)
        expert.gateUp.backward.multiply(
            rows: count, gateUpGradient, stride: 2 * inner, into: memory.inputGradient + first * hidden, stride: hidden)
    }

    /// From the gates to the router's weights and to `normed` (overwritten).
    private func backwardRouter(
        _ sparse: LoadedSparse, _ parameter: ParameterTensor, experts: ModelConfiguration.Experts,
        gateGradient: UnsafePointer<Float>, normed: UnsafeMutablePointer<Float>, report: inout RouterReport
    ) {
        let (count, topK, hidden) = (experts.count, experts.topK, configuration.hiddenSize)
        let logits = scratch.routerLogitGradient.reserve(rows * count)
        team.run(count: rows, grain: RowForward.rowGrain) { range, _ in
            let first = range.lowerBound
            apus_router_backward(
                range.count, count, topK, experts.normalisesTopK,
                activations.routerProbabilities.pointer + first * count, activations.expertIDs.pointer + first * topK,
                activations.gates.pointer + first * topK, gateGradient + first * topK, logits + first * count)
        }
        if !derivatives.expertProbabilities.isEmpty {
            report.balanceLoss += apus_balance_backward(
                rows, count, activations.routerProbabilities.pointer, derivatives.expertProbabilities[sparseIndex],
                logits)
        }
        WeightGradient.add(
            [
                weightGradient(
                    parameter, in: sparse.router, outputGradient: logits, stride: count,
                    input: activations.feedForwardInput.pointer,
                    inputs: hidden, rows: rows)
            ], team: team)
        sparse.router.backward.multiply(rows: rows, logits, stride: count, into: normed, stride: hidden, team: team)
    }

    /// The router's own choice, where it was not asked.
    private func reportOwnRoutes(_ experts: ModelConfiguration.Experts, to report: inout RouterReport) {
        guard report.ownRoutes != nil else { return }
        let ids = scratch.ownExpertIDs.reserve(rows * experts.topK)
        apus_choose_experts(rows, experts.count, experts.topK, activations.routerProbabilities.pointer, ids)
        report.ownRoutes?.setLayer(sparseIndex, from: ids)
    }

    /// Each row adds what its experts passed back, in ascending order of expert.
    private func addExpertInputGradients(topK: Int, normed: UnsafeMutablePointer<Float>) {
        let hidden = configuration.hiddenSize
        let slots = activations.dispatch.slotOfChoice
        let source = scratch.expertInputGradient.pointer
        team.run(count: rows, grain: RowForward.rowGrain) { range, _ in
            for row in range {
                for choice in row * topK..<(row + 1) * topK {
                    apus_add(hidden, source + Int(slots[choice]) * hidden, normed + row * hidden)
                }
            }
        }
    }

    private func backwardShared(
        _ shared: LoadedSharedExpert, _ parameters: SharedExpertParameters, stream: UnsafePointer<Float>,
        normed: UnsafeMutablePointer<Float>
    ) {
        let hidden = configuration.hiddenSize
        let gates = activations.sharedGates.pointer
        // The second logit is the constant 0: its gate and its gradient stay out.
        let gateGradient = scratch.sharedGateGradient.reserve(rows * 2)
        let logits = scratch.sharedLogitGradient.reserve(rows * 2)
        let ids = scratch.sharedIDs.reserve(rows * 2)
        for row in 0..<rows {
            gateGradient[2 * row + 1] = 0
            ids[2 * row] = 0
            ids[2 * row + 1] = 1
        }
        backwardGated(
            shared.expert, parameters.expert, outputGradient: stream, gates: gates, gateGradient: gateGradient,
            to: normed, accumulate: true)
        apus_router_backward(rows, 2, 2, false, gates, ids, gates, gateGradient, logits)
        WeightGradient.add(
            [
                weightGradient(
                    parameters.gate, in: shared.gate, outputGradient: logits, stride: 2,
                    input: activations.feedForwardInput.pointer,
                    inputs: hidden, rows: rows)
            ], team: team)
        shared.gate.backward.multiply(
            rows: rows, logits, stride: 2, into: normed, stride: hidden, accumulate: true, team: team)
    }
}
