package import Model
package import Objective
package import Tensor

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
    /// Added to the rewards before advantages; nil for none.
    package var overlongPenalty: OverlongPenalty?
    /// Whether groups without spread are replaced before a batch is formed.
    package var dynamicSampling: Bool
    /// Corrections and masks.
    package var weighting: TokenWeighting
    /// To the policy that the run started from; nil for none.
    package var referencePenalty: ReferencePenalty?
    package var entropyBonus: EntropyBonus?
    /// Coefficient of the load-balancing loss; 0 for none.
    package var loadBalance: Double
    package var replay: RoutingReplay
    package var miniBatches: Int
    /// Rows per forward and backward.
    package var maximumRows: Int
    /// Whether the backward computes layers again instead of keeping activations.
    package var recomputesLayers: Bool
    package var temperature: Float
    package var learningRate: LearningRateSchedule
    package var adam: AdamW.Settings
    package var threads: Int
    package var maximumStaleness: Int
    package var auditedGroups: Int
    /// What the workers compute in, and the audit like them.
    package var rolloutPrecision: ForwardPrecision
    /// What matrix products compute in, in rollout and learner alike.
    package var arithmetic: ProductArithmetic
    /// Refused updates that are written to disk, at most.
    package var nonFiniteDumps: Int
    /// Responses of a step that are kept token by token.
    package var sampleResponses = 0

    /// The rewards that advantages are made of: the verdicts' scores and the penalty for length; nil where unknown.
    func rewards(of group: Experience) -> [Double?] {
        group.responses.map { response in
            response.reward.map { $0 + (overlongPenalty?.penalty(length: response.tokens.count) ?? 0) }
        }
    }

    /// Whether something has to be known of a whole mini-batch before the first of its gradients.
    var needsSurvey: Bool { weighting.entropyMask != nil || loadBalance > 0 }
}
