import JSON
import Model
import Reward

extension HeldOutEvaluation.Result {
    /// "27.3 % correct (95 %: 22.2 … 33.1 %)".
    var accuracyText: String {
        guard let estimate else { return "nothing judged" }
        let low = NumberText.fixed(estimate.interval.lowerBound * 100, 1)
        return "\(NumberText.percent(estimate.accuracy)) correct (95 %: \(low) … "
            + "\(NumberText.percent(estimate.interval.upperBound)))"
    }

    /// The counts, in words.
    var countsText: String {
        let reasons = unknown.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) \($0.key.rawValue)" }
        return "\(correct) correct, \(wrong) wrong, \(unknown.values.reduce(0, +)) unknown"
            + (reasons.isEmpty ? "" : " (\(reasons.joined(separator: ", ")))")
            + "; \(truncated) cut at the longest length"
    }

    /// Counts, accuracy and its interval, without anything that depends on timing.
    var json: JSONObject {
        var object = JSONObject()
        object.append("responses", .integer(responses))
        object.append("correct", .integer(correct))
        object.append("wrong", .integer(wrong))
        var reasons = JSONObject()
        for (reason, count) in unknown.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            reasons.append(reason.rawValue, .integer(count))
        }
        object.append("unknown", .object(reasons))
        object.append("truncated", .integer(truncated))
        object.append("accuracy", estimate.map { .number($0.accuracy) } ?? .null)
        object.append(
            "confidence_interval_95",
            estimate.map { .array([.number($0.interval.lowerBound), .number($0.interval.upperBound)]) } ?? .null)
        object.append("generated_tokens", .integer(generatedTokens))
        return object
    }
}
