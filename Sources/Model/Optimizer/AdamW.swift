import CKernels
import Glibc
package import Tensor

/// Adam with decoupled weight decay (arXiv 1711.05101) on fp32 master weights, as PyTorch computes it, after clipping by the
/// global norm. Role: turns a gradient into the next policy. Owner: the learner. Invariant: master weights and moments are
/// finite; a step that would break this is refused and changes nothing (promise 7).
package final class AdamW {
    package struct Settings: Sendable, Equatable {
        package var beta1: Float = 0.9
        package var beta2: Float = 0.95
        package var epsilon: Float = 1e-8
        /// Applied to every parameter, times the learning rate.
        package var weightDecay: Float = 0
        /// Gradients are scaled by min(1, this / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_ does; nil: never.
        package var maximumGradientNorm: Float?

        package init(
            beta1: Float = 0.9, beta2: Float = 0.95, epsilon: Float = 1e-8, weightDecay: Float = 0,
            maximumGradientNorm: Float? = 1
        ) {
            self.beta1 = beta1
            self.beta2 = beta2
            self.epsilon = epsilon
            self.weightDecay = weightDecay
            self.maximumGradientNorm = maximumGradientNorm
        }
    }

    /// What a step did.
    package enum Outcome: Sendable, Equatable {
        /// Euclidean norm of the whole gradient before clipping, and the factor clipping applied.
        case applied(gradientNorm: Double, scale: Float)
        /// Nothing changed.
        case refused(Refusal)
    }

    /// Why a step was refused.
    package enum Refusal: Error, Equatable, CustomStringConvertible {
        /// So many elements of the gradient are NaN or infinite.
        case nonFiniteGradient(elements: Int)
        /// The scaled gradient's squares would overflow fp32.
        case gradientTooLarge(norm: Double)
        /// So many elements of the weights or moments would not be finite, in fp32 or as bf16.
        case nonFiniteUpdate(elements: Int)
        case nonFiniteLearningRate(Float)

        package var description: String {
            switch self {
            case .nonFiniteGradient(let elements): "\(elements) elements of the gradient are not finite"
            case .gradientTooLarge(let norm): "the gradient's norm \(norm) would overflow the second moment"
            case .nonFiniteUpdate(let elements): "\(elements) weights or moments would not be finite after the update"
            case .nonFiniteLearningRate(let rate): "the learning rate is \(rate)"
            }
        }
    }

    package let settings: Settings
    package let master: ParameterArena
    package let firstMoment: ParameterArena
    package let secondMoment: ParameterArena
    /// Steps applied so far.
    package private(set) var stepCount: Int
    private let team: ThreadTeam

    /// Elements per task and per partial sum of the norm. Fixed, so the norm's bits don't follow the thread count.
    private static let grain = 1 << 16
    /// Scaled gradients above this would overflow when squared.
    private static let largestNorm = 1e18

    /// Starts from `master` (kept, updated in place) with zero moments.
    package convenience init(master: ParameterArena, settings: Settings, team: ThreadTeam) {
        self.init(
            master: master, firstMoment: ParameterArena(layout: master.layout),
            secondMoment: ParameterArena(layout: master.layout), stepCount: 0, settings: settings, team: team)
    }

    /// Goes on from a checkpoint.
    package init(
        master: ParameterArena, firstMoment: ParameterArena, secondMoment: ParameterArena, stepCount: Int,
        settings: Settings, team: ThreadTeam
    ) {
        precondition(
            master.layout == firstMoment.layout && master.layout == secondMoment.layout, "arenas of different layouts")
        self.master = master
        self.firstMoment = firstMoment
        self.secondMoment = secondMoment
        self.stepCount = stepCount
        self.settings = settings
        self.team = team
    }

    /// Updates the master weights by `gradient` (of the loss to be minimised; not changed), or refuses.
    package func step(gradient: ParameterArena, learningRate: Float) -> Outcome {
        switch prepare(gradient, learningRate: learningRate) {
        case .failure(let refusal): return .refused(refusal)
        case .success(let update):
            apply(gradient, update)
            return .applied(gradientNorm: update.gradientNorm, scale: update.scale)
        }
    }

    /// Why `step` would refuse this gradient; nil if it would not. Changes nothing.
    package func refusal(of gradient: ParameterArena, learningRate: Float) -> Refusal? {
        if case .failure(let refusal) = prepare(gradient, learningRate: learningRate) { refusal } else { nil }
    }

    /// The master weights rounded to `precision`: the next policy. Nil when a weight is not finite.
    package func snapshot(version: UInt64, precision: ParameterPrecision) -> PolicySnapshot? {
        guard apus_count_nonfinite(master.buffer.count, master.buffer.pointer) == 0 else { return nil }
        return PolicySnapshot(
            version: version, precision: precision, layout: master.layout,
            master: UnsafeBufferPointer(start: master.buffer.pointer, count: master.buffer.count))
    }

    /// The tensors of weights or moments that a step would leave not finite, in the layout's order.
    package func overflowingTensors(gradient: ParameterArena, learningRate: Float) -> [NonFiniteTensor] {
        let update = Update(
            gradientNorm: norm(gradient), learningRate: learningRate, step: stepCount + 1, settings: settings)
        return master.layout.tensors.compactMap { tensor in
            let count = overflows(gradient, update, in: tensor.offset..<tensor.offset + tensor.count)
            return count == 0 ? nil : NonFiniteTensor(name: tensor.name, elements: tensor.count, nonFinite: count)
        }
    }

    /// Euclidean norm in double: sums of fixed chunks, added in order.
    private func norm(_ gradient: ParameterArena) -> Double {
        let count = gradient.buffer.count
        var sums = [Double](repeating: 0, count: (count + Self.grain - 1) / Self.grain)
        sums.withUnsafeMutableBufferPointer { sums in
            let sums = sums
            team.run(count: count, grain: Self.grain) { range, _ in
                sums[range.lowerBound / Self.grain] = apus_sum_of_squares(
                    range.count, gradient.buffer.pointer + range.lowerBound)
            }
        }
        return sums.reduce(0, +).squareRoot()
    }

    /// The constants of one step.
    private struct Update {
        let gradientNorm: Double
        let scale: Float
        let learningRate: Float
        let correction1: Float
        let correction2: Float

        init(gradientNorm: Double, learningRate: Float, step: Int, settings: Settings) {
            self.gradientNorm = gradientNorm
            scale = settings.maximumGradientNorm.map { min(1, $0 / (Float(gradientNorm) + 1e-6)) } ?? 1
            self.learningRate = learningRate
            correction1 = Float(1 - pow(Double(settings.beta1), Double(step)))
            correction2 = Float(1 - pow(Double(settings.beta2), Double(step)))
        }
    }

    private func prepare(_ gradient: ParameterArena, learningRate: Float) -> Result<Update, Refusal> {
        precondition(gradient.layout == master.layout, "a gradient of another layout")
        guard learningRate.isFinite else { return .failure(.nonFiniteLearningRate(learningRate)) }
        let norm = self.norm(gradient)
        guard norm.isFinite else {
            let elements = apus_count_nonfinite(gradient.buffer.count, gradient.buffer.pointer)
            return .failure(.nonFiniteGradient(elements: elements))
        }
        let update = Update(gradientNorm: norm, learningRate: learningRate, step: stepCount + 1, settings: settings)
        guard norm * Double(update.scale) < Self.largestNorm else { return .failure(.gradientTooLarge(norm: norm)) }
        let overflows = overflows(gradient, update)
        return overflows == 0 ? .success(update) : .failure(.nonFiniteUpdate(elements: overflows))
    }

    /// How many elements the step would leave not finite. It is asked before anything is written, so that there is nothing to
    /// undo: a copy of weights and moments would cost half as much memory again as training takes.
    private func overflows(_ gradient: ParameterArena, _ update: Update) -> Int {
        var counts = [Int](repeating: 0, count: (gradient.buffer.count + Self.grain - 1) / Self.grain)
        counts.withUnsafeMutableBufferPointer { counts in
            let counts = counts
            team.run(count: gradient.buffer.count, grain: Self.grain) { range, _ in
                counts[range.lowerBound / Self.grain] = overflows(gradient, update, in: range)
            }
        }
        return counts.reduce(0, +)
    }

    private func overflows(_ gradient: ParameterArena, _ update: Update, in range: Range<Int>) -> Int {
        let first = range.lowerBound
        return apus_adamw_overflows(
            range.count, master.buffer.pointer + first, gradient.buffer.pointer + first,
            firstMoment.buffer.pointer + first, secondMoment.buffer.pointer + first, update.scale, update.learningRate,
            settings.beta1, settings.beta2, settings.epsilon, settings.weightDecay, update.correction1,
            update.correction2)
    }

    private func apply(_ gradient: ParameterArena, _ update: Update) {
        stepCount += 1
        team.run(count: gradient.buffer.count, grain: Self.grain) { range, _ in
            let first = range.lowerBound
            apus_adamw(
                range.count, master.buffer.pointer + first, gradient.buffer.pointer + first,
                firstMoment.buffer.pointer + first, secondMoment.buffer.pointer + first, update.scale,
                update.learningRate, settings.beta1, settings.beta2, settings.epsilon, settings.weightDecay,
                update.correction1, update.correction2)
        }
    }
}
