import RolloutWorker
import Testing
import Wire

@Suite struct GroupBookTests {
    static let start = ContinuousClock.now

    func lease(_ id: UInt64) -> Lease {
        Lease(
            leaseID: id, groupID: id + 100, attempt: 0, prompt: [1, 2], promptText: "ab", samples: 2, maximumTokens: 4,
            temperature: 1, stopTokens: [0], minimumVersion: 0, deadlineMilliseconds: 1_000, verifierKind: "exact",
            verificationPayload: [])
    }

    func submission(_ id: UInt64) -> GroupSubmission {
        let unjudged = WireVerdict(judgement: .unknown(.timeout))
        let span = VersionSpan(version: 0, sha256: Array(repeating: 1, count: 32), count: 1)
        let responses = (0..<2).map {
            ResponseRecord(sample: $0, tokenCount: 1, spans: [span], verdict: unjudged, finish: .stop)
        }
        return GroupSubmission(
            leaseID: id, groupID: id + 100, attempt: 0, responses: responses, tokens: [0, 0],
            logProbabilities: [-1, -1])
    }

    func makeBook() -> GroupBook {
        GroupBook(limits: .init(concurrentGroups: 3, outboxGroups: 2, outboxBytes: 1_000, resendAfter: .seconds(2)))
    }

    let correct = WireVerdict(judgement: .correct(score: 1))

    @Test func aGroupIsKeptAndSentAgainUntilItsReceipt() throws {
        var book = makeBook()
        book.begin([lease(1)])
        let jobs = book.generated(submission(1), texts: [0: "x", 1: "y"])
        #expect(jobs.count == 2)
        #expect(book.verification(of: jobs[1])?.response == "y")
        #expect(book.judged(jobs[0], correct, now: Self.start) == nil)
        let judged = book.judged(jobs[1], correct, now: Self.start)
        let submitted = try #require(judged)
        #expect(submitted.responses.allSatisfy { $0.verdict.judgement == .correct(score: 1) })
        #expect(book.takeResends(now: Self.start + .seconds(1)).isEmpty)
        #expect(book.takeResends(now: Self.start + .seconds(2)) == [submitted])
        #expect(book.takeResends(now: Self.start + .seconds(2), all: true) == [submitted])
        #expect(book.forget(1) != nil)
        #expect(book.isEmpty && book.takeResends(now: Self.start, all: true).isEmpty)
    }

    @Test func creditsCountUnfinishedGroupsAndAFullOutboxStopsThem() {
        var book = makeBook()
        #expect(book.credits == 2)
        book.begin([lease(1), lease(2)])
        #expect(book.credits == 1)
        for id in [UInt64(1), 2] {
            for job in book.generated(submission(id), texts: [0: "x", 1: "y"]) {
                _ = book.judged(job, correct, now: Self.start)
            }
        }
        #expect(book.outboxCount == 2 && book.credits == 0)
        _ = book.forget(1)
        #expect(book.credits == 1)
    }

    @Test func lateEventsOfAForgottenLeaseChangeNothing() {
        var book = makeBook()
        book.begin([lease(1)])
        #expect(book.forget(1) != nil)
        #expect(book.generated(submission(1), texts: [:]).isEmpty)
        #expect(book.judged(VerificationJob(leaseID: 1, sample: 0), correct, now: Self.start) == nil)
        #expect(book.isEmpty)
    }

    @Test func aVerdictCountsOnce() {
        var book = makeBook()
        book.begin([lease(1)])
        let jobs = book.generated(submission(1), texts: [0: "x", 1: "y"])
        #expect(book.judged(jobs[0], correct, now: Self.start) == nil)
        #expect(book.judged(jobs[0], correct, now: Self.start) == nil)
        #expect(book.outboxCount == 0)
    }
}
