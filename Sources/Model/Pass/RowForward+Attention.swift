import CKernels
import Tensor

extension RowForward {
    /// Rows per task of element-wise phases.
    static let rowGrain = 32

    /// middle = input + Wo · attention(norm(input)).
    func attend(
        _ layer: LoadedLayer, plan: RowPlan, pool: KeyValuePool, poolLayer: Int, input: UnsafePointer<Float>,
        activations: LayerActivations
    ) {
        let (rows, hidden) = (plan.rowCount, configuration.hiddenSize)
        normalise(
            rows: rows, input, weight: layer.inputNorm, to: activations.attentionInput,
            inverseRMS: activations.inputInverseRMS)
        let width = layer.queryKeyValue.outputs
        let projections = activations.projections.reserve(rows * width)
        layer.queryKeyValue.forward.multiply(
            rows: rows, activations.attentionInput.pointer, stride: hidden, into: projections, stride: width, team: team
        )
        rotateAndStore(layer, plan: plan, pool: pool, poolLayer: poolLayer, activations: activations)
        attend(rows: rows, plan: plan, activations: activations)
        let middle = activations.middle.reserve(rows * hidden)
        layer.output.forward.multiply(
            rows: rows, activations.attended.pointer, stride: configuration.querySize, into: middle, stride: hidden,
            team: team)
        let feedForwardInput = activations.feedForwardInput.reserve(rows * hidden)
        let inverseRMS = activations.middleInverseRMS.reserve(rows)
        team.run(count: rows, grain: Self.rowGrain) { range, _ in
            let start = range.lowerBound * hidden
            apus_add(range.count * hidden, input + start, middle + start)
            apus_rmsnorm(
                range.count, hidden, middle + start, hidden, layer.postAttentionNorm.pointer, configuration.normEpsilon,
                feedForwardInput + start, hidden, inverseRMS + range.lowerBound)
        }
    }

    /// output [rows][hidden] = norm(input).
    func normalise(
        rows: Int, _ input: UnsafePointer<Float>, weight: FloatBuffer, to output: ScratchBuffer<Float>,
        inverseRMS: ScratchBuffer<Float>
    ) {
        let hidden = configuration.hiddenSize
        let (output, inverseRMS) = (output.reserve(rows * hidden), inverseRMS.reserve(rows))
        team.run(count: rows, grain: Self.rowGrain) { range, _ in
            apus_rmsnorm(
                range.count, hidden, input + range.lowerBound * hidden, hidden, weight.pointer,
                configuration.normEpsilon, output + range.lowerBound * hidden, hidden, inverseRMS + range.lowerBound)
        }
    }

    /// Bias, head norms and rotation; then keys and values into their blocks.
    private func rotateAndStore(
        _ layer: LoadedLayer, plan: RowPlan, pool: KeyValuePool, poolLayer: Int, activations: LayerActivations
    ) {
        let rows = plan.rowCount
        activations.queries.reserve(rows * configuration.querySize)
        activations.keys.reserve(rows * configuration.keyValueSize)
        activations.values.reserve(rows * configuration.keyValueSize)
        activations.queryInverseRMS.reserve(rows * configuration.headCount)
        activations.keyInverseRMS.reserve(rows * configuration.keyValueHeadCount)
        team.run(count: rows, grain: Self.rowGrain) { range, _ in
            if let bias = layer.queryKeyValueBias {
                let width = layer.queryKeyValue.outputs
                apus_add_bias(
                    range.count, width, bias.pointer, activations.projections.pointer + range.lowerBound * width, width)
            }
            for row in range { splitHeads(layer, row: row, activations: activations) }
            rotate(range, plan: plan, activations: activations)
            for row in range {
                let position = Int(plan.positions[row])
                let table = Int(plan.tableOffsets[Int(plan.tableOfRow[row])])
                store(
                    row: row, in: plan.tableBlocks[table + position / RowPlan.blockPositions], plan: plan, pool: pool,
                    poolLayer: poolLayer, activations: activations)
            }
        }
        team.run(count: plan.copies.count, grain: Self.rowGrain) { range, _ in
            for (row, block) in plan.copies[range] {
                store(
                    row: Int(row), in: block, plan: plan, pool: pool, poolLayer: poolLayer, activations: activations)
            }
        }
    }

    /// Separates one row's projections into queries, keys and values, with the head norms of the families that have them.
    private func splitHeads(_ layer: LoadedLayer, row: Int, activations: LayerActivations) {
        let (querySize, keyValueSize) = (configuration.querySize, configuration.keyValueSize)
        let projection = activations.projections.pointer + row * (querySize + 2 * keyValueSize)
        splitHeads(
            projection, heads: configuration.headCount, norm: layer.queryNorm,
            to: activations.queries.pointer + row * querySize,
            inverseRMS: activations.queryInverseRMS.pointer + row * configuration.headCount)
        splitHeads(
            projection + querySize, heads: configuration.keyValueHeadCount, norm: layer.keyNorm,
            to: activations.keys.pointer + row * keyValueSize,
            inverseRMS: activations.keyInverseRMS.pointer + row * configuration.keyValueHeadCount)
        (activations.values.pointer + row * keyValueSize).update(
            from: projection + querySize + keyValueSize, count: keyValueSize)
    }

    private func splitHeads(
        _ source: UnsafePointer<Float>, heads: Int, norm: FloatBuffer?, to destination: UnsafeMutablePointer<Float>,
        inverseRMS: UnsafeMutablePointer<Float>
    ) {
        let dimension = configuration.headDimension
        if let norm {
            apus_rmsnorm(
                heads, dimension, source, dimension, norm.pointer, configuration.normEpsilon, destination, dimension,
                inverseRMS)
        } else {
            destination.update(from: source, count: heads * dimension)
        }
    }

    private func rotate(_ range: Range<Int>, plan: RowPlan, activations: LayerActivations) {
        plan.positions.withUnsafeBufferPointer { positions in
            guard let positions = positions.baseAddress else { return }
            for (buffer, heads) in [
                (activations.queries, configuration.headCount), (activations.keys, configuration.keyValueHeadCount),
            ] {
                let width = heads * configuration.headDimension
                apus_rope(
                    range.count, heads, configuration.headDimension, buffer.pointer + range.lowerBound * width, width,
                    positions + range.lowerBound, rotary.cosines.pointer, rotary.sines.pointer, false)
            }
        }
    }

    private func store(
        row: Int, in block: Int32, plan: RowPlan, pool: KeyValuePool, poolLayer: Int, activations: LayerActivations
    ) {
        let width = configuration.keyValueSize
        apus_store_key_value(
            configuration.keyValueHeadCount, configuration.headDimension, activations.keys.pointer + row * width,
            activations.values.pointer + row * width, Int(plan.positions[row]) % RowPlan.blockPositions,
            pool.keys(layer: poolLayer, block: block), pool.values(layer: poolLayer, block: block))
    }

    /// Attention of all rows. Tasks are runs of adjacent rows, small enough to keep every thread busy.
    private func attend(rows: Int, plan: RowPlan, activations: LayerActivations) {
        let (heads, keyValueHeads) = (configuration.headCount, configuration.keyValueHeadCount)
        let (dimension, width) = (configuration.headDimension, configuration.querySize)
        let scratchSize = apus_attention_scratch(heads, keyValueHeads, dimension, Int(plan.highestPosition) + 1)
        let scratch = self.scratch.attention.reserve(team.threads * scratchSize)
        let attended = activations.attended.reserve(rows * width)
        let logSumExp = activations.logSumExp.reserve(rows * heads)
        let grain = max(1, min(16, rows / (4 * team.threads)))
        team.run(count: rows, grain: grain) { range, thread in
            apus_attention(
                range.count, heads, keyValueHeads, dimension, 1 / Float(dimension).squareRoot(),
                activations.queries.pointer + range.lowerBound * width, width, tables.rows + range.lowerBound,
                attended + range.lowerBound * width, width, logSumExp + range.lowerBound * heads,
                scratch + thread * scratchSize)
        }
    }
}
