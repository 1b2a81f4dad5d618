/// Bounds on what is read and computed. An answer beyond them is no answer; a comparison beyond them is not decided.
enum Limits {
    /// Longest answer parsed, in bytes. The response around it may be of any length.
    static let answerBytes = 4_096
    /// Deepest nesting of brackets, arguments and exponents in an answer.
    static let depth = 48
    /// Longest way from the root of an answer's tree to a leaf.
    static let height = 128
    /// Most nodes in the tree of an answer.
    static let nodes = 1_024
    /// Most digits in one number of an answer.
    static let digits = 1_000
    /// Most bits in a numerator or denominator computed on the way.
    static let bits = 8_192
    /// Most terms in a polynomial computed on the way.
    static let terms = 512
    /// Largest whole exponent to which a sum is multiplied out.
    static let expandedExponent = 16
    /// Largest argument of a factorial that is computed exactly.
    static let factorial = 500
    /// Largest prime searched for when a root is taken out of a whole number.
    static let trialDivisor = 4_096
    /// Most elements in a list, tuple or set.
    static let elements = 256
}
