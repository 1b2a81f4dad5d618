import Reward
import Testing

@Suite struct SplitMix64Tests {
    @Test func choicesAreUniformAndKeyed() {
        var random = SplitMix64(keys: 1, 2)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[random.below(7)] += 1 }
        #expect(counts.allSatisfy { abs($0 - 10_000) < 400 })
        var streams: Set<UInt64> = []
        for key in 0..<100 as Range<UInt64> {
            for other in 0..<100 as Range<UInt64> {
                var stream = SplitMix64(keys: key, other)
                streams.insert(stream.next())
            }
        }
        #expect(streams.count == 10_000)
    }

    @Test func uniformStaysBelowOne() {
        var random = SplitMix64(keys: 0)
        let values = (0..<10_000).map { _ in random.uniform() }
        #expect(values.allSatisfy { (0..<1).contains($0) })
        #expect(abs(values.reduce(0, +) / 10_000 - 0.5) < 0.02)
    }
}
