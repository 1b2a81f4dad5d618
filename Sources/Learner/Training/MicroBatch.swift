import Model
import Objective
import Wire

/// Whole groups that go through the policy in one pass, laid out flat.
///
/// Token order everywhere: groups in order, responses in order, tokens in order; it is the order of the packed batch's
/// predictions. Owner: one optimizer step.
struct MicroBatch {
    let groups: [Experience]
    let batch: PackedBatch
    /// Rollout routes of all rows, −1 in rows of groups that came without; nil for a dense model.
    let rolloutRoutes: RoutingTable?
    /// `[sequences + 1]` into the token arrays.
    let offsets: [Int]
    /// `[tokens]` log μ.
    let samplerLogProbabilities: [Float]
    /// `[tokens]` whether the token is trained: one that the policy sampled, in a response with a verdict.
    let mask: [Bool]
    /// `[sequences]`
    let advantages: [Float]
    /// `[sequences]`, 0 where unknown (never read there).
    let rewards: [Double]
    /// `[sequences]` group and number of each response.
    let names: [(groupID: UInt64, sample: UInt32)]
    /// `[sequences]` versions between the oldest token and the consuming version.
    let staleness: [Int]
    private let version: UInt64

    init(
        _ groups: [Experience], advantages: [GroupAdvantages], version: UInt64, configuration: ModelConfiguration
    ) {
        self.groups = groups
        self.version = version
        batch = .groups(groups.map { (prompt: $0.prompt, responses: $0.responses.map(\.tokens)) })
        rolloutRoutes = configuration.experts.map { experts in
            let layers = configuration.sparseLayers.count
            return RoutingTable(
                concatenating: groups.map {
                    $0.routes ?? RoutingTable(rows: $0.rows, layers: layers, topK: experts.topK)
                })
        }
        let responses = groups.flatMap(\.responses)
        offsets = responses.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.tokens.count) }
        samplerLogProbabilities = responses.flatMap(\.logProbabilities)
        self.advantages = advantages.flatMap(\.advantages)
        let trained = advantages.flatMap(\.trained)
        mask = zip(responses, trained).flatMap { response, isTrained in response.sampled.map { $0 && isTrained } }
        rewards = responses.map { $0.reward ?? 0 }
        names = groups.flatMap { group in group.responses.map { (group.groupID, $0.sample) } }
        staleness = responses.map { Int(version - min(version, $0.oldestVersion)) }
    }

    /// `[tokens]` versions between the one that sampled the token and the consuming version.
    var tokenStaleness: [Int] {
        groups.flatMap(\.responses).flatMap(\.spans).flatMap { span in
            Array(repeating: Int(version - min(version, span.version)), count: Int(span.count))
        }
    }

    var tokenCount: Int { samplerLogProbabilities.count }

    /// Trained sequences and tokens, the denominators' share of this part.
    var totals: StepTotals {
        var totals = StepTotals(sequences: 0, tokens: 0)
        for sequence in advantages.indices {
            let trained = mask[offsets[sequence]..<offsets[sequence + 1]].count { $0 }
            totals.sequences += trained > 0 ? 1 : 0
            totals.tokens += trained
        }
        return totals
    }

    /// What the objective sees, given the log-probabilities of π_θ and π_old.
    func objectiveBatch(logProbabilities: [Float], oldLogProbabilities: [Float]) -> ObjectiveBatch {
        ObjectiveBatch(
            offsets: offsets, logProbabilities: logProbabilities, oldLogProbabilities: oldLogProbabilities,
            samplerLogProbabilities: samplerLogProbabilities, mask: mask, advantages: advantages, staleness: staleness)
    }

    /// Cuts groups, in order, into runs of at most `maximumRows` rows; a larger group is alone.
    static func cut(_ groups: [Int], rows: (Int) -> Int, maximumRows: Int) -> [[Int]] {
        var parts: [[Int]] = []
        var filled = 0
        for group in groups {
            if parts.isEmpty || filled + rows(group) > maximumRows {
                parts.append([])
                filled = 0
            }
            parts[parts.count - 1].append(group)
            filled += rows(group)
        }
        return parts
    }
}
