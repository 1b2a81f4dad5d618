package import Model
package import Objective

/// How the learner trains, in the vocabulary of the modules that do it.
package struct TrainingSettings: Sendable {
    /// Which expert ids the training passes use (arXiv 2507.18071, 2510.11370).
    package enum RoutingReplay: Sendable {
        /// The router of the policy being updated.
        case none
        /// Those of the learner's π_old pass.
        case recomputed
        /// Those of the rollout.
        case rollout
    }

    package var objective: any PolicyObjective
    package var advantages: AdvantageEstimator
    package var correction: TokenCorrection
    package var replay: RoutingReplay
    package var miniBatches: Int
    /// Rows per forward and backward.
    package var maximumRows: Int
    package var temperature: Float
    package var learningRate: LearningRateSchedule
    package var adam: AdamW.Settings
    package var threads: Int
    package var maximumStaleness: Int
    package var auditedGroups: Int
}
