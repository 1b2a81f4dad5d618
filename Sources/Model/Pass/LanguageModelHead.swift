import CKernels
package import Tensor

/// Final norm and projection onto the vocabulary, a chunk of rows at a time, so logits of all rows never exist together.
/// Role: the one source of log-probabilities, for sampling and for learning. Owner: one engine or pass.
package final class LanguageModelHead {
    private let configuration: ModelConfiguration
    private let team: ThreadTeam
    private let gathered = ScratchBuffer<Float>()
    private let normed = ScratchBuffer<Float>()
    private let inverseRMS = ScratchBuffer<Float>()
    private let logits = ScratchBuffer<Float>()
    /// Rows per chunk: fixed by the shape alone, because the order of the backward's sums follows it.
    package let chunkRows: Int

    /// Floats of one chunk's logits (32 MB), and most rows of one.
    private static let chunkBudget = 8 << 20
    private static let maximumChunkRows = 512

    package init(configuration: ModelConfiguration, team: ThreadTeam) {
        self.configuration = configuration
        self.team = team
        chunkRows = max(8, min(Self.maximumChunkRows, Self.chunkBudget / configuration.vocabularySize))
    }

    /// One chunk on its way through the head. Valid until the next call of `project`.
    package struct Chunk {
        package let rows: UnsafeBufferPointer<Int32>
        /// Residual stream of the rows [rows][hidden], its norm, and 1/rms [rows].
        let input: UnsafeMutablePointer<Float>
        let normed: UnsafeMutablePointer<Float>
        let inverseRMS: UnsafeMutablePointer<Float>
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
            rows: rows, input: gathered.reserve(count * hidden), normed: normed.reserve(count * hidden),
            inverseRMS: inverseRMS.reserve(count), logits: logits.reserve(count * vocabulary))
        for (index, row) in rows.enumerated() {
            (chunk.input + index * hidden).update(from: stream + Int(row) * hidden, count: hidden)
        }
        apus_rmsnorm(
            count, hidden, chunk.input, hidden, policy.finalNorm.pointer, configuration.normEpsilon, chunk.normed,
            hidden,
            chunk.inverseRMS)
        policy.languageModelHead.forward.multiply(
            rows: count, chunk.normed, stride: hidden, into: chunk.logits, stride: vocabulary, team: team)
        return chunk
    }

    /// log p of a token from its logit: the one expression of it, so that sampler and learner agree in the last bit.
    package static func logProbability(logit: Float, inverseTemperature: Float, logSumExp: Float) -> Float {
        logit * inverseTemperature - logSumExp
    }
}
