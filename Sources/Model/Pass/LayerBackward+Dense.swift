import CKernels
import Tensor

extension LayerBackward {
    /// The dense feed-forward half. The residual passes `stream` on; the norm's gradient is added to it.
    func runDense(_ gated: LoadedGated, _ parameters: GatedParameters, stream: UnsafeMutablePointer<Float>) {
        let normed = scratch.normed.reserve(rows * configuration.hiddenSize)
        backwardGated(
            gated, parameters, outputGradient: stream, gates: nil, gateGradient: nil, to: normed, accumulate: false)
        finishFeedForward(normed, stream: stream)
    }

    /// From the gradient of the normed input of the feed-forward to the stream.
    func finishFeedForward(_ normed: UnsafePointer<Float>, stream: UnsafeMutablePointer<Float>) {
        backwardNorm(
            layer.postAttentionNorm, parameters.postAttentionNorm, input: activations.middle.pointer,
            inverseRMS: activations.middleInverseRMS.pointer, normed: normed, stream: stream)
    }

    /// Backward of y = g · down(silu(gate x) · up x) over all rows, where g (stride 2) is 1 if `gates` is nil: the input's
    /// gradient to `inputGradient` (or added), the gate's to `gateGradient` (stride 2), and the weights'.
    ///
    /// With a = silu(gate x) · up x: ∂a = g · dyᵀ W_down, ∂g = (dyᵀ W_down) · a, ∂W_down = dyᵀ (g a).
    func backwardGated(
        _ gated: LoadedGated, _ parameters: GatedParameters, outputGradient: UnsafePointer<Float>,
        gates: UnsafePointer<Float>?, gateGradient: UnsafeMutablePointer<Float>?,
        to inputGradient: UnsafeMutablePointer<Float>, accumulate: Bool
    ) {
        let (hidden, inner) = (configuration.hiddenSize, gated.inner)
        let activatedGradient = scratch.activatedGradient.reserve(rows * inner)
        let activated = scratch.activated.reserve(rows * inner)
        let gateUpGradient = scratch.gateUpGradient.reserve(rows * 2 * inner)
        gated.down.backward.multiply(
            rows: rows, outputGradient, stride: hidden, into: activatedGradient, stride: inner, team: team)
        let gateUp = activations.gateUp.pointer
        team.run(count: rows, grain: 8) { range, _ in
            let (start, doubled) = (range.lowerBound * inner, range.lowerBound * 2 * inner)
            apus_swiglu(range.count, inner, gateUp + doubled, 2 * inner, activated + start, inner)
            if let gates, let gateGradient {
                for row in range {
                    gateGradient[2 * row] = applyGate(
                        gates[2 * row], inner, activated + row * inner, activatedGradient + row * inner)
                }
            }
            apus_swiglu_backward(
                range.count, inner, gateUp + doubled, 2 * inner, activatedGradient + start, inner,
                gateUpGradient + doubled, 2 * inner)
        }
        WeightGradient.add(
            gatedGradients(
                parameters, in: gated, rows: rows, outputGradient: outputGradient, activated: activated,
                gateUpGradient: gateUpGradient, input: activations.feedForwardInput.pointer),
            team: team)
        gated.gateUp.backward.multiply(
            rows: rows, gateUpGradient, stride: 2 * inner, into: inputGradient, stride: hidden, accumulate: accumulate,
            team: team)
    }

    /// Scales one row's activations and their gradient by its gate and returns the gate's gradient.
    func applyGate(
        _ gate: Float, _ inner: Int, _ activated: UnsafeMutablePointer<Float>,
        _ activatedGradient: UnsafeMutablePointer<Float>
    ) -> Float {
        var lanes = SIMD16<Float>.zero
        var index = 0
        while index + 16 <= inner {
            let a = UnsafeRawPointer(activated + index).loadUnaligned(as: SIMD16<Float>.self)
            let da = UnsafeRawPointer(activatedGradient + index).loadUnaligned(as: SIMD16<Float>.self)
            lanes += a * da
            UnsafeMutableRawPointer(activated + index).storeBytes(of: a * gate, as: SIMD16<Float>.self)
            UnsafeMutableRawPointer(activatedGradient + index).storeBytes(of: da * gate, as: SIMD16<Float>.self)
            index += 16
        }
        var sum = lanes.sum()
        while index < inner {
            sum += activated[index] * activatedGradient[index]
            activated[index] *= gate
            activatedGradient[index] *= gate
            index += 1
        }
        return sum
    }

    /// The three weight gradients of one gated feed-forward over `rows` adjacent rows.
    func gatedGradients(
        _ parameters: GatedParameters, in gated: LoadedGated, rows: Int, outputGradient: UnsafePointer<Float>,
        activated: UnsafePointer<Float>, gateUpGradient: UnsafePointer<Float>, input: UnsafePointer<Float>
    ) -> [WeightGradient] {
        let (hidden, inner) = (configuration.hiddenSize, parameters.gate.shape[0])
        return [
            weightGradient(
                parameters.gate, in: gated.gateUp, outputGradient: gateUpGradient, stride: 2 * inner, input: input,
                inputs: hidden,
                rows: rows),
            weightGradient(
                parameters.up, in: gated.gateUp, outputGradient: gateUpGradient + inner, stride: 2 * inner,
                input: input, inputs: hidden,
                rows: rows),
            weightGradient(
                parameters.down, in: gated.down, outputGradient: outputGradient, stride: hidden, input: activated,
                inputs: inner,
                rows: rows),
        ]
    }
}
