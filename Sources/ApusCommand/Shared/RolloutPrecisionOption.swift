import ArgumentParser
import Model
import Tensor

/// `--rollout-precision exact|int8` and `--arithmetic fp32|bf16`: what the forward computes in, as `rollout.precision` and
/// `policy.arithmetic` of a run.
struct RolloutPrecisionOption: ParsableArguments {
    @Option(help: "What the forward computes in: exact or int8.")
    var rolloutPrecision = ForwardPrecision.exact

    @OptionGroup var products: ArithmeticOption
}

/// `--arithmetic fp32|bf16`: what matrix products compute in, as `policy.arithmetic` of a run.
struct ArithmeticOption: ParsableArguments {
    @Option(help: "What matrix products compute in: fp32 or bf16.")
    var arithmetic = ProductArithmetic.fp32

    func validate() throws {
        guard arithmetic != .int8 else {
            throw ValidationError(
                "--arithmetic is int8; it must be fp32 or bf16 (eight bits: --rollout-precision int8)")
        }
    }
}

extension ForwardPrecision: ExpressibleByArgument {}
extension ProductArithmetic: ExpressibleByArgument {
    /// What a policy can compute in.
    package static var allValueStrings: [String] { [ProductArithmetic.fp32, .bf16].map(\.rawValue) }
}
