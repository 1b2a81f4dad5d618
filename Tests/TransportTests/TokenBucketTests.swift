import Testing
import Transport

/// How often a peer may send.
@Suite struct TokenBucketTests {
    @Test func aBurstPassesAndThenTheRate() {
        let start = ContinuousClock.now
        var bucket = TokenBucket(rate: 10, burst: 5, now: start)
        let taken = (0..<8).map { _ in bucket.take(now: start) }
        #expect(taken == [true, true, true, true, true, false, false, false])
        // A tenth of a second is one token.
        let next = [100, 100, 150].map { bucket.take(now: start + .milliseconds($0)) }
        #expect(next == [true, false, false])
    }

    @Test func anIdlePeerSavesNoMoreThanABurst() {
        let start = ContinuousClock.now
        var bucket = TokenBucket(rate: 10, burst: 5, now: start)
        let later = start + .seconds(3600)
        let taken = (0..<6).map { _ in bucket.take(now: later) }
        #expect(taken == [true, true, true, true, true, false])
    }

    @Test func aClockThatStandsOrGoesBackGivesNothing() {
        let start = ContinuousClock.now
        var bucket = TokenBucket(rate: 1_000, burst: 1, now: start)
        let taken = [0, -10, 0].map { bucket.take(now: start + .seconds($0)) }
        #expect(taken == [true, false, false])
    }

    @Test(arguments: 1...20) func noMoreThanBurstAndRateEver(seed: UInt64) {
        var random = SplitMix(state: seed)
        let start = ContinuousClock.now
        let rate = Int.random(in: 1...1000, using: &random), burst = Int.random(in: 1...100, using: &random)
        var bucket = TokenBucket(rate: rate, burst: burst, now: start)
        var elapsed = 0, passed = 0
        for _ in 0..<2_000 {
            elapsed += Int.random(in: 0...3, using: &random)
            if bucket.take(now: start + .milliseconds(elapsed)) { passed += 1 }
            #expect(Double(passed) <= Double(burst) + Double(rate) * Double(elapsed) / 1000 + 1e-6)
        }
    }
}
