import Foundation

/// A response as `groups.responses` holds it: all but its tokens, log-probabilities and text.
struct ResponseLineage: Codable {
    let sample: UInt32
    let tokens: Int
    /// [[version, count], …]
    let spans: [[UInt64]]
    /// Tokens that were put there and not sampled, [[index, count], …]; absent without any.
    let forced: [[Int]]?
    let finish: String
    let verdict: String
    let score: Double?
    let reason: String?
    let detail: String?
    let verifier: String?

    /// The document of a group's responses.
    static func text(of responses: [StoredResponse]) -> String {
        var json = JSONText()
        json.list(responses) { json, response in
            let verdict = response.verdict
            json.raw("{\"sample\":")
            json.number(response.sample)
            json.raw(",\"tokens\":")
            json.number(response.tokens.count)
            json.raw(",\"spans\":")
            json.list(response.spans) { json, span in
                json.raw("[")
                json.number(span.version)
                json.raw(",")
                json.number(span.count)
                json.raw("]")
            }
            if !response.forced.isEmpty {
                json.raw(",\"forced\":")
                json.list(response.forced) { json, range in
                    json.raw("[")
                    json.number(range.lowerBound)
                    json.raw(",")
                    json.number(range.count)
                    json.raw("]")
                }
            }
            json.raw(",\"finish\":")
            json.string(response.finish)
            json.raw(",\"verdict\":")
            json.string(verdict.judgement)
            json.raw(",\"score\":")
            json.number(verdict.score)
            json.raw(",\"reason\":")
            json.string(verdict.reason)
            json.raw(",\"detail\":")
            json.string(verdict.detail.isEmpty ? nil : verdict.detail)
            json.raw(",\"verifier\":")
            json.string(verdict.verifier.isEmpty ? nil : verdict.verifier)
            json.raw("}")
        }
        return json.text
    }

    /// Nil if the document is not of this form.
    static func read(_ text: String?) -> [ResponseLineage]? {
        // What cannot be decoded is damage, which the caller names.
        try? JSONDecoder().decode([ResponseLineage].self, from: Data((text ?? "").utf8))
    }

    /// Nil if a span is not a pair.
    var storedSpans: [StoredResponse.Span]? {
        guard spans.allSatisfy({ $0.count == 2 }) else { return nil }
        return spans.map { StoredResponse.Span(version: $0[0], count: Int(clamping: $0[1])) }
    }

    /// Nil unless the ranges ascend, are disjoint, and lie within the response.
    var storedForced: [Range<Int>]? {
        var ranges: [Range<Int>] = []
        for pair in forced ?? [] {
            guard pair.count == 2, pair[0] >= ranges.last?.upperBound ?? 0, pair[0] <= tokens,
                (0...tokens - pair[0]).contains(pair[1])
            else { return nil }
            ranges.append(pair[0]..<pair[0] + pair[1])
        }
        return ranges
    }

    var storedVerdict: StoredVerdict {
        StoredVerdict(
            judgement: verdict, score: score, reason: reason, detail: detail ?? "", verifier: verifier ?? "")
    }
}

/// A response's outcome as `steps.outcomes` holds it: [group, sample, staleness, advantage, ratio, divergence, clipped].
enum OutcomeLineage {
    static func text(of outcomes: [ResponseOutcome]) -> String {
        var json = JSONText()
        json.list(outcomes) { json, outcome in
            json.raw("[")
            json.number(outcome.groupID)
            json.raw(",")
            json.number(outcome.sample)
            json.raw(",")
            json.number(outcome.staleness)
            for value in [outcome.advantage, outcome.ratio, outcome.divergence, outcome.clippedFraction] {
                json.raw(",")
                json.number(value)
            }
            json.raw("]")
        }
        return json.text
    }
}
