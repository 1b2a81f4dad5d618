/// How the rewards of a group become advantages. R are the *known* rewards of the group.
package enum AdvantageEstimator: Sendable, Equatable, CustomStringConvertible {
    /// (R − mean)/(std + ε), with the population deviation (division by the number of known rewards), as GRPO and GSPO
    /// write it. Implementations built on `torch.std` divide by one less.
    case standardized(epsilon: Double = 1e-6)
    /// R − mean (Dr. GRPO, MiniRL).
    case centered
    /// R_i minus the mean of the other known rewards (RLOO, arXiv 2402.14740).
    case leaveOneOut
    /// 0 for everyone: a control run that does the same work and learns nothing.
    case zero

    package var description: String {
        switch self {
        case .standardized: "(R − mean)/std of the group"
        case .centered: "R − mean of the group"
        case .leaveOneOut: "R − mean of the group's other responses"
        case .zero: "zero: a control run that learns nothing"
        }
    }
}
