/// Sources that open one after another: at stage s the first s + 1 of them are mixed by weight.
///
/// The stage is part of a prompt's number, so the prompt at a number stays the same whatever the run has been through. Evaluation
/// asks all sources.
package struct StagedTaskSource: TaskSource {
    private let stages: [MixtureTaskSource]

    /// - Parameter parts: the sources in the order in which they open.
    package init(_ parts: [(source: any TaskSource, weight: Double)], seed: UInt64) throws(TaskError) {
        precondition(!parts.isEmpty && parts.count <= PromptNumber.maximumStages, "\(parts.count) stages")
        stages = try parts.indices.map { index throws(TaskError) in
            try MixtureTaskSource(Array(parts[...index]), seed: seed)
        }
    }

    package func sourceNumber(of index: UInt64) -> Int {
        let number = PromptNumber(index)
        return mixture(.training, number).location(of: number.position, split: .training).source
    }

    package func prompt(at index: UInt64, split: TaskSplit) throws(TaskError) -> TaskPrompt {
        let number = PromptNumber(index)
        return try mixture(split, number).prompt(at: number.position, split: split)
    }

    package func count(of split: TaskSplit) -> Int? { stages[stages.count - 1].count(of: split) }

    private func mixture(_ split: TaskSplit, _ number: PromptNumber) -> MixtureTaskSource {
        switch split {
        case .training: stages[number.stage]
        case .evaluation: stages[stages.count - 1]
        }
    }
}
