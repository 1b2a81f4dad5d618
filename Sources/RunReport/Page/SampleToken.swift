import RunStore

/// One token of a sample: its text, the classes that colour it, and its numbers for the read-out.
package struct SampleToken {
    /// Bounds between the colours of |log μ − log π_old|, in nats.
    private static let gapBounds = [0.01, 0.05, 0.2, 0.7]
    /// Bounds between the colours of entropy, in nats.
    private static let entropyBounds = [0.05, 0.2, 0.5, 1, 2]

    /// Classes of the colours, with what they stand for.
    static let gapNames: [(name: String, label: String)] = [
        ("n4", "< −0.7"), ("n3", "−0.2"), ("n2", "−0.05"), ("n1", "−0.01"), ("g0", "0"), ("p1", "0.01"), ("p2", "0.05"),
        ("p3", "0.2"), ("p4", "> 0.7"),
    ]
    static let entropyNames: [(name: String, label: String)] = [
        ("h0", "0"), ("h1", "0.05"), ("h2", "0.2"), ("h3", "0.5"), ("h4", "1"), ("h5", "> 2"),
    ]

    private let id: Int32
    private let text: String?
    private let sampler: Double
    private let old: Double
    private let current: Double
    private let entropy: Double

    /// - Parameter text: nil if the tokenizer is not known: the id is shown.
    init(_ sample: StoredSample, _ index: Int, text: String?) {
        id = sample.tokens[index]
        self.text = text
        sampler = Double(sample.samplerLogProbabilities[index])
        old = Double(sample.oldLogProbabilities[index])
        current = Double(sample.logProbabilities[index])
        entropy = Double(sample.entropies[index])
    }

    var classes: String { "token \(Self.gapClass(sampler - old)) \(Self.entropyClass(entropy))" }

    var markup: Markup {
        let numbers = [sampler, old, current, entropy].map { NumberFormat.significant($0, 5) }
        return tag(
            "span", .classes(classes + kind),
            Attribute("data-t", "\(id)|" + numbers.joined(separator: "|"))
        ) { shown }
    }

    /// Ids and the tokenizer's own marks look different from text.
    private var kind: String {
        guard let text else { return " id" }
        return text.hasPrefix("<|") && text.hasSuffix("|>") ? " special" : ""
    }

    /// A line feed keeps its place in the line as a symbol; an empty text is part of a character that a later token ends.
    private var shown: String {
        guard let text else { return "\(id)" }
        return text.isEmpty ? "·" : text.replacing("\n", with: "↵\n")
    }

    package static func gapClass(_ gap: Double) -> String {
        guard gap.isFinite else { return "g0" }
        let level = gapBounds.count { abs(gap) >= $0 }
        return level == 0 ? "g0" : gap > 0 ? "p\(level)" : "n\(level)"
    }

    package static func entropyClass(_ entropy: Double) -> String {
        entropy.isFinite ? "h\(entropyBounds.count { entropy >= $0 })" : "h0"
    }
}
