import CKernels
import Testing

/// Every kernel gives the same bits on every instruction set the processor has. (GEMM and attention have their own tests of
/// this, against the scalar chain and against one row at a time.)
@Suite struct InstructionSetTests {
    /// What every row kernel makes of the same numbers, one array after the other.
    func everything(dim: Int) -> [UInt32] {
        let rows = 6
        var random = RandomNumbers(seed: dim)
        let (x, dy, weight) = (
            random.floats(rows * 2 * dim, scale: 6), random.floats(rows * 2 * dim), random.floats(2 * dim)
        )
        var results: [[Float]] = []
        func output(_ count: Int, _ body: (inout [Float]) -> Void) {
            var array = [Float](repeating: 0.5, count: count)
            body(&array)
            results.append(array)
        }
        var inverse = [Float](repeating: 0, count: rows)
        output(rows * dim) { apus_rmsnorm(rows, dim, x, dim, weight, 1e-6, &$0, dim, &inverse) }
        output(rows) { $0 = inverse }
        var dweight = weight
        output(rows * dim) {
            apus_rmsnorm_backward(rows, dim, x, dim, weight, inverse, dy, dim, &$0, dim, true, &dweight)
        }
        output(dim) { $0 = dweight }
        output(rows * 2 * dim) {
            $0 = x
            apus_rope(rows, 1, 2 * dim, &$0, 2 * dim, [0, 0, 0, 0, 0, 0], dy, weight, false)
        }
        output(rows * dim) { apus_swiglu(rows, dim, x, 2 * dim, &$0, dim) }
        output(rows * 2 * dim) { apus_swiglu_backward(rows, dim, x, 2 * dim, dy, dim, &$0, 2 * dim) }
        var ids = [Int16](repeating: 0, count: rows)
        var (gates, probabilities) = (inverse, x)
        apus_router(rows, 2 * dim, 1, false, x, nil, &ids, &gates, &probabilities)
        output(rows) { $0 = gates }
        output(rows * 2 * dim) { $0 = probabilities }
        output(rows * 2 * dim) {
            apus_router_backward(rows, 2 * dim, 1, false, probabilities, ids, gates, inverse, &$0)
        }
        var (sums, entropies) = (inverse, inverse)
        apus_log_sum_exp(rows, 2 * dim, x, 2 * dim, 0.9, &sums, &entropies)
        output(rows) { $0 = sums }
        output(rows) { $0 = entropies }
        output(rows * 2 * dim) {
            $0 = x
            apus_log_prob_backward(
                rows, 2 * dim, &$0, 2 * dim, 0.9, sums, nil, [0, 1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0], dy, nil)
        }
        output(rows * 2 * dim) {
            $0 = x
            apus_log_prob_backward(
                rows, 2 * dim, &$0, 2 * dim, 0.9, sums, entropies, [0, 1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0], dy, dy)
        }
        output(rows * 2 * dim) {
            $0 = x
            _ = apus_balance_backward(rows, 2 * dim, probabilities, dy, &$0)
        }
        var (first, second) = (dy, x.map(\.magnitude))
        let overflows = apus_adamw_overflows(
            x.count, x, dy.map { $0 * 1e20 }, first, second, 1, 1e-3, 0.9, 0.95, 1e-8, 0.1, 0.19, 0.0975)
        output(1) { $0 = [Float(overflows)] }
        output(rows * 2 * dim) {
            $0 = x
            apus_adamw(x.count, &$0, dy, &first, &second, 0.7, 1e-3, 0.9, 0.95, 1e-8, 0.1, 0.19, 0.0975)
        }
        output(rows * 2 * dim) { $0 = first }
        output(rows * 2 * dim) { $0 = second }
        output(2) { $0 = [Float(apus_sum_of_squares(x.count, x)), Float(bitPattern: UInt32(ids[0]))] }
        return results.flatMap(bits)
    }

    @Test(arguments: [1, 5, 16, 23, 64, 130])
    func allAgree(dim: Int) {
        let results = instructionSets.map { name in with(instructionSet: name) { everything(dim: dim) } }
        for (name, result) in zip(instructionSets, results) { expectSame(result, results[0], name) }
    }

    @Test func theBestIsTheDefaultAndUnknownOnesAreRefused() {
        #expect(String(cString: apus_instruction_set()) == instructionSets[0])
        #expect(!apus_force_instruction_set("abacus"))
        #expect(String(cString: apus_instruction_set()) == instructionSets[0])
        with(instructionSet: instructionSets[instructionSets.count - 1]) {
            #expect(String(cString: apus_instruction_set()) == instructionSets[instructionSets.count - 1])
        }
        #expect(String(cString: apus_instruction_set()) == instructionSets[0])
    }

    @Test func thePeakProbeCountsItsWork() {
        for name in instructionSets {
            with(instructionSet: name) {
                #expect(apus_fma_peak_probe(20) >= 20 * 16 * 2)
                #expect(apus_bf16_peak_probe(20) >= apus_fma_peak_probe(20))
            }
        }
    }
}

/// The vectorised exponential as seen through a softmax of two: exp(−x) / (1 + exp(−x)).
@Suite struct ExponentialTests {
    @Test func withinTwoUnitsInTheLastPlace() {
        var random = RandomNumbers(seed: 2)
        let x = (0..<20_000).map { _ in random.floats(1)[0] * 43.5 - 43.5 }
        // One key with score x against many with score 0 hides nothing: silu(−g)/−g would lose digits, so read
        // d loss/d logits of a row whose log-sum-exp is 0 and whose only prediction has weight −1: exp(x) itself.
        var row = x
        apus_log_prob_backward(1, x.count, &row, x.count, 1, [0], nil, [0, 1], [0], [-1], nil)
        row[0] += 1
        for (actual, argument) in zip(row, x).dropFirst() {
            let expected = exponential(Double(argument))
            #expect(abs(Double(actual) - expected) <= 1.5 * Double(Float(expected).ulp), "exp(\(argument))")
        }
    }
}
