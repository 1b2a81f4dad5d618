/// The tasks of a JSON-lines file, every line checked.
package struct DatasetFile: Sendable {
    /// A task and the hash of what it asks, by which it is held out: the same question is always on the same side, wherever it
    /// stands, whatever is put around it.
    struct Example: Sendable {
        let prompt: TaskPrompt
        let hash: UInt64
    }

    /// Longest line, in bytes.
    static let maximumLineBytes = 1 << 20
    /// Faults named in one error.
    private static let maximumFaults = 5

    package let path: String
    let examples: [Example]

    package var count: Int { examples.count }

    /// Reads the whole file.
    ///
    /// - Parameters:
    ///   - path: for errors.
    ///   - verifier: the kind for lines that name none.
    ///   - options: payload keys for every line; a line's own win.
    package init(
        _ bytes: [UInt8], path: String, format: DatasetFormat = .standard, verifier: String? = nil,
        options: [String: PayloadValue] = [:], check: TaskCheck
    ) throws(DatasetError) {
        let reader = DatasetLineReader(format: format, defaultVerifier: verifier, options: options, check: check)
        var examples: [Example] = []
        var faults: [DatasetError.Fault] = []
        var number = 0
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            number += 1
            let text = AnswerExtraction.trimmed(line)
            if text.isEmpty { continue }
            do throws(LineFault) {
                guard text.count <= Self.maximumLineBytes else {
                    throw LineFault("\(text.count) bytes long; at most \(Self.maximumLineBytes) are read")
                }
                let prompt = try reader.read(text)
                examples.append(Example(prompt: prompt, hash: Self.hash(prompt.content)))
            } catch {
                faults.append(DatasetError.Fault(line: number, reason: error.reason))
                if faults.count == Self.maximumFaults { break }
            }
        }
        guard faults.isEmpty else { throw .badLines(path: path, faults: faults) }
        guard !examples.isEmpty else { throw .noPrompts(path: path, split: .training, reason: "it has no line") }
        self.path = path
        self.examples = examples
    }

    private static func hash(_ content: PromptContent) -> UInt64 {
        switch content {
        case .text(let text): return SplitMix64.mix(TextHash.of(text.utf8))
        case .conversation(let turns):
            var hash = TextHash.of([0])
            for turn in turns {
                hash = TextHash.of(turn.role.rawValue.utf8, after: hash)
                hash = TextHash.of([0], after: TextHash.of(turn.content.utf8, after: hash))
            }
            return SplitMix64.mix(hash)
        }
    }

    /// The hashes of the questions that a held-out share of `share` takes.
    func heldOut(share: Double) -> Set<UInt64> {
        let threshold = share * 0x1p64
        return Set(examples.map(\.hash).filter { Double($0) < threshold })
    }

    var hashes: Set<UInt64> { Set(examples.map(\.hash)) }
}
