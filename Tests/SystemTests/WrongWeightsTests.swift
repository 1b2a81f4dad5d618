import Foundation
import Telemetry
import TestSupport
import Testing
import Transport
import Wire

extension SystemTests {
    /// Promise 4: a worker loads only what hashes to what the learner announced. In clear text, where anybody can lie.
    @Suite(.serialized) @BlockingThread
    struct WrongWeights {
        @Test func aBroadcasterOfOtherBytesIsNotBelieved() async throws {
            let liar = WrongBroadcaster()
            let serving = try await liar.serve()
            try ClusterRun.with([
                "run.steps=200", "cluster.member_timeout_seconds=60", "cluster.cleartext=true",
            ]) { run in
                try run.waitForSteps(2)
                let address = try String(contentsOfFile: run.path + "/endpoint", encoding: .utf8)
                let stranger = try Stranger(address.trimmingCharacters(in: .whitespacesAndNewlines))
                let member = Member(
                    role: .parameterBroadcaster, id: "liar", incarnation: 1,
                    endpoints: [Endpoint(purpose: .serving, address: serving)])
                stranger.send(try stranger.frames(.hello(Hello(member: member, software: "test"))))
                // Without the honest one, the worker has nobody else to ask.
                let honest = try #require(run.process("parameter-broadcaster-1"))
                kill(honest, SIGKILL)
                try run.wait(for: "the worker to refuse a version") {
                    try !run.lines("version_refused", of: "rollout-worker-1").isEmpty
                }
                #expect(try run.finished() == nil, "the run was over before the lie: nothing was shown")
                expectComplete(try run.waitForTheEnd(), steps: 200)
                expectPromises(try run.steps())
                let reason = try #require(try run.lines("version_refused").first?.text("reason"))
                #expect(reason.contains("hashes to"), "\(reason)")
            }
            await liar.reactor.shutdown()
        }
    }
}

/// Answers every fetch with as many bytes as were asked for, all of them wrong.
private actor WrongBroadcaster {
    nonisolated let reactor = Reactor(name: "liar")
    private var router: RouterEndpoint?
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    func serve() throws -> String {
        let router = try RouterEndpoint(reactor: reactor, bind: EndpointAddress("tcp://127.0.0.1:0"))
        router.onMessage = { peer, envelope in
            guard case .fetch(let fetch) = envelope.message else { return }
            let content = Frame(copying: [UInt8](repeating: 63, count: Int(fetch.byteCount)))
            let chunk = Chunk(versionNumber: fetch.versionNumber, offset: fetch.offset, content: content)
            #expect(throws: Never.self) { try self.router?.reply(.chunk(chunk), to: envelope, from: peer) }
        }
        self.router = router
        return router.boundAddress.description
    }
}
