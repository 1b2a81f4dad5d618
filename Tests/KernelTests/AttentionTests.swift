import CKernels
import Testing

/// A shape of attention to test, and how long the shared prompt and its responses are.
struct AttentionCase: Sendable, CustomTestStringConvertible {
    let heads, keyValueHeads, headDimension, prompt: Int
    let responses: [Int]

    var testDescription: String { "\(heads)/\(keyValueHeads)×\(headDimension), \(prompt)+\(responses)" }

    static let all = [
        AttentionCase(heads: 4, keyValueHeads: 2, headDimension: 32, prompt: 37, responses: [5, 40, 1, 18]),
        AttentionCase(heads: 9, keyValueHeads: 3, headDimension: 64, prompt: 16, responses: [20, 33]),
        AttentionCase(heads: 3, keyValueHeads: 3, headDimension: 20, prompt: 15, responses: [2, 3, 4]),
        AttentionCase(heads: 16, keyValueHeads: 1, headDimension: 16, prompt: 1, responses: [30]),
        AttentionCase(heads: 2, keyValueHeads: 1, headDimension: 288, prompt: 5, responses: [14]),
        AttentionCase(heads: 2, keyValueHeads: 1, headDimension: 8, prompt: 300, responses: [9, 250]),
        AttentionCase(heads: 5, keyValueHeads: 5, headDimension: 48, prompt: 64, responses: [17, 17, 17, 17]),
    ]
}

/// A prompt and its responses as packed rows: queries, keys and values, segments.
struct AttentionBatch {
    let shape: AttentionCase
    let q: [Float]
    var k, v: [Float]
    let segments: [AttentionReference.Segment]
    var scale: Float { 1 / Float(shape.headDimension).squareRoot() }
    var queryWidth: Int { shape.heads * shape.headDimension }
    var keyWidth: Int { shape.keyValueHeads * shape.headDimension }
    var rows: Int { shape.prompt + shape.responses.reduce(0, +) }
    var reference: AttentionReference {
        AttentionReference(
            heads: shape.heads, keyValueHeads: shape.keyValueHeads, headDimension: shape.headDimension,
            scale: Double(scale))
    }

    init(_ shape: AttentionCase, seed: Int) {
        self.shape = shape
        var segments = [
            AttentionReference.Segment(begin: 0, count: shape.prompt, prefixBegin: 0, prefixLength: 0)
        ]
        for count in shape.responses {
            let begin = segments[segments.count - 1].begin + segments[segments.count - 1].count
            segments.append(.init(begin: begin, count: count, prefixBegin: 0, prefixLength: shape.prompt))
        }
        self.segments = segments
        var random = RandomNumbers(seed: seed)
        let rows = shape.prompt + shape.responses.reduce(0, +)
        q = random.floats(rows * shape.heads * shape.headDimension, scale: 2)
        k = random.floats(rows * shape.keyValueHeads * shape.headDimension, scale: 2)
        v = random.floats(rows * shape.keyValueHeads * shape.headDimension)
    }

    /// One table entry per row, on blocks filled completely (so that later positions are there to be ignored).
    func table(_ paged: PagedKeysAndValues) -> [apus_attention_row] {
        func extend(_ sequence: inout PagedKeysAndValues.Sequence, _ segment: AttentionReference.Segment) {
            for row in segment.begin..<segment.begin + segment.count {
                let range = row * keyWidth..<(row + 1) * keyWidth
                paged.append(key: k[range], value: v[range], to: &sequence)
            }
        }
        var prompt = PagedKeysAndValues.Sequence()
        extend(&prompt, segments[0])
        return segments.enumerated().flatMap { index, segment in
            var sequence = prompt
            if index > 0 {
                sequence = paged.fork(prompt)
                extend(&sequence, segment)
            }
            return (0..<segment.count).map { paged.row(sequence, keyCount: segment.prefixLength + $0 + 1) }
        }
    }

    /// Runs the kernel on some rows, in the given order and in calls of `chunk` rows.
    func attend(_ table: [apus_attention_row], order: [Int], chunk: Int) -> (out: [Float], logSumExp: [Float]) {
        var out = [Float](repeating: .nan, count: rows * queryWidth)
        var logSumExp = [Float](repeating: .nan, count: rows * shape.heads)
        let longest = table.map { Int($0.key_count) }.max() ?? 0
        let scratchCount = apus_attention_scratch(shape.heads, shape.keyValueHeads, shape.headDimension, longest)
        for begin in stride(from: 0, to: order.count, by: chunk) {
            let chosen = order[begin..<min(begin + chunk, order.count)]
            let queries = chosen.flatMap { q[$0 * queryWidth..<($0 + 1) * queryWidth] }
            var result = [Float](repeating: .nan, count: chosen.count * queryWidth)
            var sums = [Float](repeating: .nan, count: chosen.count * shape.heads)
            var scratch = [Float](repeating: .nan, count: scratchCount)
            apus_attention(
                chosen.count, shape.heads, shape.keyValueHeads, shape.headDimension, scale, queries, queryWidth,
                chosen.map { table[$0] }, &result, queryWidth, &sums, &scratch)
            for (index, row) in chosen.enumerated() {
                for i in 0..<queryWidth { out[row * queryWidth + i] = result[index * queryWidth + i] }
                for head in 0..<shape.heads {
                    logSumExp[row * shape.heads + head] = sums[index * shape.heads + head]
                }
            }
        }
        return (out, logSumExp)
    }
}

@Suite struct AttentionTests {
    @Test(arguments: AttentionCase.all)
    func agreesWithTheDefinitionInDoublePrecision(shape: AttentionCase) {
        let batch = AttentionBatch(shape, seed: shape.prompt)
        let (expected, expectedSums) = batch.reference.forward(
            doubles(batch.q), doubles(batch.k), doubles(batch.v), batch.segments)
        let paged = PagedKeysAndValues(keyValueHeads: shape.keyValueHeads, headDimension: shape.headDimension)
        let (out, sums) = batch.attend(batch.table(paged), order: Array(0..<batch.rows), chunk: batch.rows)
        #expect(relativeError(out, expected) < 1e-6)
        #expect(zip(out, expected).allSatisfy { abs(Double($0) - $1) < 3e-6 })
        #expect(zip(sums, expectedSums).allSatisfy { abs(Double($0) - $1) < 3e-6 })
    }

    /// One row at a time, chunks of a few, all at once, rows of different sequences side by side as in decoding, and every
    /// instruction set: all the same bits, although unused lanes hold NaN.
    @Test(arguments: AttentionCase.all)
    func aRowDependsOnItselfAndItsKeysOnly(shape: AttentionCase) {
        let batch = AttentionBatch(shape, seed: shape.prompt)
        let paged = PagedKeysAndValues(keyValueHeads: shape.keyValueHeads, headDimension: shape.headDimension)
        let table = batch.table(paged)
        let inOrder = Array(0..<batch.rows)
        var random = RandomNumbers(seed: 3)
        let shuffled = inOrder.shuffled(using: &random)
        let byPosition = inOrder.sorted { table[$0].key_count < table[$1].key_count }
        let one = batch.attend(table, order: inOrder, chunk: 1)
        for name in instructionSets {
            with(instructionSet: name) {
                for (order, chunk) in [(inOrder, 7), (inOrder, batch.rows), (shuffled, 5), (byPosition, 11)] {
                    let many = batch.attend(table, order: order, chunk: chunk)
                    expectSameBits(many.out, one.out)
                    expectSameBits(many.logSumExp, one.logSumExp)
                }
            }
        }
    }

    /// Keys and values of later positions may hold anything, even where rows that see them are processed alongside.
    @Test(arguments: AttentionCase.all)
    func laterPositionsDoNotMatter(shape: AttentionCase) {
        let batch = AttentionBatch(shape, seed: shape.prompt)
        var poisoned = batch
        var earlier: [Int] = []
        for segment in batch.segments {
            let cut = segment.begin + (segment.count + 1) / 2
            let later = cut * batch.keyWidth..<(segment.begin + segment.count) * batch.keyWidth
            // The prompt stays whole: all responses see it.
            if segment.begin > 0 {
                for i in later {
                    poisoned.k[i] = .nan
                    poisoned.v[i] = .infinity
                }
            }
            earlier += Array(segment.begin..<cut)
        }
        let paged = PagedKeysAndValues(keyValueHeads: shape.keyValueHeads, headDimension: shape.headDimension)
        let clean = batch.attend(batch.table(paged), order: earlier, chunk: 1)
        let table = poisoned.table(paged)
        let longestFirst = (0..<batch.rows).sorted { table[$0].key_count > table[$1].key_count }
        for name in instructionSets {
            with(instructionSet: name) {
                for order in [Array((0..<batch.rows).reversed()), longestFirst] {
                    let dirty = poisoned.attend(table, order: order, chunk: batch.rows)
                    for row in earlier {
                        let range = row * batch.queryWidth..<(row + 1) * batch.queryWidth
                        expectSameBits(dirty.out[range], clean.out[range], "row \(row)")
                    }
                }
            }
        }
    }
}

@Suite struct AttentionBackwardTests {
    /// dq, dk, dv of a whole batch, segment by segment, as the learner calls it.
    func gradients(_ batch: AttentionBatch, dout: [Float]) -> (dq: [Float], dk: [Float], dv: [Float]) {
        let shape = batch.shape
        let paged = PagedKeysAndValues(keyValueHeads: shape.keyValueHeads, headDimension: shape.headDimension)
        let forward = batch.attend(batch.table(paged), order: Array(0..<batch.rows), chunk: batch.rows)
        var dq = [Float](repeating: .nan, count: batch.q.count)
        // Added to: what was there before stays.
        var dk = [Float](repeating: 1, count: batch.k.count)
        var dv = [Float](repeating: -1, count: batch.v.count)
        for segment in batch.segments {
            let count = apus_attention_backward_scratch(
                shape.heads, shape.keyValueHeads, shape.headDimension, segment.count, segment.prefixLength)
            for keyValueHead in 0..<shape.keyValueHeads {
                var scratch = [Float](repeating: .nan, count: count)
                apus_attention_backward(
                    shape.heads, shape.keyValueHeads, shape.headDimension, keyValueHead, batch.scale, segment.begin,
                    segment.count, segment.prefixBegin, segment.prefixLength, batch.q, batch.k, batch.v, forward.out,
                    forward.logSumExp, dout, &dq, &dk, &dv, &scratch)
            }
        }
        return (dq, dk.map { $0 - 1 }, dv.map { $0 + 1 })
    }

    @Test(arguments: AttentionCase.all)
    func agreesWithTheAnalyticGradient(shape: AttentionCase) {
        let batch = AttentionBatch(shape, seed: 7)
        var random = RandomNumbers(seed: 8)
        let dout = random.floats(batch.q.count)
        let expected = batch.reference.backward(
            doubles(batch.q), doubles(batch.k), doubles(batch.v), doubles(dout), batch.segments)
        var first: (dq: [Float], dk: [Float], dv: [Float])?
        for name in instructionSets {
            with(instructionSet: name) {
                let (dq, dk, dv) = gradients(batch, dout: dout)
                #expect(relativeError(dq, expected.dq) < 5e-6)
                #expect(relativeError(dk, expected.dk) < 5e-6)
                #expect(relativeError(dv, expected.dv) < 5e-6)
                if let first {
                    expectSameBits(dq, first.dq)
                    expectSameBits(dk, first.dk)
                    expectSameBits(dv, first.dv)
                }
                first = (dq, dk, dv)
            }
        }
    }

    /// The analytic reference against central differences of the forward reference.
    @Test func theReferenceAgreesWithFiniteDifferences() {
        let shape = AttentionCase(heads: 4, keyValueHeads: 2, headDimension: 3, prompt: 3, responses: [2, 1])
        let batch = AttentionBatch(shape, seed: 1)
        let (q, k, v) = (doubles(batch.q), doubles(batch.k), doubles(batch.v))
        var random = RandomNumbers(seed: 2)
        let dout = random.floats(q.count)
        let reference = batch.reference
        let analytic = reference.backward(q, k, v, doubles(dout), batch.segments)
        let dq = numericalGradient(q) { dot(dout, reference.forward($0, k, v, batch.segments).out) }
        let dk = numericalGradient(k) { dot(dout, reference.forward(q, $0, v, batch.segments).out) }
        let dv = numericalGradient(v) { dot(dout, reference.forward(q, k, $0, batch.segments).out) }
        for (a, n) in [(analytic.dq, dq), (analytic.dk, dk), (analytic.dv, dv)] {
            #expect(zip(a, n).allSatisfy { abs($0 - $1) < 1e-8 })
        }
    }
}
