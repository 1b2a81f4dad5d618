import CKernels
import Testing

/// Normalisation, rotation and activation against their definitions in double precision, on every instruction set, with row
/// strides wider than the rows.
@Suite struct RowKernelTests {
    static let widths = [1, 7, 16, 31, 32, 100, 576]

    /// [rows][dim] in double out of an array with stride `ld`.
    func compact(_ x: [Float], rows: Int, dim: Int, ld: Int) -> [Float] {
        (0..<rows).flatMap { x[$0 * ld..<$0 * ld + dim] }
    }

    func normalise(_ x: [Double], weight: [Double], epsilon: Double) -> [Double] {
        let dim = weight.count
        return stride(from: 0, to: x.count, by: dim).flatMap { begin in
            let row = x[begin..<begin + dim]
            let mean = row.reduce(0) { $0 + $1 * $1 } / Double(dim)
            return zip(row, weight).map { $0 * $1 / (mean + epsilon).squareRoot() }
        }
    }

    @Test(arguments: widths)
    func rmsNorm(dim: Int) {
        let rows = 5
        let ld = dim + 3
        var random = RandomNumbers(seed: dim)
        let x = random.floats(rows * ld, scale: 3)
        let weight = random.floats(dim)
        let expected = normalise(
            doubles(compact(x, rows: rows, dim: dim, ld: ld)), weight: doubles(weight), epsilon: 1e-6)
        for name in instructionSets {
            with(instructionSet: name) {
                var y = [Float](repeating: 9, count: rows * ld)
                var inverse = [Float](repeating: .nan, count: rows)
                apus_rmsnorm(rows, dim, x, ld, weight, 1e-6, &y, ld, &inverse)
                #expect(relativeError(compact(y, rows: rows, dim: dim, ld: ld), expected) < 2e-7)
                for row in 0..<rows { #expect(y[row * ld + dim..<(row + 1) * ld].allSatisfy { $0 == 9 }) }
                // In place, without the inverse, and one row at a time: the same bits.
                var inPlace = x
                inPlace.withUnsafeMutableBufferPointer { x in
                    for row in 0..<rows {
                        let start = x.baseAddress.map { $0 + row * ld }
                        apus_rmsnorm(1, dim, start, ld, weight, 1e-6, start, ld, nil)
                    }
                }
                expectSameBits(compact(inPlace, rows: rows, dim: dim, ld: ld), compact(y, rows: rows, dim: dim, ld: ld))
            }
        }
    }

    @Test(arguments: [1, 7, 16, 40])
    func rmsNormBackward(dim: Int) {
        let rows = 3
        let ld = dim + 2
        var random = RandomNumbers(seed: dim)
        let x = random.floats(rows * ld, scale: 2)
        let dy = random.floats(rows * ld)
        let weight = random.floats(dim)
        let compactX = doubles(compact(x, rows: rows, dim: dim, ld: ld))
        let compactDy = compact(dy, rows: rows, dim: dim, ld: ld)
        let dx = numericalGradient(compactX) {
            dot(compactDy, normalise($0, weight: doubles(weight), epsilon: 1e-5))
        }
        let dweight = numericalGradient(doubles(weight)) {
            dot(compactDy, normalise(compactX, weight: $0, epsilon: 1e-5))
        }
        for name in instructionSets {
            with(instructionSet: name) {
                var inverse = [Float](repeating: 0, count: rows)
                var y = x
                apus_rmsnorm(rows, dim, x, ld, weight, 1e-5, &y, ld, &inverse)
                var actual = [Float](repeating: .nan, count: rows * ld)
                var actualWeight = [Float](repeating: 2, count: dim)
                apus_rmsnorm_backward(
                    rows, dim, x, ld, weight, inverse, dy, ld, &actual, ld, false, &actualWeight)
                #expect(
                    zip(compact(actual, rows: rows, dim: dim, ld: ld), dx).allSatisfy { abs(Double($0) - $1) < 2e-6 })
                #expect(zip(actualWeight, dweight).allSatisfy { abs(Double($0) - 2 - $1) < 2e-6 })
                var added = [Float](repeating: 1, count: rows * ld)
                apus_rmsnorm_backward(rows, dim, x, ld, weight, inverse, dy, ld, &added, ld, true, nil)
                expectSameBits(
                    compact(added, rows: rows, dim: dim, ld: ld),
                    compact(actual, rows: rows, dim: dim, ld: ld).map { 1 + $0 })
            }
        }
    }

    @Test(arguments: [2, 8, 32, 50, 128])
    func rotation(headDimension: Int) {
        let rows = 4
        let heads = 3
        let half = headDimension / 2
        let ld = heads * headDimension + 5
        var random = RandomNumbers(seed: headDimension)
        let x = random.floats(rows * ld)
        let positions: [Int32] = [0, 6, 3, 6]
        let angles = doubles(random.floats(7 * half, scale: 3))
        let cosine = angles.map { Float(cosineOf($0)) }
        let sine = angles.map { Float(sineOf($0)) }
        for name in instructionSets {
            with(instructionSet: name) {
                var y = x
                apus_rope(rows, heads, headDimension, &y, ld, positions, cosine, sine, false)
                for row in 0..<rows {
                    for head in 0..<heads {
                        for i in 0..<half {
                            let at = row * ld + head * headDimension + i
                            let (c, s) = (
                                Double(cosine[Int(positions[row]) * half + i]),
                                Double(sine[Int(positions[row]) * half + i])
                            )
                            let (a, b) = (Double(x[at]), Double(x[at + half]))
                            #expect(abs(Double(y[at]) - (a * c - b * s)) < 2e-7)
                            #expect(abs(Double(y[at + half]) - (b * c + a * s)) < 2e-7)
                        }
                    }
                    let gap = row * ld + heads * headDimension..<(row + 1) * ld
                    expectSameBits(y[gap], x[gap])
                }
                apus_rope(rows, heads, headDimension, &y, ld, positions, cosine, sine, true)
                #expect(zip(x, y).allSatisfy { abs($0 - $1) < 1e-6 })
            }
        }
    }

    func gated(_ gateUp: [Double], dim: Int) -> [Double] {
        stride(from: 0, to: gateUp.count, by: 2 * dim).flatMap { begin in
            (0..<dim).map { i in
                let gate = gateUp[begin + i]
                return gate / (1 + exponential(-gate)) * gateUp[begin + dim + i]
            }
        }
    }

    @Test(arguments: widths)
    func swiGLU(dim: Int) {
        let rows = 3
        let ld = 2 * dim + 1
        var random = RandomNumbers(seed: dim)
        var gateUp = random.floats(rows * ld, scale: 8)
        // Where the sigmoid saturates nothing may overflow or become NaN.
        gateUp[0] = -200
        gateUp[ld] = 200
        let expected = gated(doubles(compact(gateUp, rows: rows, dim: 2 * dim, ld: ld)), dim: dim)
        for name in instructionSets {
            with(instructionSet: name) {
                var y = [Float](repeating: .nan, count: rows * dim)
                apus_swiglu(rows, dim, gateUp, ld, &y, dim)
                #expect(zip(y, expected).allSatisfy { abs(Double($0) - $1) <= 4e-7 * abs($1) + 1e-35 })
                let stride = apus_bf16_stride(dim)
                var rounded = [UInt16](repeating: 99, count: rows * stride)
                var direct = rounded
                apus_round_rows(rows, dim, y, dim, &rounded)
                apus_swiglu_rounded(rows, dim, gateUp, ld, &direct, stride)
                #expect(direct == rounded)
            }
        }
    }

    @Test(arguments: [1, 7, 16, 40])
    func swiGLUBackward(dim: Int) {
        let rows = 2
        let ld = 2 * dim + 3
        var random = RandomNumbers(seed: dim)
        let gateUp = random.floats(rows * ld, scale: 5)
        let dy = random.floats(rows * dim)
        let expected = numericalGradient(doubles(compact(gateUp, rows: rows, dim: 2 * dim, ld: ld))) {
            dot(dy, gated($0, dim: dim))
        }
        for name in instructionSets {
            with(instructionSet: name) {
                var actual = [Float](repeating: .nan, count: rows * 2 * dim)
                apus_swiglu_backward(rows, dim, gateUp, ld, dy, dim, &actual, 2 * dim)
                #expect(zip(actual, expected).allSatisfy { abs(Double($0) - $1) < 2e-6 })
            }
        }
    }

    @Test(arguments: widths)
    func sums(dim: Int) {
        var random = RandomNumbers(seed: dim)
        let (bias, x, y) = (random.floats(dim), random.floats(2 * dim), random.floats(2 * dim))
        for name in instructionSets {
            with(instructionSet: name) {
                var sum = y
                apus_add(2 * dim, x, &sum)
                expectSameBits(sum, zip(x, y).map { $1 + $0 })
                var scaled = y
                apus_add_scaled(2 * dim, 0.3, x, &scaled)
                expectSameBits(scaled, zip(x, y).map { $1.addingProduct(0.3, $0) })
                var biased = y
                apus_add_bias(2, dim, bias, &biased, dim)
                expectSameBits(biased, y.indices.map { y[$0] + bias[$0 % dim] })
            }
        }
    }
}
