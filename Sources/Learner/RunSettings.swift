package import Configuration
package import Model
import Objective
import Reward
import Session
import Wire

extension TrainingSettings {
    /// The training part of a run's configuration.
    package init(_ run: RunConfiguration) throws {
        guard let name = ObjectiveName(rawValue: run.objective.kind.rawValue) else {
            preconditionFailure("objective.kind \(run.objective.kind) has no implementation")
        }
        let objective = try name.make(
            clipLow: run.objective.clipLow, clipHigh: run.objective.clipHigh,
            generationBudget: run.rollout.maxResponseTokens)
        guard !objective.correctsForSampler || run.objective.correction.kind == .none else {
            throw LearnerError.correctedTwice(objective: objective.name)
        }
        self.init(
            objective: objective,
            advantages: AdvantageEstimator(run.objective.advantage),
            correction: TokenCorrection(run.objective.correction),
            replay: RoutingReplay(run.objective.routingReplay), miniBatches: run.batch.miniBatches,
            maximumRows: run.batch.maxTokensPerMicrobatch, temperature: Float(run.rollout.temperature),
            learningRate: LearningRateSchedule(run), adam: AdamW.Settings(run.optimizer),
            threads: run.optimizer.threads, maximumStaleness: run.schedule.staleness,
            auditedGroups: run.audit.groupsPerStep)
    }
}

extension AdvantageEstimator {
    init(_ kind: RunConfiguration.Objective.Advantage) {
        switch kind {
        case .standardized: self = .standardized()
        case .centered: self = .centered
        case .zero: self = .zero
        }
    }
}

extension TokenCorrection {
    init(_ correction: RunConfiguration.Correction) {
        switch correction.kind {
        case .icepop: self = .icePop(low: correction.low, high: correction.high)
        case .tis: self = .truncated(maximum: correction.high)
        case .none: self = .none
        }
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

extension Schedule {
    /// Bounded: with n batches outstanding a group is consumed n − 1 versions after its issue, and one more because its worker
    /// takes up new weights a little late; so n is the staleness bound, and over-age drops are the exception. Two batches are
    /// the least at which generation and training overlap; a bound of 0 forbids the overlap.
    init(_ run: RunConfiguration) {
        let staleness = run.schedule.staleness
        switch run.schedule.kind {
        case .lockstep:
            self = .lockstep(lag: UInt64(staleness))
        case .bounded:
            let batches = max(staleness, staleness == 0 ? 1 : 2)
            self = .bounded(
                maximumStaleness: UInt64(staleness),
                outstandingGroups: min(run.schedule.bufferGroups, run.batch.groups * batches))
        }
    }
}

extension LearnerSettings {
    /// The learner's decisions follow the run's configuration and the model's shape.
    package init(_ run: RunConfiguration, model: ModelDirectory) {
        let configuration = model.configuration
        self.init(
            runID: run.run.name, runSeed: run.run.seed, incarnation: MemberContext.newIncarnation(),
            configurationJSON: Array(run.resolvedJSON.utf8), assets: Self.assets(of: model),
            vocabularySize: configuration.vocabularySize,
            routing: configuration.experts.map { experts in
                RoutingShape(
                    experts: experts.count, layers: configuration.sparseLayers.count, topK: experts.topK)
            },
            heartbeatInterval: .seconds(run.cluster.heartbeatSeconds),
            memberTimeout: .seconds(run.cluster.memberTimeoutSeconds),
            leaseDuration: .seconds(run.cluster.leaseSeconds), groupSize: run.rollout.groupSize,
            maximumTokens: run.rollout.maxResponseTokens, temperature: Float(run.rollout.temperature),
            stopTokens: model.endTokens, batchGroups: run.batch.groups,
            schedule: Schedule(run), bufferBytes: run.schedule.bufferBytes, chunkBytes: run.cluster.chunkBytes,
            versionsServed: run.schedule.versionsServed)
    }

    private static func assets(of model: ModelDirectory) -> [Asset] {
        var assets = [Asset(name: "config.json", content: Frame(copying: model.configuration.json()))]
        for name in ["tokenizer.json", "generation_config.json"] {
            if let content = model.companions[name] {
                assets.append(Asset(name: name, content: Frame(copying: content)))
            }
        }
        return assets
    }
}

extension CountdownSettings {
    init(_ countdown: RunConfiguration.Countdown) throws(TaskError) {
        self.init(
            count: countdown.numbersMinimum...countdown.numbersMaximum,
            numbers: countdown.numberMinimum...countdown.numberMaximum,
            targets: countdown.targetMinimum...countdown.targetMaximum,
            operators: countdown.operators.compactMap { ArithmeticOperator(rawValue: $0) },
            used: countdown.usedMinimum...countdown.usedMaximum, requiresAll: countdown.requiresAll)
        try validate()
    }
}
