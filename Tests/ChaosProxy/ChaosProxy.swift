import ArgumentParser
import Foundation

/// Stands between a learner and its members and harms the frames that pass, as a bad network does.
@main
struct ChaosProxy: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos-proxy",
        abstract:
            "Forward ZeroMQ connections to a learner, dropping, delaying, repeating, cutting and corrupting frames.",
        discussion: """
            Knows ZMTP just enough to see where a frame begins and ends. Faults are a file of lines `NAME PROBABILITY`, with NAME \
            one of drop, duplicate, truncate, corrupt, delay, cut; it is read again whenever it changes, and without it nothing \
            is harmed. `delay` holds a frame up for 50 to 500 ms, `cut` closes the connection. For tests: Ops/chaos.sh.

            EXAMPLE
              chaos-proxy --target runs/chaos/endpoint --faults faults --address address --report report --seed 7
            """)

    @Option(help: "File with the learner's endpoint, tcp://127.0.0.1:PORT; read at every connection.")
    var target: String

    @Option(help: "File with the faults.")
    var faults: String

    @Option(help: "File to which the proxy writes where it listens.")
    var address: String

    @Option(help: "File to which the proxy writes, once a second, how many frames met which fate.")
    var report: String

    @Option(help: "Seed of the faults.")
    var seed: UInt64 = 1

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        let plan = FaultPlan(path: faults)
        let tally = Tally()
        let listener = try Listener()
        try "tcp://127.0.0.1:\(listener.port)\n".write(toFile: address, atomically: true, encoding: .utf8)
        Thread.detachNewThread {
            while true {
                plan.refresh()
                // A report that cannot be written now is written in a second.
                try? tally.text.write(toFile: report, atomically: true, encoding: .utf8)
                Thread.sleep(forTimeInterval: 1)
            }
        }
        var connections: UInt64 = 0
        while true {
            let client = try listener.accept()
            connections += 1
            guard let server = TCP.connect(toEndpointIn: target) else {
                close(client)
                continue
            }
            let pair = ConnectionPair(client, server)
            for (direction, ends) in [(client, server), (server, client)].enumerated() {
                let key = seed &* 0x9E37_79B9_7F4A_7C15 &+ connections &* 2 &+ UInt64(direction)
                let pipe = FaultyPipe(from: ends.0, to: ends.1, plan: plan, tally: tally, seed: key)
                Thread.detachNewThread {
                    pipe.run()
                    pair.end()
                }
            }
        }
    }
}
