import CKernels
import Testing

/// Softmax over all experts, the top k, gates and their gradient.
@Suite struct RouterTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let experts, topK: Int
        let normalise: Bool
        var testDescription: String { "\(topK) of \(experts)\(normalise ? ", normalised" : "")" }
    }

    static let shapes = [
        Shape(experts: 16, topK: 4, normalise: true), Shape(experts: 60, topK: 4, normalise: false),
        Shape(experts: 5, topK: 1, normalise: true), Shape(experts: 7, topK: 7, normalise: true),
        Shape(experts: 128, topK: 8, normalise: true), Shape(experts: 1, topK: 1, normalise: false),
    ]

    func softmax(_ logits: ArraySlice<Double>) -> [Double] {
        let largest = logits.max() ?? 0
        let e = logits.map { exponential($0 - largest) }
        let sum = e.reduce(0, +)
        return e.map { $0 / sum }
    }

    /// Gates of given ids, as a function of one row of logits.
    func gates(_ logits: ArraySlice<Double>, ids: ArraySlice<Int16>, normalise: Bool) -> [Double] {
        let p = softmax(logits)
        let chosen = ids.map { p[Int($0)] }
        return normalise ? chosen.map { $0 / chosen.reduce(0, +) } : chosen
    }

    struct Routes {
        var ids: [Int16]
        var gates, probabilities: [Float]
    }

    func route(_ shape: Shape, _ logits: [Float], replay: [Int16]?) -> Routes {
        let rows = logits.count / shape.experts
        var routes = Routes(
            ids: Array(repeating: -7, count: rows * shape.topK),
            gates: Array(repeating: .nan, count: rows * shape.topK),
            probabilities: Array(repeating: .nan, count: logits.count))
        apus_router(
            rows, shape.experts, shape.topK, shape.normalise, logits, replay, &routes.ids, &routes.gates,
            &routes.probabilities)
        return routes
    }

    @Test(arguments: shapes)
    func choosesTheMostProbableExperts(shape: Shape) {
        let rows = 9
        var random = RandomNumbers(seed: shape.experts)
        let logits = random.floats(rows * shape.experts, scale: 4)
        for name in instructionSets {
            with(instructionSet: name) {
                let routes = route(shape, logits, replay: nil)
                for row in 0..<rows {
                    let range = row * shape.experts..<(row + 1) * shape.experts
                    let chosen = row * shape.topK..<(row + 1) * shape.topK
                    let order = range.sorted { logits[$0] > logits[$1] }.map { Int16($0 - range.lowerBound) }
                    #expect(Array(routes.ids[chosen]) == order.prefix(shape.topK).sorted())
                    let row = doubles(logits)[range]
                    let expected = gates(row, ids: routes.ids[chosen], normalise: shape.normalise)
                    #expect(zip(routes.gates[chosen], expected).allSatisfy { abs(Double($0) - $1) < 3e-7 })
                    #expect(zip(routes.probabilities[range], softmax(row)).allSatisfy { abs(Double($0) - $1) < 3e-7 })
                }
                // Without room for probabilities, and row by row, nothing changes.
                var ids = routes.ids
                var gates = routes.gates
                apus_router(rows, shape.experts, shape.topK, shape.normalise, logits, nil, &ids, &gates, nil)
                #expect(ids == routes.ids)
                expectSameBits(gates, routes.gates)
            }
        }
    }

    @Test func tiesGoToTheLowerId() {
        let shape = Shape(experts: 20, topK: 3, normalise: true)
        #expect(route(shape, Array(repeating: 1, count: 20), replay: nil).ids == [0, 1, 2])
        var logits = [Float](repeating: 0, count: 20)
        logits[17] = 1
        #expect(route(shape, logits, replay: nil).ids == [0, 1, 17])
    }

    @Test func replayFixesIdsButNotGates() {
        let shape = Shape(experts: 6, topK: 2, normalise: true)
        var random = RandomNumbers(seed: 4)
        let logits = random.floats(18)
        let own = route(shape, logits, replay: nil)
        let routes = route(shape, logits, replay: [5, 0, -1, -1, 2, 4])
        #expect(routes.ids[0..<2] == [0, 5])
        #expect(routes.ids[2..<4] == own.ids[2..<4])
        #expect(routes.ids[4..<6] == [2, 4])
        expectSameBits(routes.probabilities, own.probabilities)
        let expected = gates(doubles(logits)[0..<6], ids: [0, 5], normalise: true)
        #expect(zip(routes.gates, expected).allSatisfy { abs(Double($0) - $1) < 3e-7 })
    }

    @Test func idsAreValidWhateverTheLogits() {
        let shape = Shape(experts: 6, topK: 3, normalise: true)
        for name in instructionSets {
            with(instructionSet: name) {
                #expect(route(shape, Array(repeating: .nan, count: 6), replay: nil).ids == [0, 1, 2])
                #expect(route(shape, Array(repeating: -.infinity, count: 6), replay: nil).ids == [0, 1, 2])
            }
        }
    }

    @Test(arguments: shapes)
    func backward(shape: Shape) {
        let rows = 3
        var random = RandomNumbers(seed: shape.experts + 1)
        let logits = random.floats(rows * shape.experts, scale: 2)
        let dgates = random.floats(rows * shape.topK)
        for name in instructionSets {
            with(instructionSet: name) {
                let routes = route(shape, logits, replay: nil)
                var dlogits = [Float](repeating: .nan, count: logits.count)
                apus_router_backward(
                    rows, shape.experts, shape.topK, shape.normalise, routes.probabilities, routes.ids, routes.gates,
                    dgates, &dlogits)
                for row in 0..<rows {
                    let range = row * shape.experts..<(row + 1) * shape.experts
                    let chosen = row * shape.topK..<(row + 1) * shape.topK
                    let expected = numericalGradient(Array(doubles(logits)[range])) { logits in
                        dot(
                            Array(dgates[chosen]),
                            gates(logits[...], ids: routes.ids[chosen], normalise: shape.normalise))
                    }
                    #expect(zip(dlogits[range], expected).allSatisfy { abs(Double($0) - $1) < 1e-6 })
                }
            }
        }
    }

    /// Given probabilities alone, the choice is that of the router.
    @Test(arguments: shapes)
    func chosenExpertsAreTheRouters(shape: Shape) {
        var random = RandomNumbers(seed: shape.topK)
        for logits in [random.floats(5 * shape.experts, scale: 4), Array(repeating: 1, count: 5 * shape.experts)] {
            for name in instructionSets {
                with(instructionSet: name) {
                    let routes = route(shape, logits, replay: nil)
                    var ids = [Int16](repeating: -7, count: routes.ids.count)
                    apus_choose_experts(5, shape.experts, shape.topK, routes.probabilities, &ids)
                    #expect(ids == routes.ids)
                }
            }
        }
    }

    @Test(arguments: shapes)
    func balanceBackward(shape: Shape) {
        let rows = 3
        var random = RandomNumbers(seed: shape.experts + 2)
        let logits = random.floats(rows * shape.experts, scale: 2)
        let dprobabilities = random.floats(shape.experts)
        let before = random.floats(logits.count)
        for name in instructionSets {
            with(instructionSet: name) {
                let routes = route(shape, logits, replay: nil)
                var dlogits = before
                let loss = apus_balance_backward(rows, shape.experts, routes.probabilities, dprobabilities, &dlogits)
                var expectedLoss = 0.0
                for row in 0..<rows {
                    let range = row * shape.experts..<(row + 1) * shape.experts
                    func value(_ logits: [Double]) -> Double { dot(dprobabilities, softmax(logits[...])) }
                    let own = Array(doubles(logits)[range])
                    expectedLoss += value(own)
                    let expected = numericalGradient(own, value)
                    let added = range.map { Double(dlogits[$0]) - Double(before[$0]) }
                    #expect(zip(added, expected).allSatisfy { abs($0 - $1) < 1e-6 })
                }
                #expect(abs(loss - expectedLoss) < 1e-5)
            }
        }
    }
}
