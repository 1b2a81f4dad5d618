import CKernels
import Testing

/// The eight-bit product against its definition: scales, rounding, exact sums, blocks in order.
@Suite struct Int8Tests {
    /// Numbers as integers and their common scale, as the header defines it.
    static func quantised(_ row: some Collection<Float>) -> (integers: [Int32], scale: Float) {
        let largest = row.reduce(0) { max($0, $1.magnitude) }
        let inverse = largest < 0x1p-100 ? 0 : 127 / largest
        return (row.map { Int32(($0 * inverse).rounded(.toNearestOrEven)) }, largest / 127)
    }

    struct Problem {
        let m, n, k, leftStride, outputStride: Int
        let left: [Float]
        let weights: [Float]
        let initial: [Float]

        init(m: Int, n: Int, k: Int, seed: Int) {
            (self.m, self.n, self.k) = (m, n, k)
            var random = RandomNumbers(seed: seed)
            leftStride = k + random.integer(0...3)
            outputStride = n + random.integer(0...3)
            weights = random.floats(n * k, scale: 0.3).map { Float(bitPattern: $0.bitPattern & 0xffff_0000) }
            var left = random.floats(m * leftStride, scale: 5)
            for row in 0..<m { for i in k..<leftStride { left[row * leftStride + i] = .nan } }
            self.left = left
            initial = random.floats(m * outputStride)
        }

        func row(_ index: Int) -> ArraySlice<Float> { left[index * leftStride..<index * leftStride + k] }

        func reference(accumulate: Bool) -> [Float] {
            let blocks = stride(from: 0, to: k, by: 64).map { $0..<min($0 + 64, k) }
            let rows = (0..<m).map { index in
                let row = Array(row(index))
                return blocks.map { Int8Tests.quantised(row[$0]) }
            }
            let columns = (0..<n).map { Int8Tests.quantised(weights[$0 * k..<($0 + 1) * k]) }
            var output = initial
            for (r, x) in rows.enumerated() {
                for (c, w) in columns.enumerated() {
                    var total: Float = 0
                    for (block, part) in zip(blocks, x) {
                        let sum = zip(part.integers, w.integers[block]).reduce(Int32(0)) { $0 + $1.0 * $1.1 }
                        total.addProduct(Float(sum), part.scale)
                    }
                    let value = total * w.scale
                    output[r * outputStride + c] = accumulate ? initial[r * outputStride + c] + value : value
                }
            }
            return output
        }

        func packed(_ type: apus_dtype) -> [UInt64] {
            var bytes = [UInt64](repeating: .max, count: apus_packed_int8_bytes(n, k) / 8 + 1)
            var row = [Float](repeating: .nan, count: k)
            var quantised = [Int16](repeating: 99, count: apus_quantised_stride(k))
            let halves = weights.map { UInt16($0.bitPattern >> 16) }
            bytes.withUnsafeMutableBytes { packed in
                if type == APUS_BF16 {
                    apus_pack_int8(halves, type, n, k, packed.baseAddress, &row, &quantised)
                } else {
                    apus_pack_int8(weights, type, n, k, packed.baseAddress, &row, &quantised)
                }
            }
            return bytes
        }

        func multiply(_ packed: [UInt64], left: [Float]? = nil, columns: [Range<Int>], accumulate: Bool) -> [Float] {
            var quantised = [Int16](repeating: 99, count: m * apus_quantised_stride(k))
            var scales = [Float](repeating: .nan, count: m * apus_quantised_scales(k))
            apus_quantise_rows(m, k, left ?? self.left, leftStride, &quantised, &scales)
            var output = initial
            for range in columns {
                output.withUnsafeMutableBufferPointer { output in
                    apus_gemm_int8(
                        m, n, k, quantised, scales, packed, output.baseAddress.map { $0 + range.lowerBound },
                        outputStride, accumulate, range.lowerBound, range.upperBound)
                }
            }
            return output
        }
    }

    @Test(arguments: 0..<24)
    func everyElementIsTheExactSumOfIntegers(seed: Int) {
        var random = RandomNumbers(seed: seed)
        let problem = Problem(
            m: seed % 3 == 0 ? random.integer(1...70) : random.integer(1...13), n: random.integer(1...130),
            k: random.integer(1...(seed % 4 == 0 ? 900 : 60)), seed: seed)
        let cut = min(random.integer(0...4) * apus_panel_width(), problem.n)
        for name in instructionSets {
            with(instructionSet: name) {
                for accumulate in [false, true] {
                    let expected = problem.reference(accumulate: accumulate)
                    for type in [APUS_F32, APUS_BF16] {
                        let packed = problem.packed(type)
                        for columns in [[0..<problem.n], [0..<cut, cut..<problem.n]] {
                            expectSameBits(
                                problem.multiply(packed, columns: columns, accumulate: accumulate), expected,
                                "\(name) \(problem.m)×\(problem.n)×\(problem.k)")
                        }
                    }
                }
            }
        }
    }

    /// Long rows at the bounds of what an integer holds: all of them ±127.
    @Test func theLargestSumsFit() {
        let k = 50_000
        for name in instructionSets {
            with(instructionSet: name) {
                let ones = [Float](repeating: 1, count: k)
                var bytes = [UInt64](repeating: 0, count: apus_packed_int8_bytes(1, k) / 8 + 1)
                var (row, quantised) = (ones, [Int16](repeating: 0, count: k))
                var scales = [Float](repeating: 0, count: apus_quantised_scales(k))
                bytes.withUnsafeMutableBytes { apus_pack_int8(ones, APUS_F32, 1, k, $0.baseAddress, &row, &quantised) }
                apus_quantise_rows(1, k, ones, k, &quantised, &scales)
                var output: Float = 0
                apus_gemm_int8(1, 1, k, quantised, scales, bytes, &output, 1, false, 0, 1)
                #expect((output - Float(k)).magnitude < 1)
            }
        }
    }

    /// The numbers of one quantised row, as the instruction set keeps them.
    private func numbers(_ row: [Int16], _ instructionSet: String) -> [Int16] {
        guard ["avx512-vnni", "amx"].contains(instructionSet) else { return row }
        return row.withUnsafeBytes { bytes in bytes.prefix(row.count).map { Int16($0) - 128 } }
    }

    /// One outlier costs its own block precision, and no other.
    @Test func outliersStayInTheirBlock() {
        let k = 128
        let small = (0..<64).map { 0.001 * Float($0 % 7) }
        for name in instructionSets {
            with(instructionSet: name) {
                var (quantised, scales) = ([Int16](repeating: 0, count: k), [Float](repeating: 0, count: 2))
                apus_quantise_rows(1, k, [1000] + small.dropFirst() + small, k, &quantised, &scales)
                let numbers = numbers(quantised, name)
                #expect(numbers[0] == 127 && numbers[1..<64].allSatisfy { $0 == 0 })
                #expect(numbers[64...].max() == 127 && scales == [1000 / 127, 0.006 / 127])
            }
        }
    }

    @Test func whatIsNotFiniteShowsInItsRowAlone() {
        let problem = Problem(m: 9, n: 21, k: 37, seed: 4)
        let expected = problem.reference(accumulate: false)
        for name in instructionSets {
            with(instructionSet: name) {
                for value in [Float.nan, .infinity, -.infinity] {
                    var left = problem.left
                    left[4 * problem.leftStride + 36] = value
                    let output = problem.multiply(
                        problem.packed(APUS_F32), left: left, columns: [0..<problem.n], accumulate: false)
                    for row in 0..<problem.m {
                        let range = row * problem.outputStride..<row * problem.outputStride + problem.n
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

    @Test func rowsOfZerosAndOfAlmostNothingAreZero() {
        for name in instructionSets {
            with(instructionSet: name) {
                for value in [Float(0), 0x1p-120, .leastNonzeroMagnitude] {
                    var (quantised, scale) = ([Int16](repeating: 99, count: 20), Float.nan)
                    apus_quantise_rows(1, 19, [Float](repeating: value, count: 19), 19, &quantised, &scale)
                    #expect(numbers(quantised, name) == [Int16](repeating: 0, count: 20) && scale == value / 127)
                }
            }
        }
    }

    /// What rounding to eight bits costs: relative error of a long product of well-behaved numbers.
    @Test func theErrorIsBelowOnePercent() {
        let problem = Problem(m: 8, n: 64, k: 576, seed: 3)
        let output = problem.multiply(problem.packed(APUS_F32), columns: [0..<64], accumulate: false)
        var exact: [Double] = []
        var actual: [Float] = []
        for row in 0..<8 {
            for column in 0..<64 {
                let weights = problem.weights[column * 576..<(column + 1) * 576]
                exact.append(zip(problem.row(row), weights).reduce(0) { $0 + Double($1.0) * Double($1.1) })
                actual.append(output[row * problem.outputStride + column])
            }
        }
        let error = relativeError(actual, exact)
        #expect(error > 1e-4 && error < 0.01)
    }
}
