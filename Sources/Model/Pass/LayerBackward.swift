import CKernels
import Tensor

/// The backward of one decoder layer. Role: turns the gradient of the residual stream leaving the layer into that entering it,
/// in place, and adds the gradients of the layer's weights. Owner: a `PolicyPass`; lives for one layer of one backward.
///
/// dx = dy·W runs on the forward's kernels with transposed packs. The sums over rows, dW = dyᵀ·x, are collected and run together
/// at the end of each half, for balance. R rows, H hidden, Q and K query and key width, I inner, S slots.
struct LayerBackward {
    let pass: PolicyPass
    let policy: LoadedPolicy
    let index: Int
    let kept: PolicyPass.KeptForward
    let gradient: ParameterArena
    let derivatives: LossDerivatives

    var configuration: ModelConfiguration { pass.configuration }
    var team: ThreadTeam { pass.team }
    var scratch: BackwardScratch { pass.backwardScratch }
    var layer: LoadedLayer { policy.layers[index] }
    var parameters: LayerParameters { policy.layout.layer(index) }
    var activations: LayerActivations { pass.forward.activations(ofLayer: index) }
    var rows: Int { kept.batch.rowCount }
    /// The residual stream that entered the layer [R][H].
    var input: UnsafeMutablePointer<Float> { pass.forward.keptStream(index) }

    /// The layer's column in routing tables, if it is sparse.
    var sparseIndex: Int { (0..<index).count { configuration.isSparse(layer: $0) } }

    func run(stream: UnsafeMutablePointer<Float>, report: inout RouterReport) {
        recomputeIfNeeded()
        switch (layer.feedForward, parameters.feedForward) {
        case (.dense(let gated), .dense(let gatedParameters)):
            runDense(gated, gatedParameters, stream: stream)
        case (.sparse(let sparse), .sparse(let sparseParameters)):
            runSparse(sparse, sparseParameters, stream: stream, report: &report)
        default:
            preconditionFailure("policy and layout disagree about layer \(index)")
        }
        runAttention(stream: stream)
    }

    /// When only layer inputs were kept: the layer's forward again, with the experts of the first time. Its output would be
    /// the next layer's input, which is no longer needed, and is written there.
    private func recomputeIfNeeded() {
        guard pass.recomputesLayers else { return }
        pass.forward.runLayer(
            index, sparseIndex: sparseIndex, policy: policy, plan: kept.plan, pool: pass.pool, replay: kept.routes,
            input: input, output: pass.forward.keptStream(index + 1), keeping: true, activations: activations)
    }

    /// stream += derivative of a norm's input, from `normed` [R][H]; adds the gradient of the norm's weight.
    func backwardNorm(
        _ weight: FloatBuffer, _ parameter: ParameterTensor, input: UnsafePointer<Float>,
        inverseRMS: UnsafePointer<Float>, normed: UnsafePointer<Float>, stream: UnsafeMutablePointer<Float>
    ) {
        let hidden = configuration.hiddenSize
        pass.sumPartially(rows: rows, into: gradient.pointer(parameter), count: hidden) { range, partial in
            let start = range.lowerBound * hidden
            apus_rmsnorm_backward(
                range.count, hidden, input + start, hidden, weight.pointer, inverseRMS + range.lowerBound,
                normed + start, hidden, stream + start, hidden, true, partial)
        }
    }

    /// The gradient of `parameter`, which is packed in `matrix`.
    func weightGradient(
        _ parameter: ParameterTensor, in matrix: PackedLinear, outputGradient: UnsafePointer<Float>, stride: Int,
        input: UnsafePointer<Float>,
        inputs: Int, rows: Int
    ) -> WeightGradient {
        WeightGradient(
            outputGradient: outputGradient, outputStride: stride, input: input, inputStride: inputs, rows: rows,
            outputs: parameter.shape[0], inputs: inputs, destination: gradient.pointer(parameter),
            arithmetic: matrix.forward.arithmetic)
    }
}
