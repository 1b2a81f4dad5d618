import ArgumentParser
import JSON
import Model

/// What all benchmarks have in common: repetitions, and where the numbers go.
struct BenchOptions: ParsableArguments {
    @Option(help: "Repetitions; the median and the extremes are shown.")
    var repetitions = 5

    @Flag(help: "Print one JSON object instead of a table.")
    var json = false

    @Option(help: ArgumentHelp("Also write the JSON object to a file.", valueName: "file.json"))
    var out: String?

    func validate() throws {
        guard (1...1000).contains(repetitions) else {
            throw ValidationError("--repetitions is \(repetitions); it must be 1 to 1000")
        }
    }

    /// Puts the machine in front of the result, prints it, and writes it where it was asked for.
    func publish(_ name: String, machine: Machine, threads: Int, _ members: JSONObject, table: String) throws {
        var object = JSONObject()
        object.append("benchmark", .string(name))
        object.append("machine", .object(machine.json))
        object.append("threads", .integer(threads))
        for member in members.members { object.append(member.key, member.value) }
        let bytes = JSONWriter.write(.object(object), indented: true)
        if let out { try AtomicFile.write(bytes, to: out) }
        let heading = "\(name) · \(machine.text) · \(threads) \(threads == 1 ? "thread" : "threads")\n"
        Console.outputText(json ? String(decoding: bytes, as: UTF8.self) : heading + table)
    }
}

/// `--model DIR` of a benchmark: the bundled policy unless told otherwise.
struct BenchModelOption: ParsableArguments {
    @Option(help: ArgumentHelp("Hugging Face model directory.", valueName: "dir"))
    var model = "Cluster/policies/countdown"
}

/// `apus bench`: how fast this machine runs Apus.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the speed of kernels, generation and training on this machine.",
        discussion: """
            Every number is the median of at least five repetitions, with the least and the greatest. Speeds on a busy \
            machine say little: the load average is printed with them. Ops/bench/run.sh runs gemm, decode and learner.
            """,
        subcommands: [
            GemmBenchCommand.self, DecodeBenchCommand.self, LearnerBenchCommand.self, TokenizerBenchCommand.self,
            TransportBenchCommand.self,
        ])
}
