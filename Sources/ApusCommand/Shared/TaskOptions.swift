import ArgumentParser
import Configuration

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
