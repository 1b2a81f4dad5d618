/// Several sources mixed by weight.
///
/// Prompts come in blocks in which every source has its exact share, in an order keyed by (seed, block). Where a prompt comes
/// from is thus a pure function of seed and index, and the n-th prompt of a source is the source's own n-th, give or take the
/// order within a block.
package struct MixtureTaskSource: TaskSource {
    /// Longest block. Weights that need a longer one are rounded to it.
    static let maximumBlock = 1000

    private let sources: [any TaskSource]
    /// Prompts of each source in a block, and how many come before them in its table.
    package let shares: [Int]
    private let starts: [Int]
    private let block: Int
    private let seed: UInt64

    /// - Throws: `TaskError.unsupportedSetting` if a source would get no prompt of a block.
    package init(_ parts: [(source: any TaskSource, weight: Double)], seed: UInt64) throws(TaskError) {
        precondition(!parts.isEmpty, "a mixture of nothing")
        sources = parts.map(\.source)
        let shares = Self.shares(of: parts.map(\.weight))
        for (share, part) in zip(shares, parts) where share < 1 {
            throw .unsupportedSetting(
                name: "the weight of a source", value: "\(part.weight)",
                allowed: "at least a thousandth of all weights together")
        }
        self.shares = shares
        starts = shares.indices.map { index in shares[..<index].reduce(0, +) }
        block = shares.reduce(0, +)
        self.seed = seed
    }

    /// The smallest whole numbers in the ratio of the weights, if their sum is at most `maximumBlock`; else that many prompts by
    /// largest remainder.
    static func shares(of weights: [Double]) -> [Int] {
        let total = weights.reduce(0, +)
        for size in weights.count...max(weights.count, maximumBlock) {
            let exact = weights.map { $0 / total * Double(size) }
            if exact.allSatisfy({ abs($0 - $0.rounded()) < 1e-9 * Double(size) && $0 > 0.5 }) {
                return exact.map { Int($0.rounded()) }
            }
        }
        let exact = weights.map { $0 / total * Double(maximumBlock) }
        var shares = exact.map { Int($0) }
        let byRemainder = exact.indices.sorted { left, right in
            let (one, other) = (exact[left] - exact[left].rounded(.down), exact[right] - exact[right].rounded(.down))
            return one == other ? left < right : one > other
        }
        for index in byRemainder.prefix(maximumBlock - shares.reduce(0, +)) { shares[index] += 1 }
        return shares
    }

    /// Which source gives the prompt at `index`, and which of its prompts that is.
    package func location(of index: UInt64, split: TaskSplit) -> (source: Int, index: UInt64) {
        let (number, position) = index.quotientAndRemainder(dividingBy: UInt64(block))
        let slot = KeyedPermutation(count: block, keys: seed, split.rawValue, number)[Int(position)]
        let source = starts.lastIndex { $0 <= slot } ?? 0
        return (source, number * UInt64(shares[source]) + UInt64(slot - starts[source]))
    }

    package func prompt(at index: UInt64, split: TaskSplit) throws(TaskError) -> TaskPrompt {
        let place = location(of: index, split: split)
        return try sources[place.source].prompt(at: place.index, split: split)
    }

    /// Up to the first block that would repeat a prompt; nil if no source ever does.
    package func count(of split: TaskSplit) -> Int? {
        zip(sources, shares).compactMap { source, share in source.count(of: split).map { $0 / share } }.min()
            .map { $0 * block }
    }
}
