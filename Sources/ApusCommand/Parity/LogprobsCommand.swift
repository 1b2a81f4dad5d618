import ArgumentParser
import JSON
import Model
import Tensor

/// `apus logprobs`: the log-probability of every token, for comparison with other implementations.
struct LogprobsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logprobs",
        abstract: "Log-probabilities of given tokens.",
        discussion: """
            Writes {"logprobs": [[log p(id[t+1] | id[0], …, id[t]) for every t], …]}: for each sequence one number less than \
            it has tokens, in nats, at temperature 1, as exact decimal text of the fp32 results. "prompt_lengths" is checked \
            and otherwise ignored.

            With --experts also "experts": [[[[expert id, …] per sparse layer] per fed token], …], ids ascending, and \
            "expert_layers": the indices of the sparse layers. Row t holds the experts of token t, in effect for the \
            prediction of token t + 1.

            Computes on the checkpoint's own precision: fp32 weights stay fp32.

            EXAMPLE
              apus logprobs --model DIR --tokens tokens.json --out logprobs.json
            """)

    @OptionGroup var model: ModelOption
    @OptionGroup var tokens: TokensOption

    @Option(help: ArgumentHelp("Where to write the log-probabilities.", valueName: "file.json"))
    var out: String

    @Flag(help: "Write the experts of every token, too.")
    var experts = false

    @OptionGroup var precision: RolloutPrecisionOption
    @OptionGroup var threads: ThreadsOption

    func run() throws {
        let directory = try model.load()
        let input = try TokenSequences(path: tokens.tokens, configuration: directory.configuration)
        let team = threads.team()
        let policy = LoadedPolicy(
            snapshot: directory.policy, configuration: directory.configuration,
            arithmetic: precision.products.arithmetic, precision: precision.rolloutPrecision, team: team)
        directory.policy.bytes.releaseMappedPages()
        let pass = PolicyPass(configuration: directory.configuration, team: team)
        let progress = Progress("logprobs", total: input.sequences.count, unit: "sequences")
        var logProbabilities: [JSONValue] = []
        var routes: [JSONValue] = []
        for part in input.parts() {
            let batch = PackedBatch.sequences(Array(input.sequences[part]))
            let result = try pass.forward(policy, batch)
            logProbabilities += try part.map { try self.logProbabilities(of: $0, in: part, batch, result) }
            if experts { routes += part.map { routeList(of: $0, in: part, input, result.routes) } }
            progress.update(part.upperBound)
        }
        progress.clear()
        try write(logProbabilities, routes, configuration: directory.configuration)
    }

    private func logProbabilities(
        of sequence: Int, in part: Range<Int>, _ batch: PackedBatch, _ result: PolicyPass.Result
    ) throws -> JSONValue {
        let local = sequence - part.lowerBound
        let range = batch.predictionOffsets[local]..<batch.predictionOffsets[local + 1]
        return .array(
            try result.logProbabilities[range].enumerated().map { position, value in
                guard value.isFinite else {
                    throw CommandFailure(
                        "sequence \(sequence): the log-probability of token \(position + 1) is \(value); "
                            + "the weights of \(model.model) are damaged or out of fp32's range")
                }
                return .number(Double(value))
            })
    }

    /// A sequence's rows lie back to back in the batch: all its tokens but the last.
    private func routeList(
        of sequence: Int, in part: Range<Int>, _ input: TokenSequences, _ routes: RoutingTable
    ) -> JSONValue {
        let first = input.sequences[part.lowerBound..<sequence].reduce(0) { $0 + $1.count - 1 }
        let rows = first..<first + input.sequences[sequence].count - 1
        return .array(
            rows.map { row in
                .array(
                    (0..<routes.layers).map { layer in
                        .array(routes[row, layer].map { .integer(Int($0)) })
                    })
            })
    }

    private func write(_ logProbabilities: [JSONValue], _ routes: [JSONValue], configuration: ModelConfiguration) throws
    {
        var object = JSONObject()
        object.append("logprobs", .array(logProbabilities))
        if experts {
            object.append("experts", .array(routes))
            object.append("expert_layers", .array(configuration.sparseLayers.map { .integer($0) }))
        }
        try AtomicFile.write(JSONWriter.write(.object(object)), to: out)
    }
}
