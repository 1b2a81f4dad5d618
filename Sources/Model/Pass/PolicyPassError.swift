/// Input that a forward or a backward cannot take. Thrown before anything is computed.
package enum PolicyPassError: Error, Equatable, CustomStringConvertible {
    /// A token or target id outside the vocabulary.
    case token(id: Int32, row: Int, vocabulary: Int)
    /// A sequence longer than the model's positions.
    case sequenceTooLong(positions: Int, maximum: Int)
    /// A temperature that is not a positive finite number.
    case temperature(Float)
    /// Routes that do not fit the batch or the model.
    case routes(String)
    /// An operation that needs something the policy or pass was made without.
    case state(String)

    package var description: String {
        switch self {
        case .token(let id, let row, let vocabulary):
            "token id \(id) at row \(row) is outside the vocabulary of \(vocabulary): check that tokenizer and model belong together"
        case .sequenceTooLong(let positions, let maximum):
            "a sequence of \(positions) positions exceeds the model's max_position_embeddings \(maximum): shorten it"
        case .temperature(let value):
            "temperature \(value) is not a positive finite number"
        case .routes(let reason):
            "expert routes rejected: \(reason)"
        case .state(let reason):
            reason
        }
    }
}
