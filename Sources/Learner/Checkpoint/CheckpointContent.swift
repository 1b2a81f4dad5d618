package import Model
import Tensor

/// Everything a checkpoint holds, copied so that training can go on while it is written.
///
/// Sendable because it is made by the trainer, handed over once to the writer, and nobody else has its arenas.
package struct CheckpointContent: @unchecked Sendable {
    package let progress: RunProgress
    /// The policy after `progress.step` steps, and the files that travel with it.
    let model: ModelDirectory
    /// Versions before it that a lease may still name, oldest first.
    let earlier: [PolicySnapshot]
    /// The run's resolved configuration, YAML.
    let configuration: String
    let optimizer: OptimizerState

    package init(
        progress: RunProgress, model: ModelDirectory, earlier: [PolicySnapshot], configuration: String,
        optimizer: AdamW
    ) {
        self.progress = progress
        self.model = model
        self.earlier = earlier
        self.configuration = configuration
        self.optimizer = OptimizerState(copying: optimizer, updates: progress.updates)
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

    /// Its arenas under their names in optimizer.safetensors.
    var arenas: [(name: String, arena: ParameterArena)] {
        [("master", master), ("first_moment", firstMoment), ("second_moment", secondMoment)]
    }
}

extension OptimizerState {
    init(copying optimizer: AdamW, updates: Int) {
        self.init(
            master: ParameterArena(copying: optimizer.master),
            firstMoment: ParameterArena(copying: optimizer.firstMoment),
            secondMoment: ParameterArena(copying: optimizer.secondMoment), stepCount: optimizer.stepCount,
            updates: updates)
    }
}
