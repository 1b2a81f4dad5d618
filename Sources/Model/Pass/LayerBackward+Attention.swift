import CKernels
import Tensor

extension LayerBackward {
    /// The attention half: output projection, attention, rotation, head norms, projections, input norm.
    func runAttention(stream: UnsafeMutablePointer<Float>) {
        let (hidden, querySize) = (configuration.hiddenSize, configuration.querySize)
        let attended = scratch.attendedGradient.reserve(rows * querySize)
        layer.output.backward.multiply(
            rows: rows, stream, stride: hidden, into: attended, stride: querySize, team: team)
        backwardAttention(attended)
        let width = layer.queryKeyValue.outputs
        let projections = scratch.projectionGradient.reserve(rows * width)
        backwardHeads(projections)
        addWeightGradients(stream: stream, projections: projections)
        let normed = scratch.normed.reserve(rows * hidden)
        layer.queryKeyValue.backward.multiply(
            rows: rows, projections, stride: width, into: normed, stride: hidden, team: team)
        backwardNorm(
            layer.inputNorm, parameters.inputNorm, input: input, inverseRMS: activations.inputInverseRMS.pointer,
            normed: normed, stream: stream)
    }

    /// Gradients of rotated queries, rotated keys and values. One task is one tree and one key/value head: within it segments
    /// run in order, so what the responses add to the prompt's keys and values is added in a fixed order.
    private func backwardAttention(_ attended: UnsafePointer<Float>) {
        let (heads, keyValueHeads) = (configuration.headCount, configuration.keyValueHeadCount)
        let dimension = configuration.headDimension
        let segments = kept.batch.segments
        let trees = kept.trees
        let queries = scratch.queryGradient.reserve(rows * configuration.querySize)
        let keys = scratch.keyGradient.reserve(rows * configuration.keyValueSize)
        let values = scratch.valueGradient.reserve(rows * configuration.keyValueSize)
        keys.update(repeating: 0, count: rows * configuration.keyValueSize)
        values.update(repeating: 0, count: rows * configuration.keyValueSize)
        let scratchSize = segments.reduce(0) { size, segment in
            max(size, attentionScratch(segment, prefix: segment.prefix.map { segments[$0] }))
        }
        let scratch = self.scratch.attention.reserve(team.threads * scratchSize)
        team.run(tasks: trees.count * keyValueHeads) { task, thread in
            let (tree, head) = task.quotientAndRemainder(dividingBy: keyValueHeads)
            for index in trees[tree] where segments[index].length > 0 {
                let segment = segments[index]
                let prefix = segment.prefix.map { segments[$0] }
                apus_attention_backward(
                    heads, keyValueHeads, dimension, head, 1 / Float(dimension).squareRoot(), segment.start,
                    segment.length, prefix?.start ?? 0, prefix?.length ?? 0, activations.queries.pointer,
                    activations.keys.pointer, activations.values.pointer, activations.attended.pointer,
                    activations.logSumExp.pointer, attended, queries, keys, values, scratch + thread * scratchSize)
            }
        }
    }

    private func attentionScratch(_ segment: PackedBatch.Segment, prefix: PackedBatch.Segment?) -> Int {
        apus_attention_backward_scratch(
            configuration.headCount, configuration.keyValueHeadCount, configuration.headDimension, segment.length,
            prefix?.length ?? 0)
    }

    /// Rotates gradients back and takes them through the head norms into `projections` [R][Q + 2K].
    private func backwardHeads(_ projections: UnsafeMutablePointer<Float>) {
        team.run(count: rows, grain: RowForward.rowGrain) { range, _ in
            rotateBack(range, scratch.queryGradient.pointer, heads: configuration.headCount)
            rotateBack(range, scratch.keyGradient.pointer, heads: configuration.keyValueHeadCount)
        }
        let (querySize, keyValueSize) = (configuration.querySize, configuration.keyValueSize)
        backwardHeadNorm(
            layer.queryNorm, parameters.queryNorm, heads: configuration.headCount, column: 0,
            inverseRMS: activations.queryInverseRMS.pointer, from: scratch.queryGradient.pointer, to: projections)
        backwardHeadNorm(
            layer.keyNorm, parameters.keyNorm, heads: configuration.keyValueHeadCount, column: querySize,
            inverseRMS: activations.keyInverseRMS.pointer, from: scratch.keyGradient.pointer, to: projections)
        copyHeads(scratch.valueGradient.pointer, width: keyValueSize, column: querySize + keyValueSize, to: projections)
    }

    private func rotateBack(_ range: Range<Int>, _ values: UnsafeMutablePointer<Float>, heads: Int) {
        let width = heads * configuration.headDimension
        kept.plan.positions.withUnsafeBufferPointer { positions in
            guard let positions = positions.baseAddress else { return }
            let rotary = pass.forward.rotary
            apus_rope(
                range.count, heads, configuration.headDimension, values + range.lowerBound * width, width,
                positions + range.lowerBound, rotary.cosines.pointer, rotary.sines.pointer, true)
        }
    }

    /// Columns `column` … of the projections' gradient, from that of the normed heads; without norm a copy.
    private func backwardHeadNorm(
        _ weight: FloatBuffer?, _ parameter: ParameterTensor?, heads: Int, column: Int,
        inverseRMS: UnsafePointer<Float>, from source: UnsafePointer<Float>,
        to projections: UnsafeMutablePointer<Float>
    ) {
        let dimension = configuration.headDimension
        let (width, stride) = (heads * dimension, layer.queryKeyValue.outputs)
        guard let weight, let parameter else {
            return copyHeads(source, width: width, column: column, to: projections)
        }
        let raw = activations.projections.pointer
        pass.sumPartially(rows: rows, into: gradient.pointer(parameter), count: dimension) { range, partial in
            for row in range {
                let start = row * stride + column
                apus_rmsnorm_backward(
                    heads, dimension, raw + start, dimension, weight.pointer, inverseRMS + row * heads,
                    source + row * width, dimension, projections + start, dimension, false, partial)
            }
        }
    }

    private func copyHeads(
        _ source: UnsafePointer<Float>, width: Int, column: Int, to projections: UnsafeMutablePointer<Float>
    ) {
        let stride = layer.queryKeyValue.outputs
        team.run(count: rows, grain: RowForward.rowGrain) { range, _ in
            for row in range {
                (projections + row * stride + column).update(from: source + row * width, count: width)
            }
        }
    }

    private func addWeightGradients(stream: UnsafePointer<Float>, projections: UnsafePointer<Float>) {
        let (hidden, querySize, keyValueSize) = (
            configuration.hiddenSize, configuration.querySize, configuration.keyValueSize
        )
        let stride = layer.queryKeyValue.outputs
        var column = 0
        var gradients = [
            weightGradient(
                parameters.outputProjection.weight, in: layer.output, outputGradient: stream, stride: hidden,
                input: activations.attended.pointer, inputs: querySize, rows: rows)
        ]
        for (projection, width) in [
            (parameters.queryProjection, querySize), (parameters.keyProjection, keyValueSize),
            (parameters.valueProjection, keyValueSize),
        ] {
            gradients.append(
                weightGradient(
                    projection.weight, in: layer.queryKeyValue, outputGradient: projections + column, stride: stride,
                    input: activations.attentionInput.pointer, inputs: hidden, rows: rows))
            if let bias = projection.bias {
                addBiasGradient(bias, projections + column, stride: stride)
            }
            column += width
        }
        WeightGradient.add(gradients, team: team)
    }

    private func addBiasGradient(_ bias: ParameterTensor, _ outputGradient: UnsafePointer<Float>, stride: Int) {
        pass.sumPartially(rows: rows, into: gradient.pointer(bias), count: bias.count) { range, partial in
            for row in range { apus_add(bias.count, outputGradient + row * stride, partial) }
        }
    }
}
