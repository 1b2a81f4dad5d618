import Testing
import Transport
import Wire

@Suite struct NoticeTests {
    @Test func everySubscriberHearsTheNotice() async throws {
        let publisher = Node(), first = Node(), second = Node()
        let address = try await publisher.publish()
        try await first.subscribe(to: address)
        try await second.subscribe(to: address)
        try await publisher.publishRepeatedly(numbered(5))
        for subscriber in [first, second] {
            await subscriber.wait(for: "a notice") { !$0.received.isEmpty }
            #expect(await number(subscriber.received[0].message) == 5)
        }
        for node in [publisher, first, second] { await node.reactor.shutdown() }
    }

    @Test func aSubscriberFindsTheRestartedPublisher() async throws {
        let first = Node(), subscriber = Node()
        let address = try await first.publish()
        try await subscriber.subscribe(to: address)
        await subscriber.wait(for: "the connection") { $0.subscriber?.isConnected == true }
        await first.reactor.shutdown()
        await subscriber.wait(for: "the loss") { $0.subscriber?.isConnected == false }
        let second = Node()
        _ = try await second.publish(at: address.description)
        try await second.publishRepeatedly(numbered(6))
        await subscriber.wait(for: "a notice") { !$0.received.isEmpty }
        await subscriber.reactor.shutdown()
        await second.reactor.shutdown()
    }
}
