import Configuration
import Foundation
import Logging
import Model
import Objective
import Session
import Telemetry
import Transport
import Wire

/// What the learner writes to its log (docs/logs.md).
extension Learner {
    func setWait(_ cause: String?) {
        guard cause != currentWait else { return }
        if let currentWait { waits.end(currentWait, now: .now) }
        if let cause { waits.begin(cause, now: .now) }
        currentWait = cause
    }

    func logStart(_ address: EndpointAddress) {
        log.info(
            "listening",
            metadata: [
                "address": "\(address)", "run": "\(run.run.name)", "policy": "\(run.policy.path)",
                "version": .number(core.version), "step": .number(progress.step),
                "parameters": .number(model.policy.layout.elementCount),
            ])
    }

    func report(_ event: LearnerEvent) {
        switch event {
        case .memberJoined(let member): log.info("member_joined", metadata: describe(member))
        case .memberRefused(let member, let failure):
            log.warning("member_refused", metadata: describe(member, reason: failure.message))
        case .memberLeft(let member, let reason):
            log.info("member_left", metadata: describe(member, reason: reason))
        case .memberFailed(let member, let failure):
            log.warning("member_failed", metadata: describe(member, reason: failure.message))
        case .leasesTakenBack(let groups, let member, let reason):
            var metadata: Logger.Metadata = ["groups": .number(groups.count), "reason": "\(reason)"]
            if let member { metadata["member"] = "\(member.id)" }
            log.info("leases_taken_back", metadata: metadata)
        case .groupRefused(let groupID, let member, let reason, let message):
            log.warning(
                "group_refused",
                metadata: [
                    "group": .number(groupID), "member": "\(member.id)", "code": "\(reason)", "reason": "\(message)",
                ])
        case .overAge(let groups):
            log.info("over_age", metadata: ["groups": .number(groups.count)])
        case .versionServed(let version, let member): served(version, by: member)
        }
    }

    private func describe(_ member: Member, reason: String? = nil) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "member_role": "\(member.role.rawValue)", "member": "\(member.id)",
            "incarnation": .number(member.incarnation),
        ]
        if let reason { metadata["reason"] = "\(reason)" }
        return metadata
    }

    private func served(_ version: VersionIdentity, by member: Member) {
        guard let since = publishedAt.removeValue(forKey: version.number) else { return }
        let bytes = model.policy.bytes.count
        log.record(
            Published(
                version: version.number, sha256: Hexadecimal.text(version.sha256), bytes: bytes,
                seconds: (ContinuousClock.now - since).inSeconds))
        publishedAt = publishedAt.filter { $0.key > version.number }
    }

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
        record.additional = additionalFields(report)
        log.record(record)
        return LogValue.object(record.fields).description
    }

    private func additionalFields(_ report: StepReport) -> [String: LogValue] {
        let byStaleness = report.statistics.byStaleness.map { staleness, statistics in
            (
                String(staleness),
                LogValue.object([
                    "sequences": LogValue(statistics.sequences), "tokens": LogValue(statistics.tokens),
                    "reward_mean": .number(statistics.meanReward),
                    "clip_fraction_sequences": .number(statistics.clippedSequenceFraction),
                    "clip_fraction_tokens": .number(statistics.clippedTokenFraction),
                    "ratio_mean": .number(statistics.meanSequenceRatio), "kl_k1": .number(statistics.firstKL),
                    "kl_k3": .number(statistics.thirdKL),
                    "effective_sample_size": .number(statistics.effectiveSampleSize),
                    "gradient_share": .number(
                        statistics.gradientMagnitude / max(report.statistics.total.gradientMagnitude, 1e-30)),
                ])
            )
        }
        return [
            "by_staleness": .object(Dictionary(uniqueKeysWithValues: byStaleness)),
            "sha256": .text(progress.sha256), "updates": LogValue(report.updates),
            "skipped_updates": LogValue(report.skippedUpdates), "response_tokens": LogValue(report.responseTokens),
            "responses_of_several_versions": LogValue(report.responsesOfSeveralVersions),
            "audit_tokens_unchecked": LogValue(report.audit.uncheckedTokens),
            "rows_without_routes": LogValue(report.rowsWithoutRoutes),
            "refused_submissions": .object(core.refusals.mapValues { LogValue($0) }),
            "malformed_messages": LogValue(router?.counters.malformed ?? [:]),
            "members": LogValue(core.membership.members.count),
            "seconds_by_phase": LogValue([
                "audit": report.seconds.audit, "old_policy": report.seconds.oldPolicy,
                "update": report.seconds.update,
            ]),
        ]
    }

    func logFinished(_ reason: String) {
        let accounts = core.ledger.conservation
        log.record(
            Finished(
                reason: reason,
                additional: [
                    "step": LogValue(progress.step), "version": LogValue(progress.version),
                    "sha256": .text(progress.sha256), "issued": LogValue(accounts.issued),
                    "trained": LogValue(accounts.trained), "dropped": LogValue(accounts.droppedByName),
                    "buffered": LogValue(accounts.buffered), "in_flight": LogValue(accounts.inFlight),
                    "conservation_ok": .boolean(accounts.holds),
                    "export": .text(directory + "/export"),
                    "checkpoint": .text(checkpoints.path(step: progress.step)),
                ]))
    }
}

extension Conservation {
    var droppedByName: [String: Int] {
        Dictionary(uniqueKeysWithValues: dropped.map { ($0.key.rawValue, Int($0.value)) })
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
        logProbabilityGapMaximum = statistics.maximumGap
        effectiveSampleSize = statistics.effectiveSampleSize
        ratioOverTwoFraction = statistics.ratioAboveTwoFraction
        correctedFraction = statistics.zeroWeightFraction
        expertDisagreement = report.expertDisagreement?.fraction
        auditTokensChecked = report.audit.checkedTokens
        auditMismatches = report.audit.mismatches
    }
}

extension PolicySnapshot {
    /// How the wire names this version.
    var description: VersionDescription {
        VersionDescription(
            number: version, sha256: sha256, byteCount: UInt64(bytes.count),
            precision: precision == .bf16 ? .bf16 : .fp32)
    }

    /// The weights, lent to the wire without a copy.
    var frame: Frame {
        bytes.withUnsafeBytes { Frame(owner: bytes, bytes: $0) }
    }
}
