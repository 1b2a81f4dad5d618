import CKernels
import Testing

/// y = x·Wᵀ with packed weights: exactly one chain of fused multiply-adds per element, whatever the tile.
@Suite struct GemmTests {
    struct Problem {
        let m, n, k: Int
        let type: apus_dtype
        let weights: [Float]
        let left: [Float]
        let initial: [Float]
        let leftStride, outputStride: Int

        init(m: Int, n: Int, k: Int, type: apus_dtype, seed: Int) {
            (self.m, self.n, self.k, self.type) = (m, n, k, type)
            var random = RandomNumbers(seed: seed)
            leftStride = k + random.integer(0...3)
            outputStride = n + random.integer(0...3)
            weights = random.floats(n * k).map {
                type == APUS_BF16 ? Float(bitPattern: $0.bitPattern & 0xffff_0000) : $0
            }
            // What lies between rows must not matter.
            var left = random.floats(m * leftStride)
            for row in 0..<m { for i in k..<leftStride { left[row * leftStride + i] = .nan } }
            self.left = left
            initial = random.floats(m * outputStride)
        }

        /// The scalar reference: c = initial or 0, then one fused multiply-add per k.
        func reference(accumulate: Bool) -> [Float] {
            var output = initial
            for row in 0..<m {
                for column in 0..<n {
                    var sum = accumulate ? initial[row * outputStride + column] : 0
                    for i in 0..<k {
                        sum.addProduct(left[row * leftStride + i], weights[column * k + i])
                    }
                    output[row * outputStride + column] = sum
                }
            }
            return output
        }

        /// Weights as stored: fp32 or bf16, [n][k] or its transpose.
        func packed(transposed: Bool) -> [UInt64] {
            var stored = weights
            if transposed {
                for row in 0..<n { for i in 0..<k { stored[i * n + row] = weights[row * k + i] } }
            }
            let halves = stored.map { UInt16($0.bitPattern >> 16) }
            var bytes = [UInt64](repeating: .max, count: apus_packed_bytes(n, k, type) / 8)
            bytes.withUnsafeMutableBytes { packed in
                switch (type, transposed) {
                case (APUS_BF16, false): apus_pack(halves, type, n, k, packed.baseAddress)
                case (APUS_BF16, true): apus_pack_transposed(halves, type, k, n, packed.baseAddress)
                case (_, false): apus_pack(stored, type, n, k, packed.baseAddress)
                case (_, true): apus_pack_transposed(stored, type, k, n, packed.baseAddress)
                }
            }
            return bytes
        }

        func multiply(_ packed: [UInt64], rows: Range<Int>, columns: [Range<Int>], accumulate: Bool) -> [Float] {
            var output = initial
            output.withUnsafeMutableBufferPointer { c in
                left.withUnsafeBufferPointer { a in
                    let from = a.baseAddress.map { $0 + rows.lowerBound * leftStride }
                    let to = c.baseAddress.map { $0 + rows.lowerBound * outputStride }
                    for range in columns {
                        apus_gemm_packed(
                            rows.count, n, k, from, leftStride, packed, type, to.map { $0 + range.lowerBound },
                            outputStride, accumulate,
                            range.lowerBound, range.upperBound)
                    }
                }
            }
            return output
        }
    }

    /// Checks one problem on one instruction set in every way of cutting it up.
    func check(_ problem: Problem, random: inout RandomNumbers) {
        let width = apus_panel_width()
        let panels = (problem.n + width - 1) / width
        let cut = min(random.integer(0...panels) * width, problem.n)
        let halves = [0..<cut, cut..<problem.n]
        for accumulate in [false, true] {
            let expected = problem.reference(accumulate: accumulate)
            for transposed in [false, true] {
                let packed = problem.packed(transposed: transposed)
                for columns in [[0..<problem.n], halves] {
                    let output = problem.multiply(packed, rows: 0..<problem.m, columns: columns, accumulate: accumulate)
                    expectSameBits(output, expected, "\(problem.m)×\(problem.n)×\(problem.k) \(columns)")
                }
                // A few rows on their own: the rest of the output keeps its initial values.
                let first = random.integer(0...problem.m - 1)
                let last = random.integer(first...problem.m - 1)
                let some = problem.multiply(packed, rows: first..<last + 1, columns: halves, accumulate: accumulate)
                let inside = first * problem.outputStride..<(last + 1) * problem.outputStride
                expectSameBits(some[inside], expected[inside])
                expectSameBits(some[..<inside.lowerBound], problem.initial[..<inside.lowerBound])
                expectSameBits(some[inside.upperBound...], problem.initial[inside.upperBound...])
            }
        }
    }

    @Test(arguments: 0..<24)
    func everyElementIsOneChain(seed: Int) {
        var random = RandomNumbers(seed: seed)
        // Few rows often, as decoding has them; sizes around the widths of tiles and panels; depths past one chunk.
        let problem = Problem(
            m: seed % 3 == 0 ? random.integer(1...200) : random.integer(1...32), n: random.integer(1...130),
            k: random.integer(1...(seed % 4 == 0 ? 600 : 150)), type: seed % 2 == 0 ? APUS_F32 : APUS_BF16, seed: seed)
        for name in instructionSets where name != "generic" {
            with(instructionSet: name) { check(problem, random: &random) }
        }
    }

    @Test(arguments: 0..<8)
    func everyElementIsOneChainWithoutVectorInstructions(seed: Int) {
        guard instructionSets.contains("generic") else { return }
        var random = RandomNumbers(seed: 100 + seed)
        let problem = Problem(
            m: random.integer(1...16), n: random.integer(1...70), k: random.integer(1...270),
            type: seed % 2 == 0 ? APUS_F32 : APUS_BF16, seed: seed)
        with(instructionSet: "generic") { check(problem, random: &random) }
    }

    @Test(arguments: 1...64)
    func everyRowCountUsesTheSameChains(rows: Int) {
        var random = RandomNumbers(seed: rows)
        let problem = Problem(m: rows, n: 32, k: 40, type: rows % 2 == 0 ? APUS_F32 : APUS_BF16, seed: rows)
        for name in instructionSets {
            with(instructionSet: name) { check(problem, random: &random) }
        }
    }

    @Test func columnsPastFiveHundredAndTwelve() {
        var random = RandomNumbers(seed: 5)
        let problem = Problem(m: 15, n: 1100, k: 20, type: APUS_BF16, seed: 5)
        for name in instructionSets {
            with(instructionSet: name) { check(problem, random: &random) }
        }
    }

    @Test func emptyChainsAreZero() {
        for name in instructionSets {
            with(instructionSet: name) {
                var output: [Float] = [1, 2, 3, .nan]
                let nothing: [UInt64] = [0]
                apus_gemm_packed(2, 2, 0, [0], 0, nothing, APUS_F32, &output, 2, false, 0, 2)
                expectSameBits(output, [0, 0, 0, 0])
            }
        }
    }

    @Test func aRowWithNaNHarmsNoOther() {
        for name in instructionSets {
            with(instructionSet: name) {
                let problem = Problem(m: 9, n: 40, k: 33, type: APUS_F32, seed: 9)
                let packed = problem.packed(transposed: false)
                var left = problem.left
                for i in 0..<problem.k { left[4 * problem.leftStride + i] = .nan }
                var output = problem.initial
                apus_gemm_packed(
                    9, 40, 33, left, problem.leftStride, packed, APUS_F32, &output, problem.outputStride, false, 0, 40)
                let expected = problem.reference(accumulate: false)
                for row in 0..<9 {
                    let range = row * problem.outputStride..<row * problem.outputStride + 40
                    if row == 4 {
                        #expect(output[range].allSatisfy { $0.isNaN })
                    } else {
                        expectSameBits(output[range], expected[range])
                    }
                }
            }
        }
    }
}
