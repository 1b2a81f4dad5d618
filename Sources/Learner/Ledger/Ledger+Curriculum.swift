import RunStore

/// The verdicts of an accepted group, until the step that counts it.
package struct PendingOutcome: Sendable, Equatable {
    /// Its batch, in a lockstep schedule.
    package let batch: UInt64?
    package let outcome: Curriculum.Outcome
}

extension Ledger {
    /// Notes the verdicts of a group that was just accepted.
    mutating func note(_ outcome: Curriculum.Outcome, of groupID: UInt64) {
        guard limits.curriculum != nil, let group = groups[groupID] else { return }
        outcomes[groupID] = PendingOutcome(batch: group.batch, outcome: outcome)
    }

    /// Counts what the step took, and what was dropped beside it because all rewards were equal: in a lockstep schedule the
    /// candidates of the step's own batch, which are the same whatever the timing.
    mutating func countOutcomes() -> Double? {
        guard let rule = limits.curriculum else { return nil }
        let counted = outcomes.filter { groupID, pending in
            groups[groupID] == nil && (pending.batch ?? version) == version
        }
        for groupID in counted.keys { outcomes[groupID] = nil }
        return curriculum.count(counted.sorted { $0.key < $1.key }.map(\.value.outcome), rule: rule)
    }

    /// Takes the curriculum through the steps of the journal again.
    mutating func restoreCurriculum(_ verdicts: [GroupVerdicts], source: (UInt64) -> Int, steps: Int) {
        guard let rule = limits.curriculum else { return }
        var counted: [Int: [Curriculum.Outcome]] = [:]
        for group in verdicts {
            let outcome = Curriculum.Outcome(
                source: source(group.promptIndex), correct: group.correct, judged: group.judged)
            if let step = group.step, step <= steps {
                counted[step, default: []].append(outcome)
            } else {
                outcomes[group.groupID] = PendingOutcome(batch: group.batch, outcome: outcome)
            }
        }
        for step in stride(from: 1, through: steps, by: 1) {
            _ = curriculum.count(counted[step] ?? [], rule: rule)
            curriculum.publish(UInt64(step), staleness: limits.schedule.staleness)
        }
    }
}
