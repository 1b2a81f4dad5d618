import CKernels
import Testing

@Suite struct OptimizerTests {
    /// Five steps against AdamW in double precision, written as PyTorch documents it.
    @Test(arguments: [1, 16, 37])
    func adamW(count: Int) {
        var random = RandomNumbers(seed: count)
        let start = random.floats(count)
        let gradients = (0..<5).map { _ in random.floats(count, scale: 0.1) }
        let (rate, beta1, beta2, epsilon, decay, scale) = (1e-2, 0.9, 0.95, 1e-8, 0.1, 0.5)
        var (p, m, v) = (doubles(start), [Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
        for (step, gradient) in gradients.enumerated() {
            for i in 0..<count {
                let g = Double(gradient[i]) * scale
                p[i] -= rate * decay * p[i]
                m[i] = beta1 * m[i] + (1 - beta1) * g
                v[i] = beta2 * v[i] + (1 - beta2) * g * g
                let corrected1 = m[i] / (1 - power(beta1, step + 1))
                let corrected2 = v[i] / (1 - power(beta2, step + 1))
                p[i] -= rate * corrected1 / (corrected2.squareRoot() + epsilon)
            }
        }
        for name in instructionSets {
            with(instructionSet: name) {
                var parameter = start
                var first = [Float](repeating: 0, count: count)
                var second = first
                for (step, gradient) in gradients.enumerated() {
                    apus_adamw(
                        count, &parameter, gradient, &first, &second, Float(scale), Float(rate), Float(beta1),
                        Float(beta2), Float(epsilon), Float(decay), Float(1 - power(beta1, step + 1)),
                        Float(1 - power(beta2, step + 1)))
                }
                #expect(relativeError(parameter, p) < 1e-6)
                #expect(relativeError(first, m) < 1e-6)
                #expect(relativeError(second, v) < 1e-6)
            }
        }
    }

    /// What the step would leave not finite is foretold, element by element, and nothing is touched.
    @Test(arguments: [1, 16, 37, 1000])
    func overflowsAreForetold(count: Int) {
        var random = RandomNumbers(seed: count)
        var (parameter, gradient) = (random.floats(count), random.floats(count))
        var (first, second) = (random.floats(count), random.floats(count).map(\.magnitude))
        func overflows() -> Int {
            apus_adamw_overflows(
                count, parameter, gradient, first, second, 1, 1e-2, 0.9, 0.95, 1e-8, 0.1, 0.19, 0.0975)
        }
        for name in instructionSets {
            with(instructionSet: name) { #expect(overflows() == 0) }
        }
        // The last finite bf16 stays, what would round to infinity does not; a huge gradient breaks its moments only.
        let broken: [(Int, () -> Void)] = [
            (0, { parameter[0] = .greatestFiniteMagnitude }), (count / 2, { gradient[count / 2] = 3e25 }),
            (count - 1, { second[count - 1] = .infinity }), (count / 3, { first[count / 3] = .nan }),
        ]
        for (_, spoil) in broken { spoil() }
        let (before, expected) = (parameter, Set(broken.map(\.0)).count)
        for name in instructionSets {
            with(instructionSet: name) { #expect(overflows() == expected) }
        }
        expectSameBits(parameter, before)
        let foretold = overflows()
        apus_adamw(count, &parameter, gradient, &first, &second, 1, 1e-2, 0.9, 0.95, 1e-8, 0.1, 0.19, 0.0975)
        let bound = Float(bitPattern: 0x7F7F_0000)
        let actual = (0..<count).count { index in
            [parameter[index], first[index], second[index]].contains { !($0.magnitude <= bound) }
        }
        #expect(actual == foretold)
    }

    func power(_ base: Double, _ exponent: Int) -> Double { (0..<exponent).reduce(1) { product, _ in product * base } }

    @Test(arguments: [0, 1, 16, 1000, 4099])
    func sumOfSquares(count: Int) {
        var random = RandomNumbers(seed: count)
        let x = random.floats(count, scale: 100)
        let expected = x.reduce(0.0) { $0 + Double($1) * Double($1) }
        for name in instructionSets {
            with(instructionSet: name) {
                #expect(abs(apus_sum_of_squares(count, x) - expected) <= 1e-13 * expected)
            }
        }
    }

    @Test(arguments: [1, 15, 16, 17, 1000])
    func nonFinite(count: Int) {
        var x = [Float](repeating: .greatestFiniteMagnitude, count: count)
        for name in instructionSets {
            with(instructionSet: name) { #expect(apus_count_nonfinite(count, x) == 0) }
        }
        let broken = stride(from: 0, to: count, by: 3)
        for (index, value) in zip(broken, [Float.nan, .infinity, -.infinity, .signalingNaN].cycled(count)) {
            x[index] = value
        }
        for name in instructionSets {
            with(instructionSet: name) { #expect(apus_count_nonfinite(count, x) == Array(broken).count) }
        }
    }
}

extension Array {
    /// The elements over and over, `count` in all.
    fileprivate func cycled(_ count: Int) -> [Element] { (0..<count).map { self[$0 % self.count] } }
}
