/// Accepts a number written in another base. Kind "base-conversion".
///
/// Payload: `{"digits": "ff", "from": 16, "to": 2}` and the keys of `AnswerRule`; bases 2…36, values below 2¹²⁷. The answer is
/// the number's digits in base `to`, in either case, with leading zeros or the base's prefix (0b, 0o, 0x) or not.
package struct BaseConversionVerifier: Verifier {
    package static let kind = "base-conversion"
    package var kind: String { Self.kind }

    private static let maximumDigits = 128

    package init() {}

    package func verify(response: String, task: VerificationTask) -> Verdict {
        guard var reader = PayloadReader(task.payload), let rule = AnswerRule(&reader),
            let digits = reader.string("digits"), let from = reader.integer("from"), let to = reader.integer("to"),
            reader.isExhausted, (2...36).contains(from), (2...36).contains(to), !digits.isEmpty,
            digits.utf8.allSatisfy({ Self.digit($0, base: from) != nil })
        else { return .unknown(.malformedTask) }
        guard let value = Self.value(Array(digits.utf8)[...], base: from) else { return .unknown(.unsupported) }
        guard let answer = rule.answer(in: response) else { return .wrong(score: 0) }
        return Self.value(Self.withoutPrefix(answer, base: to), base: to) == value
            ? .correct(score: 1) : .wrong(score: 0)
    }

    private static func digit(_ byte: UInt8, base: Int) -> Int? {
        guard byte < 0x80,
            let value = Character(UnicodeScalar(byte)).isLetter || (0x30...0x39).contains(byte)
                ? Int(String(UnicodeScalar(byte)), radix: 36) : nil
        else { return nil }
        return value < base ? value : nil
    }

    private static func value(_ digits: ArraySlice<UInt8>, base: Int) -> Int128? {
        guard (1...maximumDigits).contains(digits.count) else { return nil }
        var value: Int128 = 0
        for byte in digits {
            guard let digit = digit(byte, base: base) else { return nil }
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: Int128(base))
            let (sum, overflow) = product.addingReportingOverflow(Int128(digit))
            guard !isTooLarge, !overflow else { return nil }
            value = sum
        }
        return value
    }

    private static func withoutPrefix(_ answer: ArraySlice<UInt8>, base: Int) -> ArraySlice<UInt8> {
        guard let letter = [2: "b", 8: "o", 16: "x"][base], answer.count > 2 else { return answer }
        let prefix = answer.prefix(2).map { $0 | 0x20 }
        return prefix == Array("0\(letter)".utf8) ? answer.dropFirst(2) : answer
    }
}
