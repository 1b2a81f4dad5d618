/// Why an answer could not be read or compared. Never a statement on its truth.
enum MathFailure: Error, Equatable {
    /// The text is no mathematics this module reads.
    case syntax
    /// Text, number or tree beyond `Limits`.
    case tooLarge
    /// The comparison took more work than its `WorkBudget` allows.
    case overBudget
    /// The expression has no value: a division by zero, a logarithm of zero.
    case undefined
    /// The gold answer has no value, so nothing can be held against a prediction.
    case malformed
}
