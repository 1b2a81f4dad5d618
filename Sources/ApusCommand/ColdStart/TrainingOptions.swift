import ArgumentParser
import Model

/// The optimizer's settings of a cold start.
struct TrainingOptions: ParsableArguments {
    @Option(help: "Optimizer steps.")
    var steps = 1500

    @Option(help: "Examples per step.")
    var batch = 256

    @Option(help: "Peak learning rate of AdamW.")
    var learningRate: Float = 2e-3

    @Option(
        help: """
            Steps over which the learning rate rises from 0; it then falls along half a cosine. \
            (default: a tenth of the steps, at most 100)
            """)
    var warmUp: Int?

    @Option(help: "Learning rate at the end, as a fraction of the peak.")
    var finalRate: Float = 0.05

    @Option(help: "AdamW β₁.")
    var beta1: Float = 0.9

    @Option(help: "AdamW β₂.")
    var beta2: Float = 0.99

    @Option(help: "Decoupled weight decay.")
    var weightDecay: Float = 0

    @Option(help: "Largest gradient norm, beyond which the gradient is scaled down; 0 for no clipping.")
    var clipNorm: Float = 1

    func validate() throws {
        try check("--steps", steps, 1...10_000_000)
        try check("--batch", batch, 1...1_000_000)
        if let warmUp { try check("--warm-up", warmUp, 0...steps) }
        try check("--learning-rate", learningRate, 0...1)
        try check("--final-rate", finalRate, 0...1)
        try check("--beta1", beta1, 0...0.9999)
        try check("--beta2", beta2, 0...0.999999)
        try check("--weight-decay", weightDecay, 0...1)
        try check("--clip-norm", clipNorm, 0...1_000_000)
    }

    private func check<Value>(_ name: String, _ value: Value, _ range: ClosedRange<Value>) throws {
        guard range.contains(value) else {
            throw ValidationError("\(name) is \(value); it must be \(range.lowerBound) to \(range.upperBound)")
        }
    }

    var schedule: LearningRateSchedule {
        LearningRateSchedule(
            peak: learningRate, warmUpSteps: warmUp ?? min(100, steps / 10), decay: .cosine, totalSteps: steps,
            finalFraction: finalRate)
    }

    var optimizer: AdamW.Settings {
        AdamW.Settings(
            beta1: beta1, beta2: beta2, weightDecay: weightDecay, maximumGradientNorm: clipNorm > 0 ? clipNorm : nil)
    }
}
