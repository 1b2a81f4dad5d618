import CKernels
package import Tensor

/// Final norm and projection onto the vocabulary, a chunk of rows at a time, so logits of all rows never exist together.
/// Role: the one source of log-probabilities, for sampling and for learning. Owner: one engine or pass.
package final class LanguageModelHead {
    let configuration: ModelConfiguration
    let team: ThreadTeam
    let parts = ScratchBuffer<apus_partial_softmax>()
    private let gathered = ScratchBuffer<Float>()
    private let normed = ScratchBuffer<Float>()
    private let inverseRMS = ScratchBuffer<Float>()
    private let logits = ScratchBuffer<Float>()
    /// Rows per chunk: fixed by the shape alone, because the order of the backward's sums follows it.
    package let chunkRows: Int

    /// Floats of one chunk's logits (32 MB), and most rows of one.
    private static let chunkBudget = 8 << 20
    private static let maximumChunkRows = 512
    /// Rows per task of the norm.
    private static let normGrain = 32

    package init(configuration: ModelConfiguration, team: ThreadTeam) {
        self.configuration = configuration
        self.team = team
        chunkRows = max(8, min(Self.maximumChunkRows, Self.chunkBudget / configuration.vocabularySize))
    }

    /// Rows on their way through the head. Valid until the next call of `normalise` or `project`.
    struct NormedRows {
        /// Residual stream of the rows [rows][hidden], the same after the norm, and 1/rms [rows].
        let input: UnsafeMutablePointer<Float>
        let output: UnsafeMutablePointer<Float>
        let inverseRMS: UnsafeMutablePointer<Float>
    }

    /// A chunk of rows with its logits. Valid until the next call of `project`.
    package struct Chunk {
        package let rows: UnsafeBufferPointer<Int32>
        let norm: NormedRows
        /// [rows][vocabulary], before the temperature.
        package let logits: UnsafeMutablePointer<Float>
    }

    /// Logits of `rows` (at most `chunkRows`) of the residual stream [·][hidden].
    package func project(
        _ policy: LoadedPolicy, stream: UnsafePointer<Float>, rows: UnsafeBufferPointer<Int32>
    ) -> Chunk {
        precondition(rows.count <= chunkRows, "a chunk of \(rows.count) rows exceeds \(chunkRows)")
        let (hidden, vocabulary, count) = (configuration.hiddenSize, configuration.vocabularySize, rows.count)
        let chunk = Chunk(
            rows: rows, norm: normalise(policy, stream: stream, rows: rows),
            logits: logits.reserve(count * vocabulary))
        policy.languageModelHead.forward.multiply(
            rows: count, chunk.norm.output, stride: hidden, into: chunk.logits, stride: vocabulary, team: team)
        return chunk
    }

    /// The final norm of `rows` of the residual stream [·][hidden].
    func normalise(
        _ policy: LoadedPolicy, stream: UnsafePointer<Float>, rows: UnsafeBufferPointer<Int32>
    ) -> NormedRows {
        let (hidden, count) = (configuration.hiddenSize, rows.count)
        let result = NormedRows(
            input: gathered.reserve(count * hidden), output: normed.reserve(count * hidden),
            inverseRMS: inverseRMS.reserve(count))
        team.run(count: count, grain: Self.normGrain) { range, _ in
            for index in range {
                (result.input + index * hidden).update(from: stream + Int(rows[index]) * hidden, count: hidden)
            }
            let start = range.lowerBound * hidden
            apus_rmsnorm(
                range.count, hidden, result.input + start, hidden, policy.finalNorm.pointer, configuration.normEpsilon,
                result.output + start, hidden, result.inverseRMS + range.lowerBound)
        }
        return result
    }

    /// log p of a token from its logit: the one expression of it, so that sampler and learner agree in the last bit.
    package static func logProbability(logit: Float, inverseTemperature: Float, logSumExp: Float) -> Float {
        logit * inverseTemperature - logSumExp
    }
}
