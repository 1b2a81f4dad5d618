import RewardVerifier
import Testing
import Wire

@Suite struct VerificationIntakeTests {
    static let start = ContinuousClock.now

    func ticket(_ id: UInt64, bytes: Int = 10, deadline: UInt64 = 1_000) -> VerificationIntake<String>.Ticket {
        let request = VerifyRequest(
            requestID: id, kind: "exact", payload: [], prompt: "", response: String(repeating: "x", count: bytes),
            deadlineMilliseconds: deadline)
        return .init(peer: "worker", messageID: id, request: request, arrival: Self.start)
    }

    @Test func boundsHoldInItemsAndInBytes() {
        var items = VerificationIntake<String>(limits: .init(items: 2, bytes: 1_000))
        #expect((0..<4).map { items.offer(ticket($0)) } == [true, true, false, false])
        var bytes = VerificationIntake<String>(limits: .init(items: 100, bytes: 25))
        #expect((0..<3).map { bytes.offer(ticket($0)) } == [true, true, false])
        _ = bytes.next(now: Self.start)
        let room = bytes.offer(ticket(9))
        #expect(room)
    }

    @Test func requestsComeOutInOrderAndLateOnesAreNamed() {
        var intake = VerificationIntake<String>(limits: .init(items: 10, bytes: 1_000))
        _ = intake.offer(ticket(1, deadline: 100))
        _ = intake.offer(ticket(2, deadline: 900))
        let now = Self.start + .milliseconds(500)
        #expect(intake.age(now: now) == .milliseconds(500))
        guard case .late(let late) = intake.next(now: now), case .judge(let work) = intake.next(now: now) else {
            Issue.record("expected one late request, then one to judge")
            return
        }
        #expect(late.messageID == 1 && work.messageID == 2)
        guard case .idle = intake.next(now: now) else {
            Issue.record("the queue should be empty")
            return
        }
    }

    @Test func everyRequestComesOutOnceOverManyRounds() {
        var intake = VerificationIntake<String>(limits: .init(items: 5_000, bytes: 1_000_000))
        var out: [UInt64] = []
        var offered: UInt64 = 0
        for round in 0..<10_000 {
            if round % 3 != 2, intake.offer(ticket(offered)) { offered += 1 }
            if round % 2 == 0, case .judge(let ticket) = intake.next(now: Self.start) { out.append(ticket.messageID) }
        }
        while case .judge(let ticket) = intake.next(now: Self.start) { out.append(ticket.messageID) }
        #expect(out == Array(0..<offered))
    }
}
