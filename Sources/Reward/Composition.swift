/// A verdict made of others: gates that must be passed, and a weighted sum of scores. Kind "composite".
///
/// Payload: `{"parts": [{"kind": "math", "payload": {…}, "weight": 0.9}, {"kind": "format", "payload": {}, "gate": true}],
/// "gate_score": 0}`. 1…16 parts, none of them composite; `weight` defaults to 1, for a gate to 0.
///
/// - Gates come first. One that is not correct makes the verdict wrong with `gate_score` (default 0), and nothing else counts.
/// - Else the score is Σ weight · score over all parts with a weight. The verdict is correct if the first part that is not a
///   gate (if all are: every gate) is correct; a wrong one may still score, which is the use of format rewards.
/// - A part that cannot be judged and matters makes the verdict unknown with its reason: a sum without it would be another
///   reward.
struct Composition {
    static let kind = "composite"

    private static let maximumParts = 16
    private static let maximumWeight = 1000.0

    private struct Part {
        let task: VerificationTask
        let weight: Double
        let isGate: Bool
    }

    private let parts: [Part]
    private let gateScore: Double

    /// nil if the payload is not what is described above.
    init?(_ payload: [UInt8]) {
        guard var reader = PayloadReader(payload), let values = reader.array("parts"),
            (1...Self.maximumParts).contains(values.count)
        else { return nil }
        gateScore = reader.double("gate_score") ?? 0
        let parts = values.compactMap(Self.part)
        guard reader.isExhausted, parts.count == values.count, Self.isWeight(gateScore) else { return nil }
        self.parts = parts
    }

    private static func part(_ value: PayloadValue) -> Part? {
        guard let members = value.object else { return nil }
        var reader = PayloadReader(members)
        let isGate = reader.boolean("gate")
        let weight = reader.double("weight") ?? (isGate ? 0 : 1)
        guard let name = reader.string("kind"), name != kind, isWeight(weight) else { return nil }
        let payload = reader.value("payload") ?? .object([:])
        guard reader.isExhausted, payload.object != nil else { return nil }
        return Part(task: VerificationTask(kind: name, payload: payload.json), weight: weight, isGate: isGate)
    }

    private static func isWeight(_ value: Double) -> Bool { abs(value) <= maximumWeight }

    /// The parts' tasks in their order.
    var tasks: [VerificationTask] { parts.map(\.task) }

    /// The verdict on a response, `judge` giving those of the parts.
    func verdict(_ judge: (VerificationTask) -> Verdict) -> Verdict {
        var score = 0.0
        for part in parts where part.isGate {
            let verdict = judge(part.task)
            guard case .correct(let partScore) = verdict else {
                if case .unknown = verdict { return verdict }
                return .wrong(score: gateScore)
            }
            score += part.weight * partScore
        }
        var isCorrect: Bool?
        for part in parts where !part.isGate {
            let verdict = judge(part.task)
            guard let partScore = verdict.score else {
                if part.weight != 0 || isCorrect == nil { return verdict }
                continue
            }
            if isCorrect == nil { if case .correct = verdict { isCorrect = true } else { isCorrect = false } }
            score += part.weight * partScore
        }
        return isCorrect ?? true ? .correct(score: score) : .wrong(score: score)
    }
}
