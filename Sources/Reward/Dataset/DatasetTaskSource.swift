/// The tasks of a file, epoch after epoch, each epoch in an order of its own.
///
/// The prompt at (split, index) is a pure function of the file, the settings and the seed: index = epoch · count + position, and
/// the epoch's order is a permutation keyed by (seed, epoch). So a resumed run meets the same prompts as an unbroken one, and
/// every epoch holds every training task once. Evaluation keeps the file's order.
package struct DatasetTaskSource: TaskSource {
    /// What became of the lines.
    package struct Summary: Sendable, Equatable {
        package var lines = 0
        package var training = 0
        package var evaluation = 0
        /// Left out by the bounds on the prompt's length.
        package var outOfLength = 0
        /// Left out of training because the same question is held out, here or in another file.
        package var heldOutElsewhere = 0

        package init() {}
    }

    package let path: String
    package let summary: Summary
    private let training: [TaskPrompt]
    private let evaluation: [TaskPrompt]
    private let isShuffled: Bool
    private let seed: UInt64

    /// - Parameters:
    ///   - heldOutShare: share of the questions that belongs to evaluation, by their hash; 0 for none.
    ///   - evaluationFile: tasks for evaluation instead, all of them.
    ///   - heldOut: hashes of all questions that no training may show, those of other files included.
    ///   - isAdmitted: whether an adjusted prompt is short and long enough.
    package init(
        _ file: DatasetFile, heldOutShare: Double = 0, evaluationFile: DatasetFile? = nil, heldOut: HeldOutQuestions,
        adjustment: TaskAdjustment = TaskAdjustment(), check: TaskCheck, isShuffled: Bool = true, seed: UInt64,
        isAdmitted: (TaskPrompt) throws -> Bool
    ) throws {
        var summary = Summary()
        let own = file.heldOut(share: heldOutShare)
        func admitted(_ examples: [DatasetFile.Example]) throws -> [TaskPrompt] {
            let prompts = try examples.map { try adjustment.apply(to: $0.prompt) }
            let admitted = try prompts.filter(isAdmitted)
            summary.outOfLength += prompts.count - admitted.count
            return admitted
        }
        let kept = file.examples.filter { !own.contains($0.hash) }
        let clean = kept.filter { !heldOut.hashes.contains($0.hash) }
        training = try admitted(clean)
        evaluation = try admitted(evaluationFile?.examples ?? file.examples.filter { own.contains($0.hash) })
        summary.lines = file.count + (evaluationFile?.count ?? 0)
        summary.heldOutElsewhere = kept.count - clean.count
        (summary.training, summary.evaluation) = (training.count, evaluation.count)
        self.summary = summary
        path = file.path
        self.isShuffled = isShuffled
        self.seed = seed
        guard let first = training.first else {
            throw DatasetError.noPrompts(
                path: path, split: .training,
                reason: "of \(file.count) lines \(own.count) questions are held out here, "
                    + "\(summary.heldOutElsewhere) elsewhere, and \(summary.outOfLength) are too short or too long")
        }
        try Self.check(first, check, path: path)
    }

    private static func check(_ prompt: TaskPrompt, _ check: TaskCheck, path: String) throws(DatasetError) {
        do throws(LineFault) {
            try check.check(prompt.verification)
        } catch {
            throw .noPrompts(path: path, split: .training, reason: error.reason)
        }
    }

    package func prompt(at index: UInt64, split: TaskSplit) throws(TaskError) -> TaskPrompt {
        let prompts = split == .training ? training : evaluation
        guard !prompts.isEmpty else {
            throw .unsupportedSetting(
                name: "what \(path) holds out", value: "nothing", allowed: "a share (hold_out) or an evaluation_file")
        }
        let (epoch, position) = index.quotientAndRemainder(dividingBy: UInt64(prompts.count))
        guard isShuffled, split == .training else { return prompts[Int(position)] }
        return prompts[KeyedPermutation(count: prompts.count, keys: seed, epoch)[Int(position)]]
    }

    package func count(of split: TaskSplit) -> Int? { split == .training ? training.count : evaluation.count }
}

/// The questions of all files of a run that belong to evaluation.
package struct HeldOutQuestions: Sendable {
    private(set) var hashes: Set<UInt64> = []

    package init() {}

    /// Adds the share of a file, or the whole of an evaluation file.
    package mutating func add(_ file: DatasetFile, share: Double, evaluationFile: DatasetFile?) {
        hashes.formUnion(evaluationFile?.hashes ?? file.heldOut(share: share))
    }
}
