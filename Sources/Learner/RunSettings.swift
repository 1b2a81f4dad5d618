package import Configuration
package import Model
import Session
package import Wire

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

extension Curriculum.Rule {
    /// Nil where all sources are open from the start.
    init?(_ task: RunConfiguration.Task) {
        guard let advanceAt = task.curriculum.advanceAt else { return nil }
        self.init(sources: task.sources.count, advanceAt: advanceAt, windowGroups: task.curriculum.windowGroups)
    }
}

extension LearnerSettings {
    /// The learner's decisions follow the run's configuration and the model's shape.
    package init(
        _ run: RunConfiguration, model: ModelDirectory, thinkingBudget: LeasedThinkingBudget? = nil
    ) {
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
            stopTokens: model.endTokens, thinkingBudget: thinkingBudget, batchGroups: run.batch.groups,
            samplesDynamically: run.samplesDynamically,
            schedule: Schedule(run), curriculum: Curriculum.Rule(run.task),
            unknownAlarmShare: run.task.unknownAlarmShare,
            bufferBytes: run.schedule.bufferBytes, chunkBytes: run.cluster.chunkBytes,
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

extension ChatSettings {
    /// Nil where prompts are continued as they are.
    init?(_ chat: RunConfiguration.Chat) {
        self.init(
            template: chat.template.rawValue, system: chat.system, thinking: chat.thinking,
            softSwitch: chat.softSwitch.rawValue)
    }
}

extension LeasedThinkingBudget {
    /// Nil where there is no budget. Throws when the policy's tokenizer has no tokens for thoughts.
    init?(_ chat: RunConfiguration.Chat, _ encoder: PromptEncoder) throws(ChatError) {
        guard chat.thinkingBudgetTokens > 0 else { return nil }
        let thoughts = try encoder.thoughtTokens()
        self.init(
            tokens: UInt32(chat.thinkingBudgetTokens), openToken: thoughts.start, closeToken: thoughts.end,
            stopTokens: thoughts.stop)
    }
}
