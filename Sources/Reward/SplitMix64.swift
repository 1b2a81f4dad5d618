/// A counter-based random generator (Steele, Lea, Flood 2014): the k-th number is a hash of the key plus k.
///
/// Its own integer sampling, not the standard library's, so that a task keeps its problems across Swift versions.
package struct SplitMix64: Sendable {
    private var state: UInt64

    /// A stream of its own for every list of keys.
    package init(keys: UInt64...) { self.init(key: keys) }

    package init(key: [UInt64]) {
        state = key.reduce(0x9E37_79B9_7F4A_7C15) { Self.mix($0 ^ Self.mix($1 &+ 0x9E37_79B9_7F4A_7C15)) }
    }

    /// The finaliser: a bijection of 64-bit words in which every input bit flips half of the output bits.
    static func mix(_ word: UInt64) -> UInt64 {
        var mixed = word
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// A whole number in 0 ..< `bound`, without bias; `bound` > 0.
    package mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "nothing to choose from")
        let limit = UInt64(bound)
        let rejected = (0 &- limit) % limit
        while true {
            let product = next().multipliedFullWidth(by: limit)
            if product.low >= rejected { return Int(product.high) }
        }
    }

    package mutating func element(of range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    package mutating func element<Element>(of elements: [Element]) -> Element {
        elements[below(elements.count)]
    }

    /// A number in [0, 1) with 53 random bits.
    package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }
}
