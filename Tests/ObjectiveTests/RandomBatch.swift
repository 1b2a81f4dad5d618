import Objective

/// A small keyed generator for tests: SplitMix64.
struct TestGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Batches with sequences of length 1 to long, partly masked, some tokens far off policy and some hardly.
func randomBatch(seed: UInt64, drift: Float, weighted: Bool = false) -> ObjectiveBatch {
    var generator = TestGenerator(state: seed)
    let lengths = [1, 2, 3, 8, 1, 17, 64, 5, 200, 30, 4]
    var offsets = [0]
    for length in lengths { offsets.append(offsets[offsets.count - 1] + length) }
    let count = offsets[lengths.count]
    let old = (0..<count).map { _ in Float.random(in: -6 ... -0.01, using: &generator) }
    let shifts = lengths.flatMap { length -> [Float] in
        let common = Float.random(in: -drift...drift, using: &generator)
        return (0..<length).map { _ in common + Float.random(in: -drift...drift, using: &generator) }
    }
    var mask = (0..<count).map { _ in Int.random(in: 0..<5, using: &generator) > 0 }
    mask[0] = true
    for token in offsets[7]..<offsets[8] { mask[token] = false }
    return ObjectiveBatch(
        offsets: offsets,
        logProbabilities: zip(old, shifts).map { $0 + $1 },
        oldLogProbabilities: old,
        samplerLogProbabilities: old.map { $0 + Float.random(in: -drift...drift, using: &generator) },
        mask: mask,
        advantages: lengths.indices.map { $0 == 4 ? 0 : Float.random(in: -2...2, using: &generator) },
        weights: weighted ? (0..<count).map { _ in Float.random(in: 0...2, using: &generator) } : [],
        staleness: lengths.indices.map { $0 % 4 })
}
