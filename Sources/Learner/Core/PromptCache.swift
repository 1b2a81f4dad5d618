import Execution

/// Prompts by index, the recent ones kept: a prompt is needed when its group is issued, leased, leased again and accepted.
///
/// Owner: `LearnerCore`. Invariant: at most `capacity` prompts are kept; what is returned is what the source says.
final class PromptCache: Sendable {
    private let source: any PromptSource
    private let kept = Lock<[UInt64: LeasedPrompt]>([:])
    private let capacity = 4096

    init(_ source: any PromptSource) { self.source = source }

    func sourceNumber(of index: UInt64) -> Int { source.sourceNumber(of: index) }

    func prompt(_ index: UInt64) -> LeasedPrompt {
        if let prompt = kept.withLock({ $0[index] }) { return prompt }
        let prompt = source.prompt(index)
        kept.withLock { kept in
            if kept.count >= capacity { kept.removeAll(keepingCapacity: true) }
            kept[index] = prompt
        }
        return prompt
    }
}
