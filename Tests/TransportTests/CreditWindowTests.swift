import Testing
import Transport

@Suite struct CreditWindowTests {
    /// Against a list of what is outstanding, over random requests and answers.
    @Test(arguments: 0..<50)
    func neverMoreThanTheWindowAndNeverStuck(seed: UInt64) {
        var random = SplitMix(state: seed)
        let items = Int.random(in: 1...8, using: &random), bytes = Int.random(in: 1...1000, using: &random)
        var window = CreditWindow(items: items, bytes: bytes)
        var outstanding: [Int] = []
        for _ in 0..<2000 {
            if Bool.random(using: &random) {
                let size = Int.random(in: 0...(bytes * 3 / 2), using: &random)
                let fits = outstanding.isEmpty || (outstanding.count < items && outstanding.reduce(size, +) <= bytes)
                #expect(window.admits(bytes: size) == fits)
                #expect(window.take(bytes: size) == fits)
                if fits { outstanding.append(size) }
            } else if let index = outstanding.indices.randomElement(using: &random) {
                window.give(bytes: outstanding.remove(at: index))
            }
            #expect(window.outstandingItems == outstanding.count && window.outstandingBytes == outstanding.reduce(0, +))
            #expect(window.isIdle == outstanding.isEmpty)
            #expect(outstanding.count <= items && (outstanding.count == 1 || outstanding.reduce(0, +) <= bytes))
        }
    }
}
