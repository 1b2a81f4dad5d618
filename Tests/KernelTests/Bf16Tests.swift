import CKernels
import Testing

/// The product in bf16 arithmetic against its definition, a scalar at a time, on every instruction set: Intel's matrix unit where
/// there is one, and what stands in for it.
@Suite struct Bf16Tests {
    /// To nearest, ties to even; what is too small to be normal counts as zero.
    private static func rounded(_ x: Float) -> Float {
        let bits = x.bitPattern
        let result = Float(bitPattern: (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000)
        return result.isSubnormal ? (result.sign == .minus ? -0.0 : 0.0) : result
    }

    private static func flushed(_ x: Float) -> Float { x.isSubnormal ? (x.sign == .minus ? -0.0 : 0.0) : x }

    /// initial + the blocks of 32 in order.
    static func sum(_ left: [Float], _ right: [Float], from initial: Float) -> Float {
        var total = flushed(initial)
        for first in stride(from: 0, to: left.count, by: 32) {
            var sums: [Float] = [0, 0]
            for i in 0..<32 {
                let inside = first + i < left.count
                let (x, y) = inside ? (rounded(left[first + i]), rounded(right[first + i])) : (0, 0)
                sums[i % 2] = flushed(x.isZero || y.isZero ? sums[i % 2] + x * y : sums[i % 2].addingProduct(x, y))
            }
            total = flushed(total + flushed(sums[0] + sums[1]))
        }
        return total
    }

    struct Problem {
        let m, n, k, leftStride, outputStride: Int
        let left, weights, initial: [Float]

        /// `scale` of the left factor decides whether products are ordinary numbers, or too small.
        init(m: Int, n: Int, k: Int, scale: Float, seed: Int) {
            (self.m, self.n, self.k) = (m, n, k)
            var random = RandomNumbers(seed: seed)
            leftStride = k + random.integer(0...3)
            outputStride = n + random.integer(0...3)
            weights = random.floats(n * k)
            var left = random.floats(m * leftStride, scale: scale)
            for row in 0..<m { for i in k..<leftStride { left[row * leftStride + i] = .nan } }
            self.left = left
            initial = random.floats(m * outputStride, scale: scale)
        }

        func reference(accumulate: Bool) -> [Float] {
            var output = initial
            for r in 0..<m {
                for c in 0..<n {
                    output[r * outputStride + c] = Bf16Tests.sum(
                        Array(left[r * leftStride..<r * leftStride + k]), Array(weights[c * k..<(c + 1) * k]),
                        from: accumulate ? initial[r * outputStride + c] : 0)
                }
            }
            return output
        }

        /// Packed as it is, or from its transpose [k][n].
        func packed(_ type: apus_dtype, transposed: Bool = false) -> [UInt64] {
            var bytes = [UInt64](repeating: .max, count: apus_packed_bf16_bytes(n, k) / 8 + 1)
            var source = weights
            if transposed { for c in 0..<n { for i in 0..<k { source[i * n + c] = weights[c * k + i] } } }
            bytes.withUnsafeMutableBytes { packed in
                if type == APUS_BF16 {
                    var halves = [UInt16](repeating: 0, count: source.count)
                    apus_f32_to_bf16(source.count, source, &halves)
                    if transposed {
                        apus_pack_bf16_transposed(halves, type, k, n, packed.baseAddress)
                    } else {
                        apus_pack_bf16(halves, type, n, k, packed.baseAddress)
                    }
                } else if transposed {
                    apus_pack_bf16_transposed(source, type, k, n, packed.baseAddress)
                } else {
                    apus_pack_bf16(source, type, n, k, packed.baseAddress)
                }
            }
            return bytes
        }

        func multiply(_ packed: [UInt64], columns: [Range<Int>], accumulate: Bool) -> [Float] {
            var rounded = [UInt16](repeating: 0x7fff, count: m * apus_bf16_stride(k))
            apus_round_rows(m, k, left, leftStride, &rounded)
            var output = initial
            for range in columns {
                output.withUnsafeMutableBufferPointer { output in
                    apus_gemm_bf16(
                        m, n, k, rounded, packed, output.baseAddress.map { $0 + range.lowerBound }, outputStride,
                        accumulate, range.lowerBound, range.upperBound)
                }
            }
            return output
        }
    }

    @Test(arguments: 0..<24)
    func everyElementIsTheSumOfBlocksInOrder(seed: Int) {
        var random = RandomNumbers(seed: seed)
        let problem = Problem(
            m: seed % 3 == 0 ? random.integer(1...70) : random.integer(1...13), n: random.integer(1...100),
            k: random.integer(1...(seed % 4 == 0 ? 1200 : 80)), scale: seed % 5 == 4 ? 0x1p-120 : 3, seed: seed)
        let cut = min(random.integer(0...4) * apus_panel_width(), problem.n)
        for accumulate in [false, true] {
            let expected = problem.reference(accumulate: accumulate)
            for name in instructionSets {
                with(instructionSet: name) {
                    for type in [APUS_F32, APUS_BF16] {
                        for transposed in [false, true] {
                            let packed = problem.packed(type, transposed: transposed)
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
    }

    /// No inputs: nothing is added, or the result is zero.
    @Test func anEmptySumIsZero() {
        for name in instructionSets {
            with(instructionSet: name) {
                var output: [Float] = [1, 2, 3]
                apus_gemm_bf16(1, 3, 0, [0], [UInt64](), &output, 3, true, 0, 3)
                #expect(output == [1, 2, 3])
                apus_gemm_bf16(1, 3, 0, [0], [UInt64](), &output, 3, false, 0, 3)
                #expect(output == [0, 0, 0])
            }
        }
    }

    /// What is not finite stays so.
    @Test func infinitiesAndNaNAreSeen() {
        for name in instructionSets {
            with(instructionSet: name) {
                var problem = Problem(m: 3, n: 5, k: 40, scale: 1, seed: 1)
                var left = problem.left
                left[0] = .infinity
                left[problem.leftStride] = .nan
                problem = Problem(problem, left: left)
                let output = problem.multiply(problem.packed(APUS_F32), columns: [0..<5], accumulate: false)
                for c in 0..<5 {
                    #expect(!output[c].isFinite && output[problem.outputStride + c].isNaN)
                    #expect(output[2 * problem.outputStride + c].isFinite)
                }
            }
        }
    }

    @Test(arguments: 0..<12)
    func gradientsAreSumsOverRows(seed: Int) {
        var random = RandomNumbers(seed: 100 + seed)
        let (m, n, k) = (
            random.integer(1...(seed % 3 == 0 ? 1100 : 70)), random.integer(1...90), random.integer(1...100)
        )
        let (lddy, ldx, lddw) = (n + random.integer(0...3), k + random.integer(0...3), k + random.integer(0...3))
        let (dy, x, initial) = (random.floats(m * lddy), random.floats(m * ldx, scale: 2), random.floats(n * lddw))
        var expected = initial
        for r in 0..<n {
            let left = (0..<m).map { dy[$0 * lddy + r] }
            for c in 0..<k {
                expected[r * lddw + c] = Self.sum(left, (0..<m).map { x[$0 * ldx + c] }, from: initial[r * lddw + c])
            }
        }
        let cut = random.integer(0...n)
        for name in instructionSets {
            with(instructionSet: name) {
                var scratch = [Float](repeating: .nan, count: apus_gemm_gradient_bf16_scratch(k))
                for rows in [[0..<n], [0..<cut, cut..<n]] {
                    var dw = initial
                    for range in rows {
                        apus_gemm_gradient_bf16(
                            m, n, k, dy, lddy, x, ldx, &dw, lddw, range.lowerBound, range.upperBound, &scratch)
                    }
                    expectSameBits(dw, expected, "\(name) \(m)×\(n)×\(k)")
                }
            }
        }
    }

    /// The caller's arithmetic is as it was: small numbers are numbers.
    @Test func theProcessorIsLeftAsItWas() {
        for name in instructionSets {
            with(instructionSet: name) {
                let problem = Problem(m: 2, n: 3, k: 4, scale: 1, seed: 1)
                _ = problem.multiply(problem.packed(APUS_F32), columns: [0..<3], accumulate: false)
                let small = Float.leastNonzeroMagnitude
                var buffer = [small, small]
                apus_add(2, [small, small], &buffer)
                #expect(buffer == [2 * small, 2 * small] && buffer[0] > 0)
            }
        }
    }
}

extension Bf16Tests.Problem {
    init(_ other: Self, left: [Float]) {
        (m, n, k, leftStride, outputStride) = (other.m, other.n, other.k, other.leftStride, other.outputStride)
        (self.left, weights, initial) = (left, other.weights, other.initial)
    }
}
