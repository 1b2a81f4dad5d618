extension RunConfiguration {
    /// The objective, the advantage, and everything that corrects, masks or penalises. nil stands for what the objective was
    /// published with; the learner prints what that is (`--dry-run`, event `objective`).
    package struct Objective: Sendable, Equatable {
        /// Objectives by the names they bear in the log; formulas and sources in docs/algorithms.md.
        package enum Kind: String, Sendable, CaseIterable {
            case gspo
            case gspoToken = "gspo-token"
            case grpo
            case drGRPO = "dr-grpo"
            case dapo, cispo, sapo, gmpo
            case miniRL = "mini-rl"
            case reinforce
            case decoupledPPO = "decoupled-ppo"
        }
        package enum Advantage: String, Sendable, CaseIterable {
            case standardized, centered
            case leaveOneOut = "leave-one-out"
            case zero
        }
        package enum Aggregation: String, Sendable, CaseIterable {
            case sequenceMean = "sequence-mean"
            case tokenMean = "token-mean"
            case constant
        }
        package enum ProximalPolicy: String, Sendable, CaseIterable {
            case recomputed
            case logLinear = "log-linear"
        }
        package enum RoutingReplay: String, Sendable, CaseIterable { case none, r2, r3 }

        package var kind = Kind.gspo
        package var clipLow: Double?
        package var clipHigh: Double?
        package var maximumWeight: Double?
        package var temperaturePositive: Double?
        package var temperatureNegative: Double?
        package var proximalPolicy: ProximalPolicy?
        package var aggregation: Aggregation?
        package var aggregationTokens: Int?
        package var advantage: Advantage?
        package var overlong = Overlong()
        package var correction = Correction()
        package var geometricMask = GeometricMask()
        package var offPolicyMask = OffPolicyMask()
        package var entropyMask = EntropyMask()
        package var routingReplay = RoutingReplay.r3
        package var referenceKL = 0.0
        package var entropyBonus = 0.0
        package var loadBalance = 0.0
    }

    /// The soft penalty on the reward of responses that come close to the longest length.
    package struct Overlong: Sendable, Equatable {
        package var bufferTokens: Int?
        package var penalty = 1.0
    }

    /// The weight per token for the difference between what sampled and what trains.
    package struct Correction: Sendable, Equatable {
        package enum Kind: String, Sendable, CaseIterable { case icepop, tis, none }
        package var kind: Kind?
        package var low: Double?
        package var high: Double?
    }

    /// Which sequences are left out because sampler and learner disagree on them.
    package struct GeometricMask: Sendable, Equatable {
        package var low: Double?
        package var high: Double?
    }

    /// Which sequences of negative advantage are left out because the policy has moved away from them.
    package struct OffPolicyMask: Sendable, Equatable {
        package var threshold: Double?
    }

    /// Which tokens are trained, by the policy's entropy.
    package struct EntropyMask: Sendable, Equatable {
        package enum End: String, Sendable, CaseIterable { case top, bottom }
        package var fraction = 1.0
        package var end = End.top
    }
}
