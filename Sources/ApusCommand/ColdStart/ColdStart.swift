import Model
import Tensor

/// The course of a cold start: makes batches, trains, shows the loss, evaluates.
struct ColdStart {
    let trainer: SupervisedTrainer
    let examples: any ExampleSource
    let steps: Int
    let batch: Int
    let schedule: LearningRateSchedule
    /// nil where nothing can judge answers.
    let evaluation: HeldOutEvaluation?
    /// 0: at the end only.
    let evaluateEvery: Int
    let reportEvery: Int
    let team: ThreadTeam

    func run() throws {
        let progress = Progress("cold start", total: steps, unit: "steps")
        var window = LossWindow()
        for step in 0..<steps {
            let report = try trainer.step(try makeBatch(step), learningRate: schedule.rate(step: step))
            window.add(report)
            if (step + 1) % reportEvery == 0 || step + 1 == steps {
                progress.clear()
                Console.status(progress.line(step + 1, note: window.text))
                window = LossWindow()
            }
            if evaluateEvery > 0, (step + 1) % evaluateEvery == 0, step + 1 < steps { try evaluate(after: step + 1) }
        }
        Console.status("trained \(steps) steps in \(NumberText.duration(progress.seconds))")
        try evaluate(after: steps)
    }

    /// Examples are functions of their number, so the threads share the work and the batch is the same for any count of them.
    private func makeBatch(_ step: Int) throws -> [Example] {
        var made = [Result<Example, any Error>?](repeating: nil, count: batch)
        made.withUnsafeMutableBufferPointer { slots in
            let slots = slots
            team.run(count: batch, grain: 8) { range, _ in
                for index in range {
                    slots[index] = Result { try examples.example(at: UInt64(step * batch + index)) }
                }
            }
        }
        return try made.compactMap { try $0?.get() }
    }

    private func evaluate(after step: Int) throws {
        guard var evaluation else { return }
        for (name, temperature) in [("T = 1", Float(1)), ("greedy", 0)] {
            evaluation.temperature = temperature
            let result = try evaluation.run(trainer.policy, team: team)
            Console.output("step \(step)  held-out, \(name): \(result.accuracyText); \(result.countsText)")
        }
    }
}

/// Means over the steps since the last line.
private struct LossWindow {
    private let clock = ContinuousClock()
    private let start = ContinuousClock().now
    private var steps = 0
    private var loss = 0.0
    private var gradientNorm = 0.0
    private var rows = 0

    mutating func add(_ report: SupervisedTrainer.Report) {
        steps += 1
        loss += report.loss
        gradientNorm += report.gradientNorm
        rows += report.rows
    }

    var text: String {
        let seconds = (clock.now - start) / .seconds(1)
        return "loss \(NumberText.fixed(loss / Double(steps), 4)) nats/token · gradient norm "
            + "\(NumberText.fixed(gradientNorm / Double(steps), 2)) · \(NumberText.rate(Double(rows) / seconds)) tokens/s"
    }
}
