import CKernels
import Tensor

extension LanguageModelHead {
    /// What is said of the distributions that predictions are made by.
    struct Distributions {
        /// log Σ exp of each row's logits, divided by the temperature, and entropy in nats [rows].
        var logSumExp: [Float]
        var entropies: [Float]
        /// The logit of each prediction's target, in the order of `RowPredictions`, before the temperature.
        var targetLogits: [Float]
    }

    /// Rows whose norms exist together.
    private static let rowsAtOnce = 1024

    /// The distributions of all rows with predictions. Their logits exist in blocks only, each summed up as soon as it is there:
    /// all of one row together would be written to memory and read again, which takes longer than to compute them.
    /// Bit by bit what `apus_log_sum_exp` says of the logits of `project`.
    func distributions(
        _ policy: LoadedPolicy, stream: UnsafePointer<Float>, predictions: RowPredictions, inverseTemperature: Float
    ) -> Distributions {
        let rows = predictions.rows.count
        var result = Distributions(
            logSumExp: [Float](repeating: 0, count: rows), entropies: [Float](repeating: 0, count: rows),
            targetLogits: [Float](repeating: 0, count: predictions.order.count))
        for range in predictions.chunks(of: Self.rowsAtOnce) {
            let norm = predictions.rows.withUnsafeBufferPointer { rows in
                normalise(policy, stream: stream, rows: UnsafeBufferPointer(rebasing: rows[range]))
            }
            result.targetLogits.withUnsafeMutableBufferPointer { targetLogits in
                sumUp(
                    policy, norm, range, of: predictions, inverseTemperature: inverseTemperature,
                    targetLogits: targetLogits)
            }
            result.logSumExp.withUnsafeMutableBufferPointer { sums in
                result.entropies.withUnsafeMutableBufferPointer { entropies in
                    guard let sums = sums.baseAddress, let entropies = entropies.baseAddress else { return }
                    let first = range.lowerBound
                    team.run(count: range.count, grain: 32) { [partCount, parts = parts.pointer] part, _ in
                        apus_log_sum_exp_of_parts(
                            part.count, partCount, parts + part.lowerBound * partCount,
                            sums + first + part.lowerBound, entropies + first + part.lowerBound)
                    }
                }
            }
        }
        return result
    }

    private var partCount: Int { (configuration.vocabularySize + partWidth - 1) / partWidth }
    private var partWidth: Int { Int(APUS_SOFTMAX_PART) }

    /// `parts` of the rows `range` and the logits of their targets.
    private func sumUp(
        _ policy: LoadedPolicy, _ norm: NormedRows, _ range: Range<Int>, of predictions: RowPredictions,
        inverseTemperature: Float, targetLogits: UnsafeMutableBufferPointer<Float>
    ) {
        let (count, width) = (partCount, partWidth)
        let parts = parts.reserve(range.count * count)
        policy.languageModelHead.forward.multiplyInBlocks(
            rows: range.count, .exact(norm.output, stride: configuration.hiddenSize), columnsPerBlock: width,
            team: team
        ) { block in
            apus_softmax_part(
                block.rows.count, block.columns.count, block.values, block.stride, inverseTemperature,
                parts + block.rows.lowerBound * count + block.columns.lowerBound / width, count)
            for (index, row) in block.rows.enumerated() {
                let row = range.lowerBound + row
                for prediction in Int(predictions.offsets[row])..<Int(predictions.offsets[row + 1]) {
                    let target = Int(predictions.targets[prediction])
                    guard block.columns.contains(target) else { continue }
                    targetLogits[prediction] = block.values[index * block.stride + target - block.columns.lowerBound]
                }
            }
        }
    }
}
