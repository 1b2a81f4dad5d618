import Configuration
import Model
import RunStore

/// Compares a step that was done again with what the journal says of it.
struct StepVerification {
    let database: RunDatabase
    let run: RunConfiguration

    /// Throws unless `policy` is what the step made when it was done first.
    func check(_ policy: PolicySnapshot, of step: StoredRun.Step) throws {
        let found = Hexadecimal.text(policy.sha256)
        guard let expected = step.sha256, expected != found else { return }
        throw RecoveryError.differs(
            step: step.number, expected: expected, found: found, settings: try changedSettings(since: step.life))
    }

    /// Settings of training that are not what they were in a former life of the learner.
    private func changedSettings(since life: UInt64) throws -> [String] {
        guard let json = try database.configuration(life: life) else { return [] }
        let former = try RunConfiguration(json: json)
        return run.differences(from: former).filter { key in
            ["objective.", "optimizer.", "batch.", "policy.", "rollout.", "run.", "schedule."].contains {
                key.hasPrefix($0)
            }
        }
    }
}
