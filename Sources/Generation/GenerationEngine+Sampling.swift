import CKernels
import Model
import Tensor

extension GenerationEngine {
    /// One token for every response row and G for every last prompt row, in the order of `sampledSources`.
    func sample(
        stream: UnsafePointer<Float>, under policy: LoadedPolicy
    ) throws(GenerationError) -> [[SampledToken]] {
        let rows = sources.indices.filter { sources[$0].isSampled }.map { Int32($0) }
        var sampled = rows.map { row in
            Array(repeating: SampledToken(id: -1, logProbability: .nan), count: tokensSampled(from: sources[Int(row)]))
        }
        for first in stride(from: 0, to: rows.count, by: head.chunkRows) {
            let range = first..<min(first + head.chunkRows, rows.count)
            rows.withUnsafeBufferPointer { rows in
                sampled.withUnsafeMutableBufferPointer { sampled in
                    let sampled = sampled
                    let chunk = head.project(policy, stream: stream, rows: UnsafeBufferPointer(rebasing: rows[range]))
                    team.run(tasks: range.count) { index in
                        let source = sources[Int(chunk.rows[index])]
                        sample(
                            source, logits: chunk.logits + index * configuration.vocabularySize,
                            into: &sampled[range.lowerBound + index])
                    }
                }
            }
        }
        for (row, tokens) in zip(rows, sampled) where tokens.contains(where: { !$0.logProbability.isFinite }) {
            throw .nonFiniteLogits(group: sources[Int(row)].group.request.group, version: policy.version)
        }
        return sampled
    }

    private func tokensSampled(from source: RowSource) -> Int {
        switch source {
        case .prompt(let group, _): group.request.samples
        case .response: 1
        }
    }

    /// Samples from one row of logits: its position is the index of the new token in the response.
    private func sample(_ source: RowSource, logits: UnsafePointer<Float>, into tokens: inout [SampledToken]) {
        let request = source.group.request
        var logSumExp: Float = 0
        apus_log_sum_exp(
            1, configuration.vocabularySize, logits, configuration.vocabularySize, request.inverseTemperature,
            &logSumExp, nil)
        // Nothing can be drawn from such a row; the caller finds the tokens it did not get and reports them.
        guard logSumExp.isFinite else { return }
        for index in tokens.indices {
            let (sample, response): (UInt32, [Int32]) =
                switch source {
                case .prompt: (UInt32(index), [])
                case .response(_, let sequence): (sequence.sample, sequence.tokens)
                }
            let forced = request.thinkingBudget?.forcedToken(after: response)
            let id =
                forced
                ?? draw(request, sample: sample, position: response.count, logits: logits, logSumExp: logSumExp)
            let logProbability = LanguageModelHead.logProbability(
                logit: logits[Int(id)], inverseTemperature: request.inverseTemperature, logSumExp: logSumExp)
            tokens[index] = SampledToken(id: id, logProbability: logProbability, isForced: forced != nil)
        }
    }

    private func draw(
        _ request: GenerationRequest, sample: UInt32, position: Int, logits: UnsafePointer<Float>, logSumExp: Float
    ) -> Int32 {
        let vocabulary = configuration.vocabularySize
        if request.temperature == 0 { return apus_argmax(vocabulary, logits) }
        let uniform = Philox.uniform(
            runSeed: request.runSeed, group: request.group, sample: sample, position: UInt32(position))
        return apus_sample(vocabulary, logits, request.inverseTemperature, logSumExp, uniform)
    }
}
