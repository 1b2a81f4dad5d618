import ArgumentParser
import Model

/// `--rollout-precision exact|int8`: what the forward computes in, as `rollout.precision` of a run.
struct RolloutPrecisionOption: ParsableArguments {
    @Option(help: "What the forward computes in: exact or int8.")
    var rolloutPrecision = ForwardPrecision.exact
}

extension ForwardPrecision: ExpressibleByArgument {}
