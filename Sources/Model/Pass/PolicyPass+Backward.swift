import CKernels
import Tensor

extension PolicyPass {
    /// Rows over which one partial sum of a vector's gradient (norm weights, biases) runs. Fixed: the order of additions, and
    /// so the bits of gradients, must not follow the thread count.
    static let sumGrain = 64

    /// Adds to `gradient` the derivative of a loss of log-probabilities alone.
    package func backward(
        _ policy: LoadedPolicy, dLogProbabilities: [Float], into gradient: ParameterArena
    ) throws(PolicyPassError) {
        _ = try backward(policy, LossDerivatives(logProbabilities: dLogProbabilities), into: gradient)
    }

    /// Adds to `gradient` the derivative of a loss whose derivatives in what the last forward (which kept activations) gave are
    /// known. The expert choice is constant; gates have gradient. Results don't depend on the number of threads. Can be called
    /// once per forward.
    package func backward(
        _ policy: LoadedPolicy, _ derivatives: LossDerivatives, into gradient: ParameterArena
    ) throws(PolicyPassError) -> RouterReport {
        guard let kept = takeKept() else { throw .state("backward needs a forward with keepActivations before it") }
        guard policy.version == kept.version, policy.isForTraining else {
            throw .state("backward needs the policy of the forward, version \(kept.version), not \(policy.version)")
        }
        try derivatives.validate(configuration, predictions: kept.batch.predictions.count)
        let count = kept.batch.rowCount * configuration.hiddenSize
        let stream = backwardScratch.stream.reserve(count)
        stream.update(repeating: 0, count: count)
        backwardHead(policy, kept: kept, derivatives: derivatives, stream: stream, gradient: gradient)
        var report = RouterReport(ownRoutes: kept.isReplayed ? kept.routes : nil)
        for index in (0..<configuration.layerCount).reversed() {
            let layer = LayerBackward(
                pass: self, policy: policy, index: index, kept: kept, gradient: gradient, derivatives: derivatives)
            layer.run(stream: stream, report: &report)
        }
        backwardEmbedding(kept: kept, stream: stream, gradient: gradient)
        return report
    }

    /// From the log-probabilities to the residual stream that left the last layer, chunk by chunk, computing the logits again.
    private func backwardHead(
        _ policy: LoadedPolicy, kept: KeptForward, derivatives: LossDerivatives, stream: UnsafeMutablePointer<Float>,
        gradient: ParameterArena
    ) {
        let output = forward.keptStream(configuration.layerCount)
        let predictions = kept.predictions
        let ordered = predictions.order.map { derivatives.logProbabilities[$0] }
        let entropies = derivatives.entropies.isEmpty ? nil : predictions.sumByRow(derivatives.entropies)
        for range in predictions.chunks(of: head.chunkRows) {
            let chunk = predictions.rows.withUnsafeBufferPointer { rows in
                head.project(policy, stream: output, rows: UnsafeBufferPointer(rebasing: rows[range]))
            }
            differentiateLogits(
                chunk, range: range, kept: kept, dLogProbabilities: ordered, dEntropies: entropies)
            backwardProjection(policy, chunk: chunk, stream: stream, gradient: gradient)
        }
    }

    /// Turns the logits of a chunk into the loss's derivative in them.
    private func differentiateLogits(
        _ chunk: LanguageModelHead.Chunk, range: Range<Int>, kept: KeptForward, dLogProbabilities: [Float],
        dEntropies: [Float]?
    ) {
        let vocabulary = configuration.vocabularySize
        let predictions = kept.predictions
        team.run(count: range.count, grain: 4) { part, _ in
            let first = range.lowerBound + part.lowerBound
            let end = first + part.count
            // Copies of a few numbers per row, beside a row of logits.
            apus_log_prob_backward(
                part.count, vocabulary, chunk.logits + part.lowerBound * vocabulary, vocabulary,
                kept.inverseTemperature, Array(kept.logSumExp[first..<end]), Array(kept.rowEntropies[first..<end]),
                Array(predictions.offsets[first...end]), predictions.targets, dLogProbabilities,
                dEntropies.map { Array($0[first..<end]) })
        }
    }

    private func backwardProjection(
        _ policy: LoadedPolicy, chunk: LanguageModelHead.Chunk, stream: UnsafeMutablePointer<Float>,
        gradient: ParameterArena
    ) {
        let (hidden, vocabulary, rows) = (configuration.hiddenSize, configuration.vocabularySize, chunk.rows.count)
        let layout = policy.layout
        WeightGradient.add(
            [
                WeightGradient(
                    outputGradient: chunk.logits, outputStride: vocabulary, input: chunk.norm.output,
                    inputStride: hidden, rows: rows, outputs: vocabulary, inputs: hidden,
                    destination: gradient.pointer(layout.languageModelHead), arithmetic: policy.arithmetic)
            ], team: team)
        let normed = backwardScratch.normed.reserve(rows * hidden)
        policy.languageModelHead.backward.multiply(
            rows: rows, chunk.logits, stride: vocabulary, into: normed, stride: hidden, team: team)
        // The chunk's rows are scattered: differentiate the norm over its own input, in place, and add where they belong.
        sumPartially(rows: rows, into: gradient.pointer(layout.finalNorm), count: hidden) { part, partial in
            for index in part {
                apus_rmsnorm_backward(
                    1, hidden, chunk.norm.input + index * hidden, hidden, policy.finalNorm.pointer,
                    chunk.norm.inverseRMS + index, normed + index * hidden, hidden,
                    stream + Int(chunk.rows[index]) * hidden, hidden, true, partial)
            }
        }
    }

    /// Rows add to the embeddings of their tokens, in row order; threads share the columns.
    private func backwardEmbedding(kept: KeptForward, stream: UnsafePointer<Float>, gradient: ParameterArena) {
        let hidden = configuration.hiddenSize
        let table = gradient.pointer(gradient.layout.embedding)
        team.run(count: hidden, grain: 64) { columns, _ in
            for (row, token) in kept.plan.tokens.enumerated() {
                apus_add(
                    columns.count, stream + row * hidden + columns.lowerBound,
                    table + Int(token) * hidden + columns.lowerBound)
            }
        }
    }

    /// Adds a sum over rows to `destination` [count]. `body` adds its rows, in order, to a partial sum of zeros; the partial
    /// sums of fixed chunks of rows are then added in order.
    func sumPartially(
        rows: Int, into destination: UnsafeMutablePointer<Float>, count: Int,
        _ body: (_ rows: Range<Int>, _ partial: UnsafeMutablePointer<Float>) -> Void
    ) {
        let chunks = (rows + Self.sumGrain - 1) / Self.sumGrain
        let partials = backwardScratch.partialSums.reserve(chunks * count)
        partials.update(repeating: 0, count: chunks * count)
        team.run(count: rows, grain: Self.sumGrain) { range, _ in
            body(range, partials + range.lowerBound / Self.sumGrain * count)
        }
        for chunk in 0..<chunks { apus_add(count, partials + chunk * count, destination) }
    }
}
