package import RunStore

/// A response of the journal with what there is to say of it, its tokens as text.
package struct ReportedSample: Sendable {
    package var step: Int
    package var stored: StoredSample
    package var prompt: String
    package var verdict: StoredVerdict
    package var finish: String
    package var outcome: ResponseOutcome?
    /// Text of each token; a token that ends within a character has none. Nil without the run's tokenizer.
    package var texts: [String]?
    /// The whole text as its worker wrote it down, if it is still there.
    package var text: String?

    package init(
        step: Int, stored: StoredSample, prompt: String, verdict: StoredVerdict, finish: String,
        outcome: ResponseOutcome? = nil, texts: [String]? = nil, text: String? = nil
    ) {
        self.step = step
        self.stored = stored
        self.prompt = prompt
        self.verdict = verdict
        self.finish = finish
        self.outcome = outcome
        self.texts = texts
        self.text = text
    }
}
