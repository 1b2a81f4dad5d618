import Model
import Objective

/// Finds the groups that made an update not finite.
///
/// Role: diagnosis after a refusal; costs at most the update once more. Owner: `PolicyTrainer`. It relies on rows not
/// depending on their batch: a group computed alone gives the bits that it gave among others.
struct CulpritSearch {
    let pass: PolicyPass
    let policy: LoadedPolicy
    let optimizer: AdamW
    let temperature: Float
    let learningRate: Float

    /// First what can be seen: numbers of each token. If they are all finite, each group whose gradient alone the optimizer
    /// would refuse, unless it would refuse none at all as well.
    func groups(of parts: [EvaluatedBatch]) throws -> [UpdateRefusal.Group] {
        let visible = parts.flatMap(inspect)
        guard visible.isEmpty else { return visible }
        let gradient = ParameterArena(layout: policy.layout)
        guard optimizer.refusal(of: gradient, learningRate: learningRate) == nil else { return [] }
        var culprits: [UpdateRefusal.Group] = []
        for part in parts {
            for slice in part.slices {
                gradient.zero()
                try differentiate(slice, of: part, into: gradient)
                if let refusal = optimizer.refusal(of: gradient, learningRate: learningRate) {
                    culprits.append(UpdateRefusal.Group(slice.group, what: ["its gradient alone: \(refusal)"]))
                }
            }
        }
        return culprits
    }

    private func inspect(_ part: EvaluatedBatch) -> [UpdateRefusal.Group] {
        part.slices.compactMap { slice in
            let batch = part.batch
            let perToken: [(String, [Float])] = [
                ("log π_θ", batch.logProbabilities), ("log π_old", batch.oldLogProbabilities),
                ("log μ", batch.samplerLogProbabilities), ("weight", batch.weights),
                ("∂loss/∂log π_θ", part.derivatives.logProbabilities),
            ]
            var what = perToken.filter { name, values in
                !values.isEmpty && values[slice.tokens].contains { !$0.isFinite }
            }.map(\.0)
            if batch.advantages[slice.sequences].contains(where: { !$0.isFinite }) { what.append("advantage") }
            return what.isEmpty ? nil : UpdateRefusal.Group(slice.group, what: what)
        }
    }

    private func differentiate(
        _ slice: EvaluatedBatch.Slice, of part: EvaluatedBatch, into gradient: ParameterArena
    ) throws {
        let batch = PackedBatch.groups([(prompt: slice.group.prompt, responses: slice.group.responses.map(\.tokens))])
        _ = try pass.forward(
            policy, batch, replay: part.replay?.rows(slice.rows), keepActivations: true, temperature: temperature)
        let derivatives = part.derivatives
        _ = try pass.backward(
            policy,
            LossDerivatives(
                logProbabilities: Array(derivatives.logProbabilities[slice.tokens]),
                entropies: derivatives.entropies.isEmpty ? [] : Array(derivatives.entropies[slice.tokens]),
                expertProbabilities: derivatives.expertProbabilities), into: gradient)
    }
}

extension EvaluatedBatch {
    /// Where a group lies in its micro-batch.
    struct Slice {
        let group: Experience
        let sequences: Range<Int>
        let tokens: Range<Int>
        let rows: Range<Int>
    }

    var slices: [Slice] {
        var (sequence, row) = (0, 0)
        return micro.groups.map { group in
            let sequences = sequence..<sequence + group.responses.count
            let rows = row..<row + group.rows
            (sequence, row) = (sequences.upperBound, rows.upperBound)
            let tokens = micro.offsets[sequences.lowerBound]..<micro.offsets[sequences.upperBound]
            return Slice(group: group, sequences: sequences, tokens: tokens, rows: rows)
        }
    }
}

extension UpdateRefusal.Group {
    init(_ group: Experience, what: [String]) {
        self.init(groupID: group.groupID, promptIndex: group.promptIndex, what: what)
    }
}
