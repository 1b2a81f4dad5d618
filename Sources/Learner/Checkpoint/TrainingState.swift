package import Model
import Tensor

/// What training begins with: a policy alone, or a policy with the optimizer state of a checkpoint.
///
/// Sendable because it is handed over once, from whoever read it to the trainer, and nobody else keeps its arenas.
package struct TrainingState: @unchecked Sendable {
    package let policy: PolicySnapshot
    /// Master weights and moments in fp32; nil: master weights equal the policy, moments are zero.
    let optimizer: OptimizerState?

    package init(policy: PolicySnapshot) {
        self.policy = policy
        optimizer = nil
    }

    init(policy: PolicySnapshot, optimizer: OptimizerState) {
        self.policy = policy
        self.optimizer = optimizer
    }

    func makeOptimizer(_ settings: AdamW.Settings, team: ThreadTeam) -> AdamW {
        guard let optimizer else { return AdamW(master: ParameterArena(policy), settings: settings, team: team) }
        return AdamW(
            master: optimizer.master, firstMoment: optimizer.firstMoment, secondMoment: optimizer.secondMoment,
            stepCount: optimizer.stepCount, settings: settings, team: team)
    }
}

/// AdamW's state, as a checkpoint keeps it.
struct OptimizerState {
    let master: ParameterArena
    let firstMoment: ParameterArena
    let secondMoment: ParameterArena
    let stepCount: Int
    /// Updates attempted, refused ones included.
    let updates: Int
}

/// How far the run has come, as a checkpoint keeps it.
package struct RunProgress: Sendable, Codable, Equatable {
    /// Completed steps.
    package var step: Int
    /// Version of the checkpoint's policy, and its SHA-256 in hexadecimal.
    package var version: UInt64
    package var sha256: String
    /// AdamW updates applied, and updates attempted (which the learning rate follows).
    package var optimizerSteps: Int
    package var updates: Int
    /// First group and prompt that the next life may issue; what was in flight is issued again under new group ids.
    package var nextGroup: UInt64
    package var nextPrompt: UInt64
    package var accounts: Accounts

    /// The ledger's settled accounts, in groups.
    package struct Accounts: Sendable, Codable, Equatable {
        package var issued: UInt64
        package var trained: UInt64
        package var dropped: [String: UInt64]
    }
}
