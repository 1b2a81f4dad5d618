package import Configuration
package import Model
import Reward
import Session
import Wire

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
            samplesDynamically: run.samplesDynamically,
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
