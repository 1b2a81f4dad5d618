import Foundation

/// Two sets of cells that differ in one thing, compared run by run with the same seed.
package struct StudyComparison: Sendable {
    /// What is wrong with the patterns.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Of the first cell's accuracy less the second's, in percent points.
    package let accuracy: SeedEstimate
    /// Of the logarithm of the first cell's divergence over the second's; nil where one has none.
    package let logDivergenceRatio: SeedEstimate?
    /// Pairs of runs, and those in which the first is ahead.
    package let pairs: Int
    package let ahead: Int

    /// - Parameters:
    ///   - first: experiment and cells, "b N=8, *, clip", where a star stands for any text.
    ///   - second: what each of them is compared with, its stars standing for the same texts.
    package init(first: String, second: String, results: [StudyResult]) throws(Failure) {
        var byName: [String: StudyResult] = [:]
        for result in results { byName["\(result.study) \(result.cell) \(result.seed)"] = result }
        let (stars, others) = (Self.pieces(first), Self.pieces(second))
        guard stars.count == others.count else {
            throw Failure(description: "'\(first)' and '\(second)' must have the same number of stars")
        }
        var pairs: [(StudyResult, StudyResult)] = []
        for result in results {
            guard let texts = Self.match("\(result.study) \(result.cell)", stars) else { continue }
            let name = zip(others, texts + [""]).map { $0 + $1 }.joined()
            guard let other = byName["\(name) \(result.seed)"] else {
                throw Failure(description: "there is no result of '\(name)' with seed \(result.seed)")
            }
            pairs.append((result, other))
        }
        guard !pairs.isEmpty else { throw Failure(description: "no result is of '\(first)'") }
        let differences = pairs.map { ($0.accuracy - $1.accuracy) * 100 }
        accuracy = SeedEstimate(differences)
        let isPositive = pairs.allSatisfy { $0.samplerDivergence > 0 && $1.samplerDivergence > 0 }
        logDivergenceRatio =
            isPositive ? SeedEstimate(pairs.map { log($0.samplerDivergence / $1.samplerDivergence) }) : nil
        self.pairs = pairs.count
        ahead = differences.count { $0 > 0 }
    }

    private static func pieces(_ pattern: String) -> [String] {
        pattern.split(separator: "*", omittingEmptySubsequences: false).map(String.init)
    }

    /// The texts that the stars between `pieces` stand for, the shortest first.
    private static func match(_ text: String, _ pieces: [String]) -> [String]? {
        guard var rest = text.hasPrefix(pieces[0]) ? text.dropFirst(pieces[0].count) : nil else { return nil }
        guard pieces.count > 1 else { return rest.isEmpty ? [] : nil }
        var found: [String] = []
        for piece in pieces[1..<(pieces.count - 1)] {
            guard let range = rest.firstRange(of: piece) else { return nil }
            found.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        guard let last = pieces.last, rest.hasSuffix(last) else { return nil }
        return found + [String(rest.dropLast(last.count))]
    }

    /// One line for people.
    package var text: String {
        func signed(_ estimate: SeedEstimate) -> String {
            String(format: "%+.1f ± %.1f", estimate.mean, estimate.halfWidth)
        }
        var text = "accuracy \(signed(accuracy)) points, \(ahead) of \(pairs) pairs ahead"
        if let ratio = logDivergenceRatio {
            let bounds = [ratio.mean, ratio.mean - ratio.halfWidth, ratio.mean + ratio.halfWidth].map(exp)
            text += String(format: "; KL × %.2f (%.2f to %.2f)", bounds[0], bounds[1], bounds[2])
        }
        return text
    }
}
