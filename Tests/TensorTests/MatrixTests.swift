import Execution
import Glibc
import Tensor
import TestSupport
import Testing

@Suite struct MatrixTests {
    private static let shapes = [(1, 1, 1), (5, 17, 33), (64, 96, 40), (130, 200, 65), (200, 513, 24)]

    /// The façade's division into tasks never shows: every element is the scalar chain of fused multiply-adds.
    @Test(arguments: shapes, [1, 2, 5])
    func productIsTheScalarChain(_ shape: (Int, Int, Int), threads: Int) {
        let (rows, outputs, inputs) = shape
        let (x, w) = (random(rows * inputs, seed: 1), random(outputs * inputs, seed: 2))
        let matrix = PackedMatrix(weights: w.pointer, type: .float32, outputs: outputs, inputs: inputs)
        let y = FloatBuffer(count: rows * outputs)
        matrix.multiply(
            rows: rows, x.pointer, stride: inputs, into: y.pointer, stride: outputs, team: ThreadTeam(threads: threads))
        var isExact = true
        for row in 0..<rows {
            for output in 0..<outputs {
                var sum: Float = 0
                for input in 0..<inputs {
                    sum = fmaf(x.pointer[row * inputs + input], w.pointer[output * inputs + input], sum)
                }
                isExact = isExact && sum.bitPattern == y.pointer[row * outputs + output].bitPattern
            }
        }
        #expect(isExact)
    }

    /// In bf16 the order of sums is the kernels' (`Bf16Tests`); here, that the division into tasks does not show, nor how many
    /// rows come at a time, and that results are those of the factors, rounded.
    @Test(arguments: shapes + [(600, 70, 1100)], [1, 2, 5])
    func productsInBf16DoNotDependOnTheDivision(_ shape: (Int, Int, Int), threads: Int) {
        let (rows, outputs, inputs) = shape
        let (x, w) = (random(rows * inputs, seed: 1), random(outputs * inputs, seed: 2))
        let matrix = PackedMatrix(
            weights: w.pointer, type: .float32, outputs: outputs, inputs: inputs, arithmetic: .bf16)
        let (y, alone) = (FloatBuffer(count: rows * outputs), FloatBuffer(count: rows * outputs))
        matrix.multiply(
            rows: rows, x.pointer, stride: inputs, into: y.pointer, stride: outputs, team: ThreadTeam(threads: threads))
        for row in 0..<rows {
            matrix.multiply(
                rows: 1, x.pointer + row * inputs, stride: inputs, into: alone.pointer + row * outputs, stride: outputs)
        }
        #expect(y.values == alone.values)
        for (row, output) in [(0, 0), (rows - 1, outputs - 1), (rows / 2, outputs / 3)] {
            var (sum, magnitude) = (0.0, 0.0)
            for input in 0..<inputs {
                let product = Double(x.pointer[row * inputs + input]) * Double(w.pointer[output * inputs + input])
                sum += product
                magnitude += abs(product)
            }
            // Each factor is off by at most 2⁻⁹ of itself.
            #expect(abs(Double(y.pointer[row * outputs + output]) - sum) <= magnitude * 0x1p-7)
        }
    }

    /// Blocks are the product, each element once, whatever the arithmetic, the widths and the threads.
    @Test(
        arguments: [(1, 64, 40, 1), (5, 90, 33, 2), (70, 192, 65, 2), (300, 1100, 24, 1), (600, 640, 130, 2)],
        [ProductArithmetic.fp32, .bf16, .int8])
    func blocksMakeTheProduct(_ shape: (Int, Int, Int, Int), _ arithmetic: ProductArithmetic) {
        let (rows, outputs, inputs, stacked) = shape
        let (x, w) = (random(rows * inputs, seed: 1), random(outputs * inputs, seed: 2))
        let matrix = PackedMatrix(
            weights: w.pointer, type: .float32, outputs: outputs, inputs: inputs, arithmetic: arithmetic)
        let whole = FloatBuffer(count: rows * outputs)
        matrix.multiply(rows: rows, x.pointer, stride: inputs, into: whole.pointer, stride: outputs)
        let height = outputs / stacked
        for (threads, width) in [(1, nil), (3, nil), (1, 64), (2, 512)] as [(Int, Int?)] {
            let blocks = FloatBuffer([Float](repeating: .nan, count: rows * outputs))
            let timesSet = Lock([Int](repeating: 0, count: rows * outputs))
            matrix.multiplyInBlocks(
                rows: rows, .exact(x.pointer, stride: inputs), stacked: stacked, columnsPerBlock: width,
                team: ThreadTeam(threads: threads)
            ) { block in
                for (index, row) in block.rows.enumerated() {
                    for part in 0..<stacked {
                        for (offset, column) in block.columns.enumerated() {
                            let element = row * outputs + part * height + column
                            blocks.pointer[element] =
                                block.values[index * block.stride + part * block.columns.count + offset]
                            timesSet.withLock { $0[element] += 1 }
                        }
                    }
                }
            }
            #expect(blocks.values == whole.values)
            #expect(timesSet.withLock { $0.allSatisfy { $0 == 1 } })
        }
    }

    @Test func transposedPackMultipliesByTheTranspose() {
        let (rows, outputs, inputs) = (9, 21, 34)
        let (dy, w) = (random(rows * outputs, seed: 3), random(outputs * inputs, seed: 4))
        let transposed = FloatBuffer(count: outputs * inputs)
        for output in 0..<outputs {
            for input in 0..<inputs {
                transposed.pointer[input * outputs + output] = w.pointer[output * inputs + input]
            }
        }
        let packed = PackedMatrix(transposing: w.pointer, type: .float32, rows: outputs, columns: inputs)
        let direct = PackedMatrix(weights: transposed.pointer, type: .float32, outputs: inputs, inputs: outputs)
        let products = [packed, direct].map { matrix in
            let dx = FloatBuffer(count: rows * inputs)
            matrix.multiply(rows: rows, dy.pointer, stride: outputs, into: dx.pointer, stride: inputs)
            return dx.values
        }
        #expect(products[0] == products[1])
    }

    /// dW is right, added to what is there, and the same bit by bit with any number of threads.
    @Test(arguments: [(ProductArithmetic.fp32, 1e-4), (.bf16, 0.15)])
    func weightGradient(_ arithmetic: ProductArithmetic, tolerance: Double) {
        let (rows, outputs, inputs) = (70, 450, 33)
        let (dy, x) = (random(rows * outputs, seed: 5), random(rows * inputs, seed: 6))
        let results = [1, 2, 4].map { threads in
            let gradient = FloatBuffer(random(outputs * inputs, seed: 7).values)
            WeightGradient.add(
                [
                    WeightGradient(
                        outputGradient: dy.pointer, outputStride: outputs, input: x.pointer, inputStride: inputs,
                        rows: rows, outputs: outputs, inputs: inputs, destination: gradient.pointer,
                        arithmetic: arithmetic)
                ], team: ThreadTeam(threads: threads))
            return gradient.values
        }
        #expect(results[0] == results[1] && results[0] == results[2])
        let start = random(outputs * inputs, seed: 7).values
        for (output, input) in [(0, 0), (191, 32), (192, 0), (449, 32), (300, 16)] {
            var sum = Double(start[output * inputs + input])
            for row in 0..<rows {
                sum += Double(dy.pointer[row * outputs + output]) * Double(x.pointer[row * inputs + input])
            }
            #expect(abs(Double(results[0][output * inputs + input]) - sum) < tolerance)
        }
    }

    private func random(_ count: Int, seed: UInt64) -> FloatBuffer {
        var generator = SplitMix64(seed: seed)
        return FloatBuffer((0..<count).map { _ in Float.random(in: -1...1, using: &generator) })
    }
}
