import Configuration
import Logging
import Model
import Objective
import Session
import Telemetry
import Transport

/// The line of a step (docs/logs.md).
extension Learner {
    /// Logs the step; its fields as JSON.
    func logStep(_ report: StepReport) -> String {
        var record = StepRecord(step: progress.step, version: progress.version)
        record.groups = report.groups
        record.responses = report.responses
        let isJudged = report.unknownVerdicts < report.responses
        record.rewardMean = isJudged ? report.rewardMean : nil
        record.rewardStandardDeviation = isJudged ? report.rewardStandardDeviation : nil
        record.accuracy = isJudged ? report.accuracy : nil
        record.groupsWithoutSpread = report.zeroSpreadGroups
        for (reason, count) in report.unknownByReason { record.unknown.add(count, reason: reason) }
        record.responseTokensMean = Double(report.responseTokens) / Double(max(1, report.responses))
        record.truncatedFraction = Double(report.truncatedResponses) / Double(max(1, report.responses))
        record.stalenessHistogram = report.stalenessHistogram
        record.trainedTokens = report.rows
        let now = ContinuousClock.now
        record.stepSeconds = (now - lastStepEnd).inSeconds
        lastStepEnd = now
        record.waitSeconds = waits.take(now: now)
        record.addAccounts(core.ledger.conservation)
        record.addOptimization(report)
        record.addPenalties(report, settings)
        record.additional = additionalFields(report)
        log.record(record)
        self.report(report.refusals)
        return LogValue.object(record.fields).description
    }

    private func additionalFields(_ report: StepReport) -> [String: LogValue] {
        var fields: [String: LogValue] = [
            "sha256": .text(progress.sha256), "updates": LogValue(report.updates),
            "skipped_updates": LogValue(report.skippedUpdates), "response_tokens": LogValue(report.responseTokens),
            "responses_of_several_versions": LogValue(report.responsesOfSeveralVersions),
            "audit_tokens_unchecked": LogValue(report.audit.uncheckedTokens),
            "rows_without_routes": LogValue(report.rowsWithoutRoutes),
            "verdicts_received": LogValue(core.verdicts.received),
            "unknown_received": LogValue(core.verdicts.unknown),
            "refused_submissions": .object(core.refusals.mapValues { LogValue($0) }),
            "malformed_messages": LogValue(router?.counters.malformed ?? [:]),
            "dropped_messages": LogValue(router?.counters.droppedByName ?? [:]),
            "refused_peers": LogValue(router?.counters.refusedPeers ?? [:]),
            "members": LogValue(core.membership.members.count),
            "peak_resident_bytes": ProcessMemory.peakResidentBytes.map { LogValue($0) } ?? .null,
            "seconds_by_phase": LogValue([
                "audit": report.seconds.audit, "old_policy": report.seconds.oldPolicy,
                "update": report.seconds.update,
            ]),
        ]
        if core.settings.curriculum != nil {
            fields["curriculum_stage"] = LogValue(core.ledger.curriculum.stage)
            fields["curriculum_success_rate"] = core.ledger.curriculum.successRate.map { LogValue($0) } ?? .null
        }
        return fields
    }
}

extension StepRecord {
    mutating func addAccounts(_ accounts: Conservation) {
        issued = accounts.issued
        trained = accounts.trained
        buffered = accounts.buffered
        inFlight = accounts.inFlight
        dropped = accounts.droppedByName
        conservationHolds = accounts.holds
    }

    mutating func addOptimization(_ report: StepReport) {
        let statistics = report.statistics.total
        loss = report.loss
        gradientNorm = report.gradientNorm
        learningRate = report.learningRate
        entropy = statistics.meanEntropy
        clipFractionSequences = statistics.clippedSequenceFraction
        clipFractionTokens = statistics.clippedTokenFraction
        ratioMean = statistics.meanSequenceRatio
        ratioMaximum = statistics.maximumRatio
        klK1 = statistics.firstKL
        klK3 = statistics.thirdKL
        samplerRatioMean = statistics.meanSamplerRatio
        samplerRatioMaximum = statistics.maximumSamplerRatio
        samplerRatioOverTwoFraction = statistics.samplerRatioAboveTwoFraction
        logProbabilityGapMaximum = statistics.maximumGap
        effectiveSampleSize = statistics.effectiveSampleSize
        ratioOverTwoFraction = statistics.ratioAboveTwoFraction
        correctionWeightMean = report.weights.meanWeight
        correctedFraction = report.weights.clampedFraction
        maskedFractions = Dictionary(
            uniqueKeysWithValues: report.weights.maskedFractions.map { ($0.key.rawValue, $0.value) })
        expertDisagreement = report.expertDisagreement?.fraction
        expertDisagreementByLayer = report.expertDisagreement?.fractionByLayer ?? []
        expertLoadMaximum = report.expertLoad?.maximum
        byStaleness = report.statistics.byStaleness.mapValues {
            StalenessRecord($0, of: report.statistics.total)
        }
        auditTokensChecked = report.audit.checkedTokens
        auditMismatches = report.audit.mismatches
    }
}

extension StepRecord {
    /// Parts of the loss beside the objective; a part that is not in use stays null.
    mutating func addPenalties(_ report: StepReport, _ settings: TrainingSettings) {
        if settings.overlongPenalty != nil { overlongPenaltyMean = report.overlongPenaltyMean }
        if settings.referencePenalty != nil {
            referenceKLK1 = report.reference.firstKL
            referenceKLK3 = report.reference.thirdKL
            referenceKLLoss = report.reference.loss
        }
        if settings.entropyBonus != nil { entropyBonusLoss = report.entropyBonusLoss }
        if settings.loadBalance > 0 { loadBalanceLoss = report.balanceLoss }
    }
}

extension StalenessRecord {
    init(_ statistics: OffPolicyStatistics, of total: OffPolicyStatistics) {
        self.init(sequences: statistics.sequences, tokens: statistics.tokens)
        rewardMean = statistics.meanReward
        clipFractionSequences = statistics.clippedSequenceFraction
        clipFractionTokens = statistics.clippedTokenFraction
        weightZeroFraction = statistics.zeroWeightFraction
        ratioMean = statistics.meanSequenceRatio
        ratioMaximum = statistics.maximumRatio
        klK1 = statistics.firstKL
        klK3 = statistics.thirdKL
        effectiveSampleSize = statistics.effectiveSampleSize
        // Without any signal nobody has a share of it.
        gradientShare =
            total.gradientMagnitude > 0 ? statistics.gradientMagnitude / total.gradientMagnitude : 0
    }
}
