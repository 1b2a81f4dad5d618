import ArgumentParser
import Foundation
import TestSupport

/// Feeds parsers with damaged inputs: they may refuse them, but neither crash, hang nor eat the machine's memory.
@main
struct FuzzCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuzz",
        abstract: "Feed a parser with damaged inputs until the time is over or it crashes.",
        discussion: """
            Takes the files of Tests/Fuzz/Corpora/TARGET, damages them in ways that a seed decides, and keeps in memory what led \
            to an outcome not seen before, to damage it further. An input that crashes the parser, or that keeps it busy for longer \
            than ten seconds, lies in the file --evidence afterwards. Memory is limited to 4 GiB, but for a \
            program with a sanitizer.

            EXAMPLES
              fuzz --list
              fuzz gguf --seconds 60 --seed 7
              fuzz gguf --only crash-gguf
            """)

    @Argument(help: "The parser.")
    var target: String?

    @Flag(help: "Print the names of all parsers.")
    var list = false

    @Option(help: "How long, in seconds.")
    var seconds = 5.0

    @Option(help: "Seed of the damages.")
    var seed: UInt64 = 1

    @Option(help: "Directory with the corpora.")
    var corpora = "Tests/Fuzz/Corpora"

    @Option(help: "File that holds the input under test. (default: crash-TARGET)")
    var evidence: String?

    @Option(help: "Feed this file as it is, once.")
    var only: String?

    func validate() throws {
        if list { return }
        guard let target, FuzzTarget.all[target] != nil else {
            throw ValidationError("name a parser: \(FuzzTarget.all.keys.sorted().joined(separator: ", "))")
        }
    }

    func run() throws {
        guard let target, let parse = FuzzTarget.all[target] else {
            return print(FuzzTarget.all.keys.sorted().joined(separator: "\n"))
        }
        // A sanitizer maps terabytes that it hardly touches.
        if Sanitizer.options.isEmpty { try Limits.apply(memoryBytes: 4 << 30) }
        if let only { return print("\(target): \(parse(Array(try Data(contentsOf: URL(fileURLWithPath: only)))))") }
        let inputs = try corpus(target)
        let evidence = try Evidence(path: self.evidence ?? "crash-\(target)")
        let watchdog = Watchdog(seconds: 10)
        var mutator = Mutator(seed: seed, corpus: inputs)
        var outcomes: Set<String> = []
        var rounds = 0
        let end = ContinuousClock.now + .seconds(seconds)
        for input in inputs {
            evidence.hold(input)
            outcomes.insert(watchdog.watch { parse(input) })
        }
        let known = outcomes.count
        while .now < end {
            for _ in 0..<64 {
                let input = mutator.next()
                evidence.hold(input)
                let outcome = watchdog.watch { parse(input) }
                rounds += 1
                if outcomes.count < 4_096, outcomes.insert(outcome).inserted { mutator.keep(input) }
            }
        }
        evidence.remove()
        print(
            "\(target): \(rounds) inputs from \(inputs.count) files, \(outcomes.count - known) outcomes beyond the files' own; no crash"
        )
    }

    private func corpus(_ target: String) throws -> [[UInt8]] {
        let directory = "\(corpora)/\(target)"
        let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
        guard !names.isEmpty else {
            throw ValidationError("\(directory) is empty; a parser needs something to begin with")
        }
        return try names.map { Array(try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\($0)"))) }
    }
}
