import ArgumentParser
import Foundation
import Model
import Tensor

/// `apus gradients`: the gradient of the mean negative log-likelihood, for comparison with other implementations.
struct GradientsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gradients",
        abstract: "Gradient of the mean negative log-likelihood of given completions.",
        discussion: """
            The loss is the mean of −log p over all completion tokens, that is positions ≥ prompt_length, pooled over the \
            sequences. A prompt length is 1 to the sequence's length: the first token has nothing to be predicted from.

            Writes the gradient of every parameter in fp32 as safetensors, under the names and shapes of the checkpoint \
            (experts one by one; a tied language-model head is part of the embedding), and prints loss and gradient norm.

            Computes in the checkpoint's own precision: fp32 weights stay fp32. The choice of experts is constant; the \
            gates have gradient. The result does not depend on --threads.

            EXAMPLE
              apus gradients --model DIR --tokens tokens.json --out gradients.safetensors
            """)

    @OptionGroup var model: ModelOption
    @OptionGroup var tokens: TokensOption

    @Option(help: ArgumentHelp("Where to write the gradients.", valueName: "file.safetensors"))
    var out: String

    @OptionGroup var products: ArithmeticOption
    @OptionGroup var threads: ThreadsOption

    func run() throws {
        let directory = try model.load()
        let input = try TokenSequences(path: tokens.tokens, configuration: directory.configuration)
        guard let promptLengths = input.promptLengths else {
            throw CommandFailure(
                "\(tokens.tokens): \"prompt_lengths\" is missing; it says where each completion begins")
        }
        let count = zip(input.sequences, promptLengths).reduce(0) { $0 + $1.0.count - $1.1 }
        guard count > 0 else {
            throw CommandFailure(
                "\(tokens.tokens): no sequence is longer than its prompt; nothing to take the mean over")
        }
        let gradient = ParameterArena(layout: directory.policy.layout)
        let loss = try accumulate(directory, input, promptLengths, completionTokens: count, into: gradient)
        try write(gradient)
        let norm = gradient.buffer.values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        Console.output("loss \(loss) nats/token over \(count) completion tokens; gradient norm \(norm)")
    }

    /// Adds the gradient and returns the loss.
    private func accumulate(
        _ directory: ModelDirectory, _ input: TokenSequences, _ promptLengths: [Int], completionTokens: Int,
        into gradient: ParameterArena
    ) throws -> Double {
        let team = threads.team()
        let policy = LoadedPolicy(
            snapshot: directory.policy, configuration: directory.configuration, forTraining: true,
            arithmetic: products.arithmetic, team: team)
        let pass = PolicyPass(configuration: directory.configuration, team: team)
        let progress = Progress("gradients", total: input.sequences.count, unit: "sequences")
        defer { progress.clear() }
        var sum = 0.0
        for part in input.parts() {
            let batch = PackedBatch.sequences(Array(input.sequences[part]))
            let result = try pass.forward(policy, batch, keepActivations: true)
            var derivatives = [Float](repeating: 0, count: batch.predictions.count)
            for (local, sequence) in part.enumerated() {
                // Prediction i of a sequence is of its token i + 1.
                let first = batch.predictionOffsets[local] + promptLengths[sequence] - 1
                for index in first..<batch.predictionOffsets[local + 1] {
                    derivatives[index] = -1 / Float(completionTokens)
                    sum -= Double(result.logProbabilities[index])
                }
            }
            try pass.backward(policy, dLogProbabilities: derivatives, into: gradient)
            progress.update(part.upperBound)
        }
        return sum / Double(completionTokens)
    }

    private func write(_ gradient: ParameterArena) throws {
        let entries = gradient.layout.tensors.map { tensor in
            SafetensorsWriter.Entry(
                name: tensor.name, format: .float32, shape: tensor.shape,
                bytes: UnsafeRawBufferPointer(
                    start: gradient.pointer(tensor), count: tensor.count * MemoryLayout<Float>.size))
        }
        try SafetensorsWriter.write(entries, to: out)
    }
}
