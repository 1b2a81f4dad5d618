package import Configuration
package import Model
package import Objective
import Tensor

extension TrainingSettings {
    /// The training part of a run's configuration, with what each objective was published with where nothing is set.
    ///
    /// - Throws: `ObjectiveError` when settings that are each allowed make no sense together.
    package init(_ run: RunConfiguration) throws(ObjectiveError) {
        let settings = run.objective
        let name = ObjectiveName(settings.kind)
        let objective = try name.make(
            ObjectiveOptions(settings), generationBudget: run.rollout.maxResponseTokens)
        let correction = try TokenCorrection(settings.correction, objective: objective, name: name)
        let replay = RoutingReplay(settings.routingReplay)
        guard objective.proximalPolicy == .recomputed || replay != .recomputed else {
            throw .contradiction(
                settings: ["objective.proximal_policy", "objective.routing_replay"],
                reason: "r2 replays the experts of the pass that log-linear does without: choose r3 or none")
        }
        let overlongPenalty = OverlongPenalty(run, published: name.overlongBuffer)
        try Self.refuseIdle(settings, overlongPenalty)
        self.init(
            objective: objective,
            advantages: settings.advantage.map(AdvantageEstimator.init) ?? name.publishedAdvantage,
            overlongPenalty: overlongPenalty,
            dynamicSampling: run.samplesDynamically,
            weighting: TokenWeighting(
                correction: correction, geometricMask: GeometricSequenceMask(settings.geometricMask),
                offPolicyMask: settings.offPolicyMask.threshold.map { OffPolicySequenceMask(threshold: $0) },
                entropyMask: EntropyMask(settings.entropyMask)),
            referencePenalty: settings.referenceKL > 0 ? ReferencePenalty(coefficient: settings.referenceKL) : nil,
            entropyBonus: settings.entropyBonus != 0 ? EntropyBonus(coefficient: settings.entropyBonus) : nil,
            loadBalance: settings.loadBalance, replay: replay, miniBatches: run.batch.miniBatches,
            maximumRows: run.batch.maxTokensPerMicrobatch, recomputesLayers: run.batch.recomputeLayers,
            temperature: Float(run.rollout.temperature), learningRate: LearningRateSchedule(run),
            adam: AdamW.Settings(run.optimizer), threads: run.optimizer.threads,
            maximumStaleness: run.schedule.staleness, auditedGroups: run.audit.groupsPerStep,
            rolloutPrecision: run.rollout.precision == .int8 ? .int8 : .exact,
            arithmetic: run.policy.arithmetic == .bf16 ? .bf16 : .fp32,
            nonFiniteDumps: run.audit.nonfiniteDumps, sampleResponses: run.logging.sampleResponses)
    }

    /// Refuses settings that would do nothing as the others stand: whoever set them expects something of them.
    private static func refuseIdle(
        _ settings: RunConfiguration.Objective, _ overlongPenalty: OverlongPenalty?
    ) throws(ObjectiveError) {
        guard overlongPenalty != nil || settings.overlong.penalty == RunConfiguration().objective.overlong.penalty
        else {
            throw .contradiction(
                settings: ["objective.overlong.penalty", "objective.overlong.buffer_tokens"],
                reason: "without a buffer no response is penalised: set buffer_tokens to more than 0")
        }
        guard settings.entropyMask.fraction < 1 || settings.entropyMask.end == .top else {
            throw .contradiction(
                settings: ["objective.entropy_mask.end", "objective.entropy_mask.fraction"],
                reason: "with a fraction of 1 all tokens are trained: set it to less")
        }
    }

    /// Refuses what needs experts when the model has none.
    package func validate(_ configuration: ModelConfiguration) throws(ObjectiveError) {
        guard loadBalance == 0 || configuration.experts != nil else {
            throw .contradiction(
                settings: ["objective.load_balance"],
                reason: "the policy is no mixture of experts, there is no load to balance: set it to 0")
        }
    }
}

extension RunConfiguration {
    /// Whether groups without spread are replaced: as set, or as the objective was published.
    var samplesDynamically: Bool { batch.dynamicSampling ?? ObjectiveName(objective.kind).samplesDynamically }
}

extension ObjectiveName {
    init(_ kind: RunConfiguration.Objective.Kind) {
        guard let name = ObjectiveName(rawValue: kind.rawValue) else {
            preconditionFailure("objective.kind \(kind) has no implementation")
        }
        self = name
    }
}

extension ObjectiveOptions {
    init(_ settings: RunConfiguration.Objective) {
        self.init()
        clipLow = settings.clipLow
        clipHigh = settings.clipHigh
        maximumWeight = settings.maximumWeight
        positiveTemperature = settings.temperaturePositive
        negativeTemperature = settings.temperatureNegative
        aggregation = settings.aggregation.map { kind in
            switch kind {
            case .sequenceMean: .sequenceMean
            case .tokenMean: .tokenMean
            case .constant: .constant
            }
        }
        aggregationLength = settings.aggregationTokens
        proximalPolicy = settings.proximalPolicy.map { $0 == .recomputed ? .recomputed : .logLinear }
    }
}

extension AdvantageEstimator {
    init(_ kind: RunConfiguration.Objective.Advantage) {
        switch kind {
        case .standardized: self = .standardized()
        case .centered: self = .centered
        case .leaveOneOut: self = .leaveOneOut
        case .zero: self = .zero
        }
    }
}

extension OverlongPenalty {
    /// Nil when there is none. `published`: the buffer that the objective was published with, as a share of the limit.
    init?(_ run: RunConfiguration, published: Double?) {
        let limit = run.rollout.maxResponseTokens
        let own = published.map { max(1, Int($0 * Double(limit))) } ?? 0
        let buffer = run.objective.overlong.bufferTokens ?? own
        guard buffer > 0 else { return nil }
        self.init(limit: limit, buffer: buffer, maximum: run.objective.overlong.penalty)
    }
}

extension TokenCorrection {
    init(
        _ settings: RunConfiguration.Correction, objective: any PolicyObjective, name: ObjectiveName
    ) throws(ObjectiveError) {
        let kind = settings.kind ?? (objective.correctsForSampler ? .none : .icepop)
        guard kind == .none || !objective.correctsForSampler else { throw .correctedTwice(objective: name) }
        let bounds = [("low", settings.low), ("high", settings.high)].filter { $0.1 != nil }.map(\.0)
        let unused = bounds.first { kind == .none || (kind == .tis && $0 == "low") }
        if let unused {
            throw .contradiction(
                settings: ["objective.correction.\(unused)", "objective.correction.kind"],
                reason: "\(kind.rawValue) has no such bound: set it to null")
        }
        switch kind {
        case .none: self = .none
        case .icepop: self = .icePop(low: settings.low ?? 0.5, high: settings.high ?? 5)
        case .tis: self = .truncated(maximum: settings.high ?? 2)
        }
    }
}

extension GeometricSequenceMask {
    init?(_ settings: RunConfiguration.GeometricMask) {
        guard settings.low != nil || settings.high != nil else { return nil }
        self.init(low: settings.low ?? 0, high: settings.high ?? .infinity)
    }
}

extension EntropyMask {
    /// Nil when every token is kept.
    init?(_ settings: RunConfiguration.EntropyMask) {
        guard settings.fraction < 1 else { return nil }
        self.init(fraction: settings.fraction, end: settings.end == .top ? .top : .bottom)
    }
}

extension TrainingSettings.RoutingReplay {
    init(_ kind: RunConfiguration.Objective.RoutingReplay) {
        switch kind {
        case .none: self = .none
        case .r2: self = .recomputed
        case .r3: self = .rollout
        }
    }
}

extension LearningRateSchedule {
    init(_ run: RunConfiguration) {
        let decay: Decay =
            switch run.optimizer.schedule {
            case .constant: .constant
            case .linear: .linear
            case .cosine: .cosine
            }
        self.init(
            peak: Float(run.optimizer.learningRate), warmUpSteps: run.optimizer.warmupSteps, decay: decay,
            totalSteps: run.run.steps * run.batch.miniBatches)
    }
}

extension AdamW.Settings {
    init(_ optimizer: RunConfiguration.Optimizer) {
        self.init(
            beta1: Float(optimizer.beta1), beta2: Float(optimizer.beta2), epsilon: Float(optimizer.epsilon),
            weightDecay: Float(optimizer.weightDecay),
            maximumGradientNorm: optimizer.clipGradientNorm > 0 ? Float(optimizer.clipGradientNorm) : nil)
    }
}
