import Session
import Testing
import Transport
import Wire

/// A member stays in the run through restarts of the learner, and knows when it is not wanted. Over real sockets.
@Suite struct LearnerSessionTests {
    static func welcome(_ incarnation: UInt64 = 1) -> Message {
        .welcome(
            Welcome(
                runID: "alpha", runSeed: 1, learnerIncarnation: incarnation, configurationJSON: Array("{}".utf8),
                heartbeatIntervalMilliseconds: 10, newest: nil, membershipEpoch: 1, members: [], assets: []))
    }

    static let news = Message.heartbeatReply(HeartbeatReply(membershipEpoch: 1, members: [], newest: nil))

    /// A learner that takes everybody in.
    @Sendable static func hospitable(_ message: Message, _ number: Int) -> Message? {
        switch message {
        case .hello: welcome()
        case .heartbeat: news
        default: nil
        }
    }

    private func withPair(
        _ body: (_ learner: Participant, _ member: Participant) async throws -> Void
    ) async rethrows {
        let learner = Participant(), member = Participant()
        try await body(learner, member)
        await member.reactor.shutdown()
        await learner.reactor.shutdown()
    }

    @Test func joinsBeatsAndSaysGoodbye() async throws {
        try await withPair { learner, member in
            try await member.join(learner.serve(answer: Self.hospitable))
            await member.wait(for: "three heartbeats") { $0.news.count >= 3 }
            #expect(await member.welcomes.count == 1)
            await member.leave()
            await learner.wait(for: "the goodbye") {
                $0.requests.last == .goodbye(Goodbye(reason: "enough"))
            }
            #expect(await member.ends.isEmpty)
        }
    }

    /// A learner that gave the member up, or has forgotten everything, says so in answer to a heartbeat.
    @Test func saysHelloAgainToALearnerThatForgotIt() async throws {
        try await withPair { learner, member in
            let address = try await learner.serve { message, number in
                if case .heartbeat = message, number == 2 {
                    return .failure(Failure(code: .unknownMember, message: "say hello again"))
                }
                return Self.hospitable(message, number)
            }
            try await member.join(address)
            await member.wait(for: "the second welcome") { $0.welcomes.count == 2 }
            await member.wait(for: "life as before") { $0.news.count >= 3 }
            #expect(await member.ends.isEmpty)
        }
    }

    @Test func joinsTheNextLifeOfALearnerThatDied() async throws {
        try await withPair { learner, member in
            let address = try await learner.serve(answer: Self.hospitable)
            try await member.join(address)
            await member.wait(for: "a heartbeat") { !$0.news.isEmpty }
            await learner.reactor.shutdown()

            let reborn = Participant()
            _ = try await reborn.serve(at: address.description) { message, number in
                // It has never heard of anybody.
                if number == 0 { return .failure(Failure(code: .unknownMember, message: "say hello")) }
                if case .hello = message { return Self.welcome(2) }
                return Self.hospitable(message, number)
            }
            await member.wait(for: "the new life's welcome") { $0.welcomes.last?.learnerIncarnation == 2 }
            #expect(await member.ends.isEmpty)
            await reborn.reactor.shutdown()
        }
    }

    @Test(arguments: [FailureCode.wrongRun, .incompatibleProtocol, .unauthorised, .malformed])
    func aRefusalEndsItWithoutAnotherTry(code: FailureCode) async throws {
        try await withPair { learner, member in
            let address = try await learner.serve { _, _ in
                .failure(Failure(code: code, message: "not you"))
            }
            try await member.join(address)
            await member.wait(for: "the end") { !$0.ends.isEmpty }
            #expect(await learner.requests.count == 1)
            guard case .refused(let failure)? = await member.ends.first else {
                Issue.record("\(await member.ends)")
                return
            }
            #expect(failure.code == code)
            #expect(await member.ends[0].description.contains("not you"))
        }
    }

    @Test(arguments: [FailureCode.overloaded, .shuttingDown])
    func aBusyLearnerIsAskedAgain(code: FailureCode) async throws {
        try await withPair { learner, member in
            let address = try await learner.serve { message, number in
                number < 2 ? .failure(Failure(code: code, message: "later")) : Self.hospitable(message, number)
            }
            try await member.join(address)
            await member.wait(for: "the welcome") { !$0.welcomes.isEmpty }
            #expect(await learner.requests.count >= 3)
        }
    }

    @Test func whoeverIsOutOfReachIsGivenUpAfterTheSetTime() async throws {
        let member = Participant()
        try await member.join(EndpointAddress("tcp://127.0.0.1:1"), patience: .milliseconds(300))
        await member.wait(for: "the end") { !$0.ends.isEmpty }
        guard case .unreachable(let reason)? = await member.ends.first else {
            Issue.record("\(await member.ends)")
            return
        }
        #expect(reason.contains("tcp://127.0.0.1:1") && reason.contains("hello to learner"))
        await member.reactor.shutdown()
    }
}
