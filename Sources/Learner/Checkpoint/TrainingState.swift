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
