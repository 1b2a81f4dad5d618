import BigInt

extension Fraction {
    /// The number written as `digits`, of which the last `places` stand behind the point.
    init(digits: some Collection<UInt8>, places: Int) throws(MathFailure) {
        guard digits.count <= Limits.digits else { throw .tooLarge }
        if digits.count <= 18 {
            let value = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
            guard places > 0 else {
                self.init(value)
                return
            }
            if places <= 18 {
                try self.init(value, over: (0..<places).reduce(1) { power, _ in power * 10 })
                return
            }
        }
        guard let value = BigInt(String(decoding: Array(digits), as: UTF8.self)) else { throw .syntax }
        try self.init(value, BigInt(10).power(places))
    }
}
