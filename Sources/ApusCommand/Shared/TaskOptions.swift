import ArgumentParser
import Configuration
import Reward

/// `--config FILE` and `--set k=v`: the same configuration as a run's, so that a policy is prepared for, trained on and
/// evaluated with the same task.
struct TaskOptions: ParsableArguments {
    @Option(
        name: .customLong("config"),
        help: ArgumentHelp(
            "YAML file of a run (docs/configuration.md). May be repeated; later files win.", valueName: "file"))
    var files: [String] = []

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Override one setting, e.g. task.countdown.target_maximum=99. May be repeated.", valueName: "key=value"))
    var overrides: [String] = []

    func configuration() throws(ConfigurationError) -> RunConfiguration {
        try RunConfiguration.load(files: files, overrides: overrides)
    }
}

extension RunConfiguration.Task {
    /// The prompts of this task; `seed` draws them.
    func source(seed: UInt64) throws(TaskError) -> any TaskSource {
        switch kind {
        case .countdown: try CountdownTaskSource(settings: countdown.settings, seed: seed)
        }
    }
}

extension RunConfiguration.Countdown {
    var settings: CountdownSettings {
        CountdownSettings(
            count: numbersMinimum...numbersMaximum, numbers: numberMinimum...numberMaximum,
            targets: targetMinimum...targetMaximum, operators: operators.compactMap(ArithmeticOperator.init(rawValue:)),
            used: usedMinimum...usedMaximum, requiresAll: requiresAll)
    }
}
