import Model
package import Objective
package import RunStore
import Wire

/// Everything one optimizer step has to say; the learner logs it as the event "step".
package struct StepReport: Sendable {
    /// Seconds spent in each phase of the step.
    package struct Seconds: Sendable {
        package var audit = 0.0
        package var oldPolicy = 0.0
        package var update = 0.0
        package var total: Double { audit + oldPolicy + update }
    }

    /// Version that consumed the batch; the step made the next one.
    package var consumingVersion: UInt64
    package var groups = 0
    package var responses = 0
    /// Known rewards: mean and population standard deviation over all responses of the batch.
    package var rewardMean = 0.0
    package var rewardStandardDeviation = 0.0
    /// Share of judged responses whose verdict is correct.
    package var accuracy = 0.0
    package var unknownVerdicts = 0
    package var unknownByReason: [String: Int] = [:]
    package var zeroSpreadGroups = 0
    /// Response tokens of the batch, and rows that went forward and backward.
    package var responseTokens = 0
    package var rows = 0
    package var truncatedResponses = 0
    package var stalenessHistogram: [Int: Int] = [:]
    /// Responses during which their worker took up new weights.
    package var responsesOfSeveralVersions = 0
    package var loss = 0.0
    /// Gradient norm before clipping, of the last update.
    package var gradientNorm = 0.0
    package var learningRate = 0.0
    package var updates = 0
    /// Updates refused because loss, gradient, weight or moment was or would be not finite.
    package var refusals: [UpdateRefusal] = []
    package var skippedUpdates: Int { refusals.count }
    /// Mean over judged responses of the penalty for length that was added to their rewards.
    package var overlongPenaltyMean = 0.0
    package var statistics = StalenessStatistics()
    /// What corrections and masks did.
    package var weights = WeightStatistics()
    /// Distance to the reference policy; all zeros without reference penalty.
    package var reference = ReferenceStatistics()
    /// Parts of the loss.
    package var entropyBonusLoss = 0.0
    package var balanceLoss = 0.0
    /// Rollout's experts against those that the learner's routers choose, given the experts used in lower layers; nil for a
    /// dense model.
    package var expertDisagreement: ExpertDisagreement?
    /// How the rows trained on fell on the experts; nil for a dense model.
    package var expertLoad: ExpertLoad?
    /// Rows without recorded experts, for which the learner's router decided although the rollout's should be replayed.
    package var rowsWithoutRoutes = 0
    /// What became of each response.
    package var outcomes: [ResponseOutcome] = []
    /// Responses to keep token by token, and what was kept.
    var sampleChoice = SampleChoice()
    package var samples: [StoredSample] = []
    package var audit = AuditReport()
    package var seconds = Seconds()

    init(consumingVersion: UInt64) {
        self.consumingVersion = consumingVersion
    }
}

extension StepReport {
    /// Books what the batch is made of, before any computing.
    mutating func describe(
        _ experiences: [Experience], advantages: [GroupAdvantages], overlongPenalty: OverlongPenalty?
    ) {
        let all = experiences.flatMap(\.responses)
        let known = all.compactMap(\.reward)
        groups = experiences.count
        responses = all.count
        unknownVerdicts = all.count - known.count
        for reason in all.compactMap(\.unknownReason) { unknownByReason[reason, default: 0] += 1 }
        zeroSpreadGroups = advantages.count { $0.outcome == .zeroSpread }
        responseTokens = experiences.reduce(0) { $0 + $1.responseTokens }
        rows = experiences.reduce(0) { $0 + $1.rows }
        truncatedResponses = all.count { $0.finish == .length }
        responsesOfSeveralVersions = all.count { Set($0.spans.map(\.version)).count > 1 }
        for response in all {
            stalenessHistogram[Int(consumingVersion - min(consumingVersion, response.oldestVersion)), default: 0] += 1
        }
        guard !known.isEmpty else { return }
        rewardMean = known.reduce(0, +) / Double(known.count)
        let variance = known.reduce(0) { $0 + ($1 - rewardMean) * ($1 - rewardMean) } / Double(known.count)
        rewardStandardDeviation = variance.squareRoot()
        accuracy = Double(all.count { $0.isCorrect }) / Double(known.count)
        let penalties = all.filter { $0.reward != nil }.map {
            overlongPenalty?.penalty(length: $0.tokens.count) ?? 0
        }
        overlongPenaltyMean = penalties.reduce(0, +) / Double(known.count)
    }

    /// Compares the rollout's experts with those the learner's routers choose by themselves.
    mutating func compareRoutes(_ micro: MicroBatch, own: RoutingTable) {
        guard let rollout = micro.rolloutRoutes else { return }
        rowsWithoutRoutes += rollout.missingRows
        guard own.layers > 0 else { return }
        let found = ExpertDisagreement(rollout.ids, own.ids, layers: own.layers, topK: own.topK)
        if expertDisagreement == nil { expertDisagreement = found } else { expertDisagreement? += found }
    }

    /// Counts the experts used by a pass.
    mutating func addLoad(_ routes: RoutingTable, _ configuration: ModelConfiguration) {
        expertLoad.add(routes, configuration)
    }

    package var stalenessMean: Double {
        let total = stalenessHistogram.values.reduce(0, +)
        return total == 0 ? 0 : Double(stalenessHistogram.reduce(0) { $0 + $1.key * $1.value }) / Double(total)
    }
}
