/// Finds the key somebody meant when he mistyped one.
enum KeySuggestion {
    /// The candidate nearest to `key`, or nil when none is near enough to be meant (more than a third of its letters
    /// differ). The full path counts, and so does a right name in the wrong section.
    static func nearest(to key: String, among candidates: [String]) -> String? {
        let scored = candidates.map { candidate in
            (candidate: candidate, distance: min(distance(key, candidate), 2 + distance(name(key), name(candidate))))
        }
        guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(2, name(key).count / 3) ? best.candidate : nil
    }

    private static func name(_ path: String) -> Substring {
        path.split(separator: ".").last ?? ""
    }

    /// Edits (insert, delete, replace, swap of neighbours) that turn one string into the other: the optimal string
    /// alignment distance, three rows of the table at a time.
    static func distance(_ left: some StringProtocol, _ right: some StringProtocol) -> Int {
        let source = Array(left.utf8)
        let target = Array(right.utf8)
        guard !source.isEmpty, !target.isEmpty else { return max(source.count, target.count) }
        var beforeLast: [Int] = []
        var last = Array(0...target.count)
        for row in 1...source.count {
            var current = [row]
            for column in 1...target.count {
                let replaced = last[column - 1] + (source[row - 1] == target[column - 1] ? 0 : 1)
                var best = min(replaced, last[column] + 1, current[column - 1] + 1)
                let swapped =
                    row > 1 && column > 1 && source[row - 1] == target[column - 2]
                    && source[row - 2] == target[column - 1]
                if swapped { best = min(best, beforeLast[column - 2] + 1) }
                current.append(best)
            }
            beforeLast = last
            last = current
        }
        return last[target.count]
    }
}
