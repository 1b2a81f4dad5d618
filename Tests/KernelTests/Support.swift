import CKernels
import Testing

/// The instruction sets this processor can run; every kernel is tested on each.
let instructionSets = ["amx", "avx512-vnni", "avx512", "avx2", "neon", "generic"].filter { name in
    defer { apus_force_instruction_set(nil) }
    return apus_force_instruction_set(name)
}

/// Runs `body`, which must not suspend, with one instruction set forced on this thread.
func with<Result>(instructionSet: String, _ body: () throws -> Result) rethrows -> Result {
    apus_force_instruction_set(instructionSet)
    defer { apus_force_instruction_set(nil) }
    return try body()
}

/// SplitMix64, so that every run tests the same numbers.
struct RandomNumbers: RandomNumberGenerator {
    var state: UInt64

    init(seed: Int) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func floats(_ count: Int, scale: Float = 1) -> [Float] {
        (0..<count).map { _ in scale * (Float(next() >> 40) * 0x1p-23 - 1) }
    }

    mutating func integer(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
}

/// Bit patterns, which compare equal for equal NaN and differ for ±0.
func bits(_ values: some Sequence<Float>) -> [UInt32] { values.map(\.bitPattern) }

/// Expects the same elements, and names the first that differs. (`#expect(a == b)` would compute the shortest edit script of
/// two long arrays, which takes hours.)
func expectSame<Element: Equatable>(
    _ actual: [Element], _ expected: [Element], _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let count = actual.count
    let first = zip(actual, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset
    if count == expected.count, first == nil { return }
    let difference = first.map { "element \($0) is \(actual[$0]), not \(expected[$0])" }
    Issue.record(
        "\(difference ?? "\(count) elements, not \(expected.count)"). \(comment)", sourceLocation: sourceLocation)
}

/// Expects the same bit patterns.
func expectSameBits(
    _ actual: some Sequence<Float>, _ expected: some Sequence<Float>, _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    expectSame(bits(actual), bits(expected), comment, sourceLocation: sourceLocation)
}

func doubles(_ values: [Float]) -> [Double] { values.map(Double.init) }

/// ‖actual − expected‖ / ‖expected‖, in double.
func relativeError(_ actual: [Float], _ expected: [Double]) -> Double {
    precondition(actual.count == expected.count)
    var difference = 0.0
    var norm = 0.0
    for (a, e) in zip(actual, expected) {
        difference += (Double(a) - e) * (Double(a) - e)
        norm += e * e
    }
    return (difference / max(norm, 1e-300)).squareRoot()
}

/// Central differences of `loss` with respect to every element of `x`, in double.
func numericalGradient(_ x: [Double], step: Double = 1e-5, _ loss: ([Double]) -> Double) -> [Double] {
    x.indices.map { index in
        var moved = x
        moved[index] = x[index] + step
        let above = loss(moved)
        moved[index] = x[index] - step
        return (above - loss(moved)) / (2 * step)
    }
}

func dot(_ a: [Float], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + Double($1.0) * $1.1 } }
