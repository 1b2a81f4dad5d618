import CKernels
import Testing

/// dw += dyᵀ·x: one chain of fused multiply-adds over the rows, however rows and outputs are split.
@Suite struct GemmGradientTests {
    @Test(arguments: 0..<16)
    func everyElementIsOneChain(seed: Int) {
        var random = RandomNumbers(seed: seed)
        let m = random.integer(1...(seed % 4 == 0 ? 600 : 60))
        let n = random.integer(1...80)
        let k = random.integer(1...(seed % 4 == 1 ? 600 : 80))
        let (lddy, ldx, lddw) = (n + random.integer(0...3), k + random.integer(0...3), k + random.integer(0...3))
        let (dy, x, initial) = (random.floats(m * lddy), random.floats(m * ldx), random.floats(n * lddw))
        var expected = initial
        for row in 0..<n {
            for column in 0..<k {
                for i in 0..<m {
                    expected[row * lddw + column].addProduct(dy[i * lddy + row], x[i * ldx + column])
                }
            }
        }
        let rowCut = random.integer(0...n)
        let inputCut = random.integer(0...m)
        for name in instructionSets where name != "generic" || m * n * k < 30_000 {
            with(instructionSet: name) {
                for rows in [[0..<n], [0..<rowCut, rowCut..<n]] {
                    for inputs in [[0..<m], [0..<inputCut, inputCut..<m]] {
                        var dw = initial
                        for input in inputs {
                            for range in rows {
                                var scratch = [Float](repeating: .nan, count: apus_gemm_gradient_scratch())
                                apus_gemm_gradient(
                                    input.count, n, k, Array(dy[(input.lowerBound * lddy)...]), lddy,
                                    Array(x[(input.lowerBound * ldx)...]), ldx, &dw, lddw, range.lowerBound,
                                    range.upperBound, &scratch)
                            }
                        }
                        expectSameBits(dw, expected, "\(m)×\(n)×\(k)")
                    }
                }
            }
        }
    }
}
