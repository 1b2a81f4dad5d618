import Configuration
import Foundation
import Logging
import Model
import Objective
import Reward
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

    /// What the learner waits for, and since when: a heartbeat counts as late once the next one should have come.
    var waitsUnderWay: [String: ContinuousClock.Instant] {
        let interval = Duration.seconds(run.cluster.heartbeatSeconds)
        var waits = Dictionary(
            uniqueKeysWithValues: core.membership.lastSigns.map { ("heartbeat of \($0.key)", $0.value + interval) })
        if let current = self.waits.current { waits[current.cause] = current.since }
        if let blockage = durability.blockage { waits["room for the run's database"] = blockage.since }
        return waits
    }

    /// What training takes, as far as it can be told before.
    private var memoryEstimate: MemoryEstimate {
        MemoryEstimate.training(
            model.configuration, rows: run.batch.maxTokensPerMicrobatch, heldVersions: run.schedule.versionsServed,
            recomputesLayers: run.batch.recomputeLayers)
    }

    func logStart(_ address: EndpointAddress) {
        log.info(
            "listening",
            metadata: [
                "address": "\(address)", "run": "\(run.run.name)", "policy": "\(run.policy.path)",
                "version": .number(core.version), "step": .number(progress.step),
                "parameters": .number(model.policy.layout.elementCount),
                "estimated_bytes": .number(memoryEstimate.bytes),
            ])
        var training: Logger.Metadata = [:]
        for (name, text) in settings.summary { training[name] = "\(text)" }
        if let reference {
            training["reference_sha256"] = "\(Hexadecimal.text(reference.sha256))"
            training["reference_bytes"] = .number(reference.bytes.count)
        }
        log.info("objective", metadata: training)
    }

    /// Updates that changed nothing, with what was found.
    func report(_ refusals: [UpdateRefusal]) {
        for refusal in refusals {
            var metadata: Logger.Metadata = [
                "step": .number(progress.step), "version": .number(refusal.version),
                "update": .number(refusal.update), "reason": "\(refusal.reason)",
                "tensors": .array(refusal.tensors.map { "\($0.name): \($0.nonFinite) of \($0.elements)" }),
                "groups": .array(refusal.groups.map { "\($0.groupID): \($0.what.joined(separator: ", "))" }),
            ]
            switch refusal.dump {
            case .written(let path): metadata["dump"] = "\(path)"
            case .omitted: break
            case .failed(let reason): metadata["dump_failed"] = "\(reason)"
            }
            log.warning("update_refused", metadata: metadata)
        }
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
        case .unknownShare(let share):
            log.warning(
                "unknown_verdicts",
                metadata: [
                    "verdicts": .number(share.verdicts), "share": .number(share.share),
                    "unknown": .dictionary(share.unknown.mapValues { Logger.MetadataValue.number($0) }),
                ])
        case .sourceOpened(let source, let rate):
            log.info("source_opened", metadata: ["source": .number(source), "success_rate": .number(rate)])
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
                    "estimated_bytes": LogValue(memoryEstimate.bytes),
                    "peak_resident_bytes": ProcessMemory.peakResidentBytes.map { LogValue($0) } ?? .null,
                ]))
    }
}

extension DatasetTaskSource {
    /// The fields of the event "dataset".
    var metadata: Logger.Metadata {
        [
            "path": "\(path)", "lines": .number(summary.lines), "training": .number(summary.training),
            "evaluation": .number(summary.evaluation), "out_of_length": .number(summary.outOfLength),
            "held_out_elsewhere": .number(summary.heldOutElsewhere),
        ]
    }
}

extension Conservation {
    var droppedByName: [String: Int] {
        Dictionary(uniqueKeysWithValues: dropped.map { ($0.key.rawValue, Int($0.value)) })
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
