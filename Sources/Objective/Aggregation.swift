/// How the terms of the tokens become one number.
///
/// N is the number of sequences of the optimizer step, |T_i| the trained tokens of sequence i.
package enum Aggregation: Sendable, Equatable, CustomStringConvertible {
    /// 1/N Σ_i 1/|T_i| Σ_t: every sequence counts the same, whatever its length.
    case sequenceMean
    /// 1/Σ_i|T_i| Σ_i Σ_t: every token of the step counts the same.
    case tokenMean
    /// 1/(N·L) Σ_i Σ_t with a constant L in tokens; L = 1 is the mean over sequences of token sums.
    case constant(Int)

    /// The aggregations by the names they bear in configurations.
    package enum Kind: String, Sendable, CaseIterable {
        case sequenceMean = "sequence-mean"
        case tokenMean = "token-mean"
        case constant
    }

    package var kind: Kind {
        switch self {
        case .sequenceMean: .sequenceMean
        case .tokenMean: .tokenMean
        case .constant: .constant
        }
    }

    /// Factor on each token of a sequence with `trained` > 0 trained tokens.
    func factor(trained: Int, totals: StepTotals) -> Double {
        switch self {
        case .sequenceMean: 1 / (Double(totals.sequences) * Double(trained))
        case .tokenMean: 1 / Double(totals.tokens)
        case .constant(let length): 1 / (Double(totals.sequences) * Double(length))
        }
    }

    package var description: String {
        switch self {
        case .sequenceMean: "mean over sequences of token means"
        case .tokenMean: "mean over all tokens"
        case .constant(1): "mean over sequences of token sums"
        case .constant(let length): "mean over sequences of token sums divided by \(length)"
        }
    }
}
