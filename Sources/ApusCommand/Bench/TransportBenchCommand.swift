import ArgumentParser
import Foundation
import JSON
import Model
import Transport
import Wire

/// `apus bench transport`: what encryption costs.
struct TransportBenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transport",
        abstract: "Messages and bytes per second between two processes, in clear text and encrypted.",
        discussion: """
            A server and a client, each with a reactor of its own, over TCP on loopback, in turn in clear text and with \
            CURVE: small requests with 64 under way, pieces of weights with 8 under way, and the time of one small request \
            and its answer. Encoding, checksums and parsing are included.

            EXAMPLES
              apus bench transport
              apus bench transport --messages 50000 --piece-bytes 4194304
            """)

    @Option(help: "Small requests per measurement.")
    var messages = 20_000

    @Option(help: "Pieces of weights per measurement.")
    var pieces = 200

    @Option(help: "Bytes of a piece.")
    var pieceBytes = 1_048_576

    @OptionGroup var options: BenchOptions

    func validate() throws {
        for (name, value, most) in [
            ("--messages", messages, 100_000_000), ("--pieces", pieces, 1_000_000),
            ("--piece-bytes", pieceBytes, 64 << 20),
        ] where !(1...most).contains(value) {
            throw ValidationError("\(name) is \(value); it must be 1 to \(most)")
        }
    }

    func run() async throws {
        let directory = FileManager.default.temporaryDirectory.path + "/apus-bench-\(UUID().uuidString)"
        let keys = KeyDirectory(path: directory)
        try keys.create()
        defer {
            // Keys that open nothing, in the directory for temporary files.
            _ = try? FileManager.default.removeItem(atPath: directory)
        }
        for role in [Role.learner, .rolloutWorker] { _ = try keys.issue(role, name: role.rawValue) }
        func policy(_ role: Role) throws -> SecurityPolicy {
            .curve(try Keyring(directory: directory, role: role, id: role.rawValue))
        }
        let variants: [(name: String, server: SecurityPolicy, client: SecurityPolicy)] = [
            ("cleartext", .cleartext, .cleartext), ("curve", try policy(.learner), try policy(.rolloutWorker)),
        ]
        let benchmark = TransportBenchmark(messages: messages, pieces: pieces, pieceBytes: pieceBytes)
        var speeds = variants.map { _ in [TransportBenchmark.Speed]() }
        let progress = Progress("transport", total: options.repetitions * variants.count, unit: "measurements")
        for repetition in 0..<options.repetitions {
            for (index, variant) in variants.enumerated() {
                speeds[index].append(try await benchmark.measure(server: variant.server, client: variant.client))
                progress.update(repetition * variants.count + index + 1)
            }
        }
        progress.clear()
        try publish(variants.map(\.name), speeds)
    }

    private func publish(_ names: [String], _ speeds: [[TransportBenchmark.Speed]]) throws {
        var object = JSONObject()
        object.append("messages", .integer(messages))
        object.append("pieces", .integer(pieces))
        object.append("piece_bytes", .integer(pieceBytes))
        var table = AlignedTable()
        table.add(["security", "messages/s", "MB/s", "round trip µs"])
        for (name, speeds) in zip(names, speeds) {
            let rate = Repetitions(speeds.map(\.messagesPerSecond))
            let bytes = Repetitions(speeds.map(\.bytesPerSecond))
            let trip = Repetitions(speeds.map(\.roundTripSeconds))
            table.add([
                name, rate.text(), bytes.text { NumberText.rate($0 / 1e6) }, trip.text { NumberText.rate($0 * 1e6) },
            ])
            var entry = JSONObject()
            entry.append("messages_per_second", rate.json)
            entry.append("bytes_per_second", bytes.json)
            entry.append("round_trip_seconds", trip.json)
            object.append(name, .object(entry))
        }
        // A reactor and a libzmq thread on each side.
        try options.publish("transport", machine: Machine(), threads: 4, object, table: table.text)
    }
}
