/// Accepts a number close enough to the right one. Kind "numeric".
///
/// Payload: `{"answer": 3.14, "tolerance": 0.01, "relative": 0.001}` and the keys of `AnswerRule`; `answer` may be a string.
/// Right is |given − answer| ≤ max(tolerance, relative · |answer|), decided in exact decimal arithmetic; both default to 0.
/// The answer must be one number (see `DecimalNumber`) and nothing else.
package struct NumericVerifier: Verifier {
    package static let kind = "numeric"
    package var kind: String { Self.kind }

    package init() {}

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard var reader = PayloadReader(task.payload), let rule = AnswerRule(&reader),
            let gold = reader.decimal("answer")
        else { return .unknown(.malformedTask) }
        let tolerance = reader.decimal("tolerance") ?? .number(.zero)
        let relative = reader.decimal("relative") ?? .number(.zero)
        guard reader.isExhausted else { return .unknown(.malformedTask) }
        do throws(NumericMargin.Refusal) {
            let margin = try NumericMargin(around: gold, tolerance: tolerance, relative: relative)
            guard let answer = rule.answer(in: response), case .number(let given) = DecimalNumber.read(answer) else {
                return .wrong(score: 0)
            }
            return margin.contains(given) ? .correct(score: 1) : .wrong(score: 0)
        } catch {
            return .unknown(error.reason)
        }
    }
}

/// The numbers that count as right: those within `allowed` of `gold`, both in units of 10⁻¹⁸.
private struct NumericMargin {
    struct Refusal: Error { let reason: UnknownReason }

    private let gold: Int128
    private let allowed: UInt128

    /// Bounds below 0 and a relative one above 1 are mistakes; what cannot be held exactly is beyond the limits.
    init(
        around gold: DecimalNumber.Reading, tolerance: DecimalNumber.Reading, relative: DecimalNumber.Reading
    ) throws(Refusal) {
        self.gold = try Self.exact(gold)
        let absolute = try Self.exact(tolerance)
        let share = try Self.exact(relative)
        guard absolute >= 0, (0...DecimalNumber.unit).contains(share) else { throw Refusal(reason: .malformedTask) }
        let product = self.gold.magnitude.multipliedFullWidth(by: share.magnitude)
        // The quotient is at most |gold|, since the share is at most 1.
        allowed = max(absolute.magnitude, DecimalNumber.unit.magnitude.dividingFullWidth(product).quotient)
    }

    private static func exact(_ reading: DecimalNumber.Reading) throws(Refusal) -> Int128 {
        switch reading {
        case .notANumber: throw Refusal(reason: .malformedTask)
        case .number(let number) where number.isExact: return number.scaled
        case .tooLarge, .number: throw Refusal(reason: .unsupported)
        }
    }

    /// Whether the number lies within, wherever in its interval it is.
    func contains(_ number: DecimalNumber) -> Bool {
        let interval = number.interval
        return (interval.lowerBound - gold).magnitude <= allowed && (interval.upperBound - gold).magnitude <= allowed
    }
}
