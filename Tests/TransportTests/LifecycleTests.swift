import Foundation
import Testing
import Transport
import Wire

/// Threads, descriptors, isolation and timers of a reactor.
@Suite struct LifecycleTests {
    /// In a process of its own, so that other tests' threads do not count.
    @Test func shutdownLeavesNoThreadAndNoDescriptor() async {
        await #expect(processExitsWith: .success) {
            // Once for all that the runtime keeps.
            try await useEverything()
            let threads = try count("task"), descriptors = try count("fd")
            for _ in 0..<5 { try await useEverything() }
            let deadline = ContinuousClock.now + .seconds(30)
            // The kernel takes a joined thread's entry away a little later, and an actor may be let go by another thread.
            while try count("task") > threads || count("fd") > descriptors, ContinuousClock.now < deadline {
                await Task.yield()
            }
            #expect(try count("task") <= threads)
            #expect(try count("fd") <= descriptors)
        }
    }

    @Test func shutdownFromTheReactorsOwnActor() async throws {
        let node = Node()
        _ = try await node.serve()
        await node.reactor.shutdown()
        await node.reactor.shutdown()
        // The actor lives on, and says why it can do nothing any more.
        #expect(await node.received.isEmpty)
        await #expect(throws: TransportError.self) { try await node.serve() }
    }

    @Test func queuedMessagesLeaveBeforeTheEnd() async throws {
        let server = Node(), client = Node()
        try await client.connect(to: server.serve())
        await client.wait(for: "the connection") { $0.dealer?.isConnected == true }
        for index in 0..<200 { try await client.send(numbered(index)) }
        await client.reactor.shutdown()
        await server.wait(for: "the last words") { $0.received.count == 200 }
        await server.reactor.shutdown()
    }

    @Test func closuresOnTheReactorBelongToItsActor() async throws {
        let server = Node(), client = Node()
        #expect(server.reactor.isIsolatingCurrentContext() == false)
        try await client.connect(
            to: server.serve { message in
                // Plain code, called by the endpoint: on the actor's thread.
                server.reactor.preconditionIsolated()
                return server.assumeIsolated { node in node.received.isEmpty ? numbered(0) : message }
            })
        #expect(try await client.request(numbered(3)) == numbered(3))
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test func useFromAnotherThreadTraps() async {
        await #expect(processExitsWith: .failure) {
            let reactor = Reactor()
            reactor.schedule(after: .seconds(1), name: "never") {}
        }
    }

    @Test func timersFireOnceNotEarlyAndNotAfterCancel() async throws {
        let node = Node()
        await node.run { node in
            let start = ContinuousClock.now
            for index in 1...20 {
                node.reactor.schedule(after: .milliseconds(index), name: "timer \(index)") {
                    #expect(ContinuousClock.now - start >= .milliseconds(index))
                    node.take(.success(numbered(index)))
                }
            }
            let cancelled = node.reactor.schedule(after: .milliseconds(5), name: "cancelled") {
                Issue.record("a cancelled timer fired")
            }
            node.reactor.cancel(cancelled)
            node.reactor.cancel(cancelled)
        }
        await node.wait(for: "all timers") { $0.results.count == 20 }
        #expect(try await Set(node.results.map { number(try $0.get()) }) == Set(1...20))
        #expect(await node.run { $0.reactor.pendingTimerCount } == 0)
        await node.reactor.shutdown()
    }
}

/// A server, clients, a publisher and a subscriber at work, then gone.
private func useEverything() async throws {
    let server = Node(), client = Node(), subscriber = Node()
    try await client.connect(to: server.serve { $0 })
    for index in 0..<10 { _ = try await client.request(numbered(index)) }
    try await subscriber.subscribe(to: server.publish(at: temporaryIPC()))
    try await server.publishRepeatedly(numbered(1))
    await subscriber.wait(for: "a notice") { !$0.received.isEmpty }
    for node in [subscriber, client, server] { await node.reactor.shutdown() }
}

private func count(_ what: String) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/\(what)").count
}
