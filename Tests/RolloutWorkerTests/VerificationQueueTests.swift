import RolloutWorker
import TestSupport
import Testing

@Suite struct VerificationQueueTests {
    func job(_ sample: UInt32) -> VerificationJob { VerificationJob(leaseID: 7, sample: sample) }

    @Test func jobsWaitWithoutVerifiersAndGoToTheLeastLoaded() {
        var queue = VerificationQueue(credits: 2, maximumAttempts: 3, maximumCrashes: 3)
        for sample in 0..<5 { queue.add(job(UInt32(sample)), now: .now) }
        #expect(queue.dispatch(now: .now).isEmpty)
        queue.setVerifiers(["a", "b"])
        #expect(queue.dispatch(now: .now).map(\.verifier) == ["a", "b", "a", "b"])
        #expect(queue.queuedCount == 1 && queue.pendingCount == 5)
        #expect(queue.settle(job(1), from: "b") == true)
        #expect(queue.dispatch(now: .now) == [.init(job: job(4), verifier: "b")])
    }

    @Test func aFailedJobGoesToAnotherVerifierAndIsUnknownOnlyAtTheEnd() {
        var queue = VerificationQueue(credits: 4, maximumAttempts: 2, maximumCrashes: 3)
        queue.setVerifiers(["a", "b"])
        queue.add(job(0), now: .now)
        #expect(queue.dispatch(now: .now).map(\.verifier) == ["a"])
        #expect(queue.fail(job(0), at: "a", because: .unanswered, now: .now) == .willRetry)
        #expect(queue.dispatch(now: .now).map(\.verifier) == ["b"])
        #expect(queue.fail(job(0), at: "b", because: .unanswered, now: .now) == .exhausted(attempts: 2))
        #expect(queue.pendingCount == 0)
    }

    /// What a verifier does not offer another one may, which is asked as soon as it is there; nobody is asked in a hurry twice.
    @Test func whatNobodyOffersWaitsForWhoDoes() {
        let start = ContinuousClock.now
        var queue = VerificationQueue(credits: 4, maximumAttempts: nil, maximumCrashes: 3)
        queue.setVerifiers(["a"])
        queue.add(job(0), now: start)
        var now = start
        for _ in 0..<100 {
            #expect(queue.dispatch(now: now).map(\.verifier) == ["a"])
            #expect(queue.fail(job(0), at: "a", because: .notOffered, now: now) == .willRetry)
            #expect(queue.dispatch(now: now + .milliseconds(249)).isEmpty)
            #expect(queue.nextPauseEnd(after: now) == now + .milliseconds(250))
            now += .milliseconds(250)
            #expect(queue.nextPauseEnd(after: now) == nil)
        }
        #expect(queue.dispatch(now: now).map(\.verifier) == ["a"])
        #expect(queue.fail(job(0), at: "a", because: .unanswered, now: now) == .willRetry)
        queue.setVerifiers(["a", "b"])
        #expect(queue.dispatch(now: now).map(\.verifier) == ["b"])
        #expect(queue.settle(job(0), from: "b") == true)
    }

    /// A verifier that refuses, and so is always idle, must not keep a job from the one that judges such tasks.
    @Test(arguments: [VerificationQueue.Failure.unanswered, .crash])
    func whoRefusesDoesNotStandInTheWay(_ failure: VerificationQueue.Failure) {
        var queue = VerificationQueue(credits: 4, maximumAttempts: 3, maximumCrashes: 3)
        queue.setVerifiers(["a", "b"])
        queue.add(job(0), now: .now)
        var now = ContinuousClock.now
        var asked: [String: Int] = [:]
        for _ in 0..<50 {
            guard let dispatch = queue.dispatch(now: now).first else { break }
            asked[dispatch.verifier, default: 0] += 1
            let failure = dispatch.verifier == "a" ? .notOffered : failure
            if case .exhausted = queue.fail(job(0), at: dispatch.verifier, because: failure, now: now) { break }
            now += .seconds(1)
        }
        #expect(asked == ["a": 3, "b": 3] && queue.pendingCount == 0)
    }

    /// A judge that was killed costs nothing; a response that kills every judge ends.
    @Test func aResponseThatKillsItsJudgesIsUnknown() {
        var queue = VerificationQueue(credits: 4, maximumAttempts: nil, maximumCrashes: 2)
        queue.setVerifiers(["a"])
        queue.add(job(0), now: .now)
        var now = ContinuousClock.now
        func fail(_ failure: VerificationQueue.Failure) -> VerificationQueue.Outcome {
            now += .seconds(1)
            #expect(queue.dispatch(now: now).count == 1)
            return queue.fail(job(0), at: "a", because: failure, now: now)
        }
        for _ in 0..<5 { #expect(fail(.unanswered) == .willRetry) }
        #expect(fail(.crash) == .willRetry)
        #expect(fail(.unanswered) == .willRetry)
        #expect(fail(.crash) == .exhausted(attempts: 8))
    }

    @Test func aLateVerdictOfAFormerVerifierIsNotTaken() {
        var queue = VerificationQueue(credits: 4, maximumAttempts: 3, maximumCrashes: 3)
        queue.setVerifiers(["a", "b"])
        queue.add(job(0), now: .now)
        _ = queue.dispatch(now: .now)
        _ = queue.fail(job(0), at: "a", because: .unanswered, now: .now)
        _ = queue.dispatch(now: .now)
        #expect(queue.settle(job(0), from: "a") == false)
        #expect(queue.settle(job(0), from: "b") == true)
        #expect(queue.settle(job(0), from: "b") == false)
        #expect(queue.fail(job(0), at: "b", because: .unanswered, now: .now) == .notPending)
    }

    @Test func jobsOfADepartedVerifierAreAskedElsewhereWithoutCountingAsAttempts() {
        var queue = VerificationQueue(credits: 1, maximumAttempts: 1, maximumCrashes: 3)
        queue.setVerifiers(["a"])
        queue.add(job(0), now: .now)
        _ = queue.dispatch(now: .now)
        queue.setVerifiers(["b"])
        #expect(queue.dispatch(now: .now) == [.init(job: job(0), verifier: "b")])
    }

    /// A verifier that comes back under its name after a crash: the job goes to the new life, and none of this is an attempt.
    @Test func withdrawnRequestsAreNoAttempts() {
        var queue = VerificationQueue(credits: 1, maximumAttempts: 1, maximumCrashes: 3)
        queue.setVerifiers(["a"])
        queue.add(job(0), now: .now)
        for _ in 0..<5 {
            #expect(queue.dispatch(now: .now) == [.init(job: job(0), verifier: "a")])
            queue.takeBack(job(0), from: "a")
            queue.takeBack(job(0), from: "a")
            queue.setVerifiers(["a"])
        }
        #expect(queue.dispatch(now: .now).count == 1)
        #expect(queue.settle(job(0), from: "a") == true)
    }

    /// An overloaded verifier is left alone for a while; that it was costs nobody an attempt.
    @Test func aPausedVerifierIsNotAskedUntilItsPauseEnds() {
        let start = ContinuousClock.now
        var queue = VerificationQueue(credits: 2, maximumAttempts: 1, maximumCrashes: 3)
        queue.setVerifiers(["a", "b"])
        queue.add(job(0), now: .now)
        for round in 0..<5 {
            let now = start + .seconds(round)
            #expect(queue.dispatch(now: now).map(\.verifier) == ["a"])
            queue.pause("a", until: now + .milliseconds(900), returning: job(0))
            #expect(queue.dispatch(now: now).map(\.verifier) == ["b"])
            queue.pause("b", until: now + .milliseconds(950), returning: job(0))
            #expect(queue.dispatch(now: now + .milliseconds(899)).isEmpty)
            #expect(queue.nextPauseEnd(after: now) == now + .milliseconds(900))
        }
        #expect(queue.pendingCount == 1)
    }

    /// Random events: every job is settled or exhausted exactly once, and credits are never exceeded.
    @Test(arguments: [11, 12, 13] as [UInt64])
    func everyJobEndsOnce(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var queue = VerificationQueue(credits: 3, maximumAttempts: 3, maximumCrashes: 3)
        var open: [VerificationQueue.Dispatch] = []
        var ended: [VerificationJob: Int] = [:]
        for round in 0..<2_000 {
            if round < 500 { queue.add(VerificationJob(leaseID: UInt64(round), sample: 0), now: .now) }
            if random.next() % 10 == 0 || round > 1_900 {
                let names = Set(
                    (0..<4).filter { round > 1_900 || $0 < Int(random.next() % 5) }.map { "verifier-\($0)" })
                queue.setVerifiers(names)
                open.removeAll { !names.contains($0.verifier) }
            }
            open += queue.dispatch(now: .now)
            for (_, dispatches) in Dictionary(grouping: open, by: \.verifier) { #expect(dispatches.count <= 3) }
            if let dispatch = open.popLast() {
                if random.next() % 4 == 0 {
                    if case .exhausted = queue.fail(
                        dispatch.job, at: dispatch.verifier, because: .unanswered, now: .now)
                    {
                        ended[dispatch.job, default: 0] += 1
                    }
                } else if queue.settle(dispatch.job, from: dispatch.verifier) {
                    ended[dispatch.job, default: 0] += 1
                }
            }
        }
        while queue.pendingCount > 0 {
            open += queue.dispatch(now: .now)
            guard let dispatch = open.popLast() else { break }
            if queue.settle(dispatch.job, from: dispatch.verifier) { ended[dispatch.job, default: 0] += 1 }
        }
        #expect(ended.count == 500 && ended.values.allSatisfy { $0 == 1 })
    }
}
