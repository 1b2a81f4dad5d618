/// Finds added tokens in text: leftmost first, then longest, by a trie over bytes.
struct AddedTokenMatcher: Sendable {
    private struct Node {
        var children: [UInt8: Int] = [:]
        /// Index into `tokens` when one ends here.
        var token: Int?
    }

    /// Where a token was found, stripped whitespace included.
    struct Match {
        let range: Range<Int>
        let token: AddedToken
    }

    private let tokens: [AddedToken]
    private var nodes = [Node()]
    /// Whether some token begins with this byte.
    private var isFirst = [Bool](repeating: false, count: 256)

    init(_ tokens: [AddedToken]) {
        self.tokens = tokens
        for (index, token) in tokens.enumerated() {
            var node = 0
            for byte in token.content.utf8 { node = child(of: node, byte) }
            guard node != 0 else { continue }
            nodes[node].token = index
            if let first = token.content.utf8.first { isFirst[Int(first)] = true }
        }
    }

    private mutating func child(of node: Int, _ byte: UInt8) -> Int {
        if let child = nodes[node].children[byte] { return child }
        nodes.append(Node())
        nodes[node].children[byte] = nodes.count - 1
        return nodes.count - 1
    }

    /// The first match in `text` from `position` on that `isAllowed`.
    func next(
        in text: UnsafeBufferPointer<UInt8>, from position: Int, where isAllowed: (AddedToken) -> Bool
    ) -> Match? {
        guard nodes.count > 1 else { return nil }
        var start = position
        while start < text.count {
            if isFirst[Int(text[start])], let (end, token) = longest(in: text, at: start) {
                if isAllowed(token) {
                    return Match(range: stripped(start..<end, token, in: text, from: position), token: token)
                }
                // As in the reference, a token that is not wanted still uses up its text.
                start = end
            } else {
                start += 1
            }
        }
        return nil
    }

    private func longest(in text: UnsafeBufferPointer<UInt8>, at start: Int) -> (end: Int, token: AddedToken)? {
        var node = 0
        var position = start
        var found: (end: Int, token: AddedToken)?
        while position < text.count, let child = nodes[node].children[text[position]] {
            node = child
            position += 1
            if let token = nodes[node].token { found = (position, tokens[token]) }
        }
        return found
    }

    private func stripped(
        _ range: Range<Int>, _ token: AddedToken, in text: UnsafeBufferPointer<UInt8>, from position: Int
    ) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        if token.stripsLeft {
            var run = position
            var scan = position
            while scan < start {
                let character = ClassifiedCharacter(text, at: scan)
                scan += character.length
                if character.characterClass != .whitespace { run = scan }
            }
            start = run
        }
        if token.stripsRight {
            while end < text.count {
                let character = ClassifiedCharacter(text, at: end)
                guard character.characterClass == .whitespace else { break }
                end += character.length
            }
        }
        return start..<end
    }
}
