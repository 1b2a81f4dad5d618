import CKernels
import Testing

/// Log-sum-exp, entropy, the gradient of log-probabilities, sampling.
@Suite struct HeadTests {
    static let vocabularies = [1, 15, 16, 17, 512, 5003]

    func logSumExp(_ z: [Double]) -> Double {
        let largest = z.max() ?? 0
        return largest + logarithm(z.reduce(0) { $0 + exponential($1 - largest) })
    }

    @Test(arguments: vocabularies)
    func logSumExpAndEntropy(vocabulary: Int) {
        let rows = 3
        let ld = vocabulary + 2
        var random = RandomNumbers(seed: vocabulary)
        let logits = random.floats(rows * ld, scale: 12)
        for (name, inverseTemperature) in instructionSets.flatMap({ [($0, Float(1)), ($0, Float(1.25))] }) {
            with(instructionSet: name) {
                var sums = [Float](repeating: .nan, count: rows)
                var entropies = sums
                apus_log_sum_exp(rows, vocabulary, logits, ld, inverseTemperature, &sums, &entropies)
                for row in 0..<rows {
                    let z = logits[row * ld..<row * ld + vocabulary].map { Double($0 * inverseTemperature) }
                    let expected = logSumExp(z)
                    let entropy = -z.reduce(0) { $0 + exponential($1 - expected) * ($1 - expected) }
                    #expect(abs(Double(sums[row]) - expected) < 1e-6 * max(1, abs(expected)))
                    #expect(abs(Double(entropies[row]) - entropy) < 2e-6)
                }
                var alone = sums
                apus_log_sum_exp(rows, vocabulary, logits, ld, inverseTemperature, &alone, nil)
                expectSameBits(alone, sums)
            }
        }
    }

    /// Rows that are summed up part by part, wherever the parts come from, are those summed up as a whole.
    @Test(arguments: [1, 511, 512, 513, 1700, 5003])
    func partsMakeTheWhole(vocabulary: Int) {
        let (rows, width) = (4, Int(APUS_SOFTMAX_PART))
        var random = RandomNumbers(seed: vocabulary)
        var logits = random.floats(rows * vocabulary, scale: 20)
        // One row with a part of impossible tokens, one whose parts are too far apart to matter to each other.
        for i in 0..<min(width, vocabulary - 1) { logits[vocabulary + i] = -.infinity }
        for i in vocabulary / 2..<vocabulary { logits[2 * vocabulary + i] -= 400 }
        let count = (vocabulary + width - 1) / width
        for name in instructionSets {
            with(instructionSet: name) {
                let nothing = [Float](repeating: .nan, count: rows)
                var (sums, entropies, joined, joinedEntropies) = (nothing, nothing, nothing, nothing)
                var parts = [apus_partial_softmax](repeating: .init(), count: rows * count)
                for part in 0..<count {
                    let columns = part * width..<min((part + 1) * width, vocabulary)
                    let block = (0..<rows).flatMap { row in columns.map { logits[row * vocabulary + $0] } + [.nan] }
                    parts.withUnsafeMutableBufferPointer { parts in
                        apus_softmax_part(
                            rows, columns.count, block, columns.count + 1, 0.8, parts.baseAddress.map { $0 + part },
                            count)
                    }
                }
                apus_log_sum_exp_of_parts(rows, count, parts, &joined, &joinedEntropies)
                apus_log_sum_exp(rows, vocabulary, logits, vocabulary, 0.8, &sums, &entropies)
                expectSameBits(joined, sums)
                expectSameBits(joinedEntropies, entropies)
                for row in 0..<rows {
                    let z = (0..<vocabulary).map { Double(logits[row * vocabulary + $0] * 0.8) }
                    let sum = logSumExp(z)
                    let entropy = -z.reduce(0) { $1.isFinite ? $0 + exponential($1 - sum) * ($1 - sum) : $0 }
                    #expect(abs(Double(sums[row]) - sum) < 1e-6 * max(1, abs(sum)))
                    #expect(abs(Double(entropies[row]) - entropy) < 3e-6)
                }
            }
        }
    }

    @Test func impossibleTokensHaveNoPartInTheEntropy() {
        var logits = [Float](repeating: -.infinity, count: 40)
        logits[3] = 2
        logits[30] = 2
        var sum: Float = 0
        var entropy: Float = 0
        apus_log_sum_exp(1, 40, logits, 40, 1, &sum, &entropy)
        #expect(abs(Double(sum) - 2 - logarithm(2)) < 1e-6)
        #expect(abs(Double(entropy) - logarithm(2)) < 1e-6)
        logits[5] = .nan
        apus_log_sum_exp(1, 40, logits, 40, 1, &sum, &entropy)
        #expect(sum.isNaN)
    }

    @Test(arguments: [1, 16, 37, 200])
    func logProbabilityBackward(vocabulary: Int) {
        let rows = 3
        let ld = vocabulary + 1
        var random = RandomNumbers(seed: vocabulary)
        let logits = random.floats(rows * ld, scale: 4)
        // Row 0 has two predictions, one of them twice over; row 1 none; row 2 one.
        let offsets: [Int32] = [0, 3, 3, 4]
        let targets = [0, vocabulary - 1, 0, vocabulary / 2].map(Int32.init)
        let upstream: [Float] = [0.5, -1.5, 0.25, 2]
        let inverseTemperature: Float = 0.8
        for name in instructionSets {
            with(instructionSet: name) {
                var sums = [Float](repeating: 0, count: rows)
                var entropies = sums
                apus_log_sum_exp(rows, vocabulary, logits, ld, inverseTemperature, &sums, &entropies)
                for dEntropies in [nil, [0.75, 0, -2.5]] as [[Float]?] {
                    var gradient = logits
                    apus_log_prob_backward(
                        rows, vocabulary, &gradient, ld, inverseTemperature, sums, entropies, offsets, targets,
                        upstream, dEntropies)
                    for row in 0..<rows {
                        let own = Int(offsets[row])..<Int(offsets[row + 1])
                        let range = row * ld..<row * ld + vocabulary
                        let expected = numericalGradient(logits[range].map(Double.init)) { logits in
                            let z = logits.map { $0 * Double(inverseTemperature) }
                            let sum = logSumExp(z)
                            let entropy = -z.reduce(0) { $0 + exponential($1 - sum) * ($1 - sum) }
                            return own.reduce(Double(dEntropies?[row] ?? 0) * entropy) {
                                $0 + Double(upstream[$1]) * (z[Int(targets[$1])] - sum)
                            }
                        }
                        #expect(zip(gradient[range], expected).allSatisfy { abs(Double($0) - $1) < 3e-6 })
                        #expect(gradient[row * ld + vocabulary] == logits[row * ld + vocabulary])
                    }
                }
            }
        }
    }

    /// A token of probability 0 has no part in the entropy's gradient, and none of its infinite log-probability shows.
    @Test func impossibleTokensHaveNoGradientOfTheEntropy() {
        var logits = [Float](repeating: -.infinity, count: 40)
        logits[3] = 1
        logits[30] = 2
        var (sum, entropy) = (Float(0), Float(0))
        apus_log_sum_exp(1, 40, logits, 40, 1, &sum, &entropy)
        var gradient = logits
        apus_log_prob_backward(1, 40, &gradient, 40, 1, [sum], [entropy], [0, 1], [3], [0], [1])
        #expect(gradient.allSatisfy(\.isFinite) && gradient[3] > 0.1 && abs(gradient[3] + gradient[30]) < 1e-6)
        #expect(gradient.indices.allSatisfy { [3, 30].contains($0) || gradient[$0] == 0 })
    }
}

@Suite struct SamplingTests {
    func logSumExp(_ logits: [Float], _ inverseTemperature: Float) -> Float {
        var sum: Float = 0
        apus_log_sum_exp(1, logits.count, logits, logits.count, inverseTemperature, &sum, nil)
        return sum
    }

    /// At equally spaced quantiles each token comes up in proportion to its probability, to within one.
    @Test(arguments: [2, 16, 50])
    func distribution(vocabulary: Int) {
        var random = RandomNumbers(seed: vocabulary)
        let logits = random.floats(vocabulary, scale: 3)
        let inverseTemperature: Float = 0.7
        let sum = logSumExp(logits, inverseTemperature)
        let draws = 20_000
        for name in instructionSets {
            with(instructionSet: name) {
                var counts = [Int](repeating: 0, count: vocabulary)
                var previous: Int32 = 0
                for draw in 0..<draws {
                    let uniform = (Double(draw) + 0.5) / Double(draws)
                    let token = apus_sample(vocabulary, logits, inverseTemperature, sum, uniform)
                    #expect(token >= previous)
                    previous = token
                    counts[Int(token)] += 1
                }
                for (token, count) in counts.enumerated() {
                    let probability = exponential(Double(logits[token] * inverseTemperature - sum))
                    #expect(abs(Double(count) - probability * Double(draws)) < 1.1)
                }
            }
        }
    }

    @Test func edges() {
        for name in instructionSets {
            with(instructionSet: name) {
                // Impossible tokens at both ends are never drawn, not even at the ends of the interval.
                var logits = [Float](repeating: -.infinity, count: 50)
                logits[20] = 0
                logits[21] = 1
                logits[33] = 3
                logits[35] = -1
                let sum = logSumExp(logits, 1)
                #expect(apus_sample(50, logits, 1, sum, 0) == 20)
                #expect(apus_sample(50, logits, 1, sum, 1.0.nextDown) == 35)
                // When rounding leaves the sum short of `uniform`, the last possible token.
                #expect(apus_sample(50, logits, 1, sum + 0.5, 0.99) == 35)
                #expect(apus_sample(1, [3], 1, 3, 0.5) == 0)
                #expect(apus_sample(3, [.nan, .nan, .nan], 1, .nan, 0.5) == -1)
            }
        }
    }

    @Test func largest() {
        for name in instructionSets {
            with(instructionSet: name) {
                var random = RandomNumbers(seed: 1)
                var logits = random.floats(100)
                #expect(apus_argmax(100, logits) == Int32(logits.indices.max { logits[$0] < logits[$1] } ?? -1))
                logits[40] = 7
                logits[77] = 7
                #expect(apus_argmax(100, logits) == 40)
                logits[3] = .nan
                #expect(apus_argmax(100, logits) == 40)
                #expect(apus_argmax(2, [-.infinity, -.infinity]) == 0)
                #expect(apus_argmax(3, [-5, -3, -4]) == 1)
            }
        }
    }
}
