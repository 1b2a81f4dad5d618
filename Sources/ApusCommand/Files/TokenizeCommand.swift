import ArgumentParser
import JSON
import Model

/// `apus tokenize`: text to token ids and back.
struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Turn text into token ids, or ids into text.",
        discussion: """
            Reads {"text": "…"} lines and writes {"ids": [id, …]} lines; with --decode the other way round. Nothing is put \
            around the text. Control tokens written out in the text are recognised unless --plain is given. In decoded text \
            bytes that are no UTF-8 become U+FFFD.

            EXAMPLES
              apus tokenize --model DIR --in text.jsonl --out ids.jsonl
              apus tokenize --model DIR --decode --in ids.jsonl --out text.jsonl
            """)

    private static let maximumBytes = 1 << 31

    @OptionGroup var model: ModelOption

    @Option(name: .customLong("in"), help: ArgumentHelp("Lines to read.", valueName: "file.jsonl"))
    var input: String

    @Option(name: .customLong("out"), help: ArgumentHelp("Where to write as many lines.", valueName: "file.jsonl"))
    var output: String

    @Flag(help: "Read ids and write text.")
    var decode = false

    @Flag(help: "Encode control tokens written out in the text as plain text.")
    var plain = false

    func run() throws {
        let tokenizer = try model.tokenizer()
        let clock = ContinuousClock()
        let start = clock.now
        var count = 0
        let lines = try JSONLines.read(input, maximumBytes: Self.maximumBytes) { line in
            var object = JSONObject()
            if decode {
                let ids = try ids(line)
                object.append("text", .string(try tokenizer.decode(ids)))
                count += ids.count
            } else {
                let ids = tokenizer.encode(try line.text("text"), specialTokens: !plain)
                object.append("ids", .array(ids.map { .integer(Int($0)) }))
                count += ids.count
            }
            return JSONWriter.write(.object(object)) + [UInt8(ascii: "\n")]
        }
        try AtomicFile.write(Array(lines.joined()), to: output)
        let seconds = (clock.now - start) / .seconds(1)
        Console.status(
            "\(NumberText.grouped(lines.count)) lines, \(NumberText.grouped(count)) tokens in "
                + "\(NumberText.fixed(seconds, 2)) s: \(NumberText.rate(Double(count) / max(seconds, 1e-9))) tokens/s")
    }

    private func ids(_ line: JSONLines.Line) throws -> [Int32] {
        guard let values = line.value["ids"]?.array else { throw line.failure("\"ids\" must be there and be a list") }
        return try values.map { value in
            guard let id = value.integer.flatMap(Int32.init(exactly:)) else {
                throw line.failure("\"ids\" must be a list of whole numbers")
            }
            return id
        }
    }
}
