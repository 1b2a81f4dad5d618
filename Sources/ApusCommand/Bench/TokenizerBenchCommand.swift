import ArgumentParser
import JSON
import Model

/// `apus bench tokenizer`: encoding and decoding of a text.
struct TokenizerBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer",
        abstract: "Speed of encoding and decoding a text, on one thread.",
        discussion: """
            Repeats the text of --in until it has --megabytes, encodes all of it as one text, and decodes the tokens again. \
            Loading the tokenizer is timed apart. Wall time; MB are 10⁶ bytes of UTF-8.

            EXAMPLE
              apus bench tokenizer --model DIR --in /usr/share/common-licenses/GPL-3
            """)

    @OptionGroup var model: ModelOption

    @Option(name: .customLong("in"), help: ArgumentHelp("Text in UTF-8.", valueName: "file.txt"))
    var input: String

    @Option(help: "How much of it to encode at once.")
    var megabytes = 8

    @OptionGroup var options: BenchOptions

    func validate() throws {
        guard (1...1024).contains(megabytes) else {
            throw ValidationError("--megabytes is \(megabytes); it must be 1 to 1024")
        }
    }

    func run() throws {
        let text = try text()
        let clock = ContinuousClock()
        func seconds(_ body: () throws -> Void) rethrows -> Double {
            let start = clock.now
            try body()
            return (clock.now - start) / .seconds(1)
        }
        var tokenizer: Tokenizer?
        let loading = try seconds { tokenizer = try model.tokenizer() }
        guard let tokenizer else { preconditionFailure("a tokenizer was loaded") }
        var tokens: [Int32] = []
        let bytes = Double(text.utf8.count)
        let encoding = Repetitions(
            (0..<options.repetitions).map { _ in bytes / seconds { tokens = tokenizer.encode(text) } })
        let decoding = Repetitions(
            try (0..<options.repetitions).map { _ in try bytes / seconds { _ = try tokenizer.decode(tokens) } })
        try publish(loading: loading, encoding, decoding, bytes: text.utf8.count, tokens: tokens.count)
    }

    private func text() throws -> String {
        let bytes = try FileReading.read(input, limit: 1 << 30)
        guard let once = String(validating: bytes, as: UTF8.self), !once.isEmpty else {
            throw CommandFailure("\(input) is empty or not UTF-8; give a text")
        }
        let count = max(1, megabytes * 1_000_000 / once.utf8.count)
        return String(repeating: once, count: count)
    }

    private func publish(
        loading: Double, _ encoding: Repetitions, _ decoding: Repetitions, bytes: Int, tokens: Int
    ) throws {
        var object = JSONObject()
        object.append("bytes", .integer(bytes))
        object.append("tokens", .integer(tokens))
        object.append("loading_seconds", .number(loading))
        object.append("encoded_bytes_per_second", encoding.json)
        object.append("decoded_bytes_per_second", decoding.json)
        func rate(_ perSecond: Double) -> String { NumberText.fixed(perSecond / 1e6, 1) }
        var table = AlignedTable()
        table.add(["", "MB/s: median (least … greatest)"])
        table.add(["encode", encoding.text(rate)])
        table.add(["decode", decoding.text(rate)])
        let heading =
            "\(NumberText.grouped(bytes)) bytes, \(NumberText.grouped(tokens)) tokens; "
            + "loaded in \(NumberText.fixed(loading, 2)) s\n"
        try options.publish("tokenizer", machine: Machine(), threads: 1, object, table: heading + table.text)
    }
}
