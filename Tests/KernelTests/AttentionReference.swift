/// Causal grouped-query attention in double precision on packed rows: the plain definition.
///
/// Key p of query row i of a segment is row `prefixBegin + p` for p < prefixLength, else `begin + p − prefixLength`; query i
/// sees prefixLength + i + 1 keys. Arrays are [rows][heads·headDimension] and [rows][keyValueHeads·headDimension].
struct AttentionReference {
    let heads, keyValueHeads, headDimension: Int
    let scale: Double

    struct Segment {
        let begin, count, prefixBegin, prefixLength: Int

        func row(ofKey key: Int) -> Int { key < prefixLength ? prefixBegin + key : begin + key - prefixLength }
    }

    func probabilities(_ q: [Double], _ k: [Double], _ segment: Segment, query: Int, head: Int) -> (
        [Double], logSumExp: Double
    ) {
        let keyValueHead = head / (heads / keyValueHeads)
        let scores = (0..<segment.prefixLength + query + 1).map { key in
            var sum = 0.0
            for i in 0..<headDimension {
                sum +=
                    q[((segment.begin + query) * heads + head) * headDimension + i]
                    * k[(segment.row(ofKey: key) * keyValueHeads + keyValueHead) * headDimension + i]
            }
            return sum * scale
        }
        let largest = scores.max() ?? 0
        let exponentials = scores.map { exponential($0 - largest) }
        let sum = exponentials.reduce(0, +)
        return (exponentials.map { $0 / sum }, largest + logarithm(sum))
    }

    func forward(_ q: [Double], _ k: [Double], _ v: [Double], _ segments: [Segment]) -> (
        out: [Double], logSumExp: [Double]
    ) {
        var out = [Double](repeating: 0, count: q.count)
        var logSumExp = [Double](repeating: 0, count: q.count / headDimension)
        for segment in segments {
            for query in 0..<segment.count {
                for head in 0..<heads {
                    let (weights, sum) = probabilities(q, k, segment, query: query, head: head)
                    let target = (segment.begin + query) * heads + head
                    logSumExp[target] = sum
                    for (key, weight) in weights.enumerated() {
                        let source = segment.row(ofKey: key) * keyValueHeads + head / (heads / keyValueHeads)
                        for i in 0..<headDimension {
                            out[target * headDimension + i] += weight * v[source * headDimension + i]
                        }
                    }
                }
            }
        }
        return (out, logSumExp)
    }

    /// Analytic gradients; itself checked against central differences of `forward`.
    func backward(_ q: [Double], _ k: [Double], _ v: [Double], _ dout: [Double], _ segments: [Segment]) -> (
        dq: [Double], dk: [Double], dv: [Double]
    ) {
        var dq = [Double](repeating: 0, count: q.count)
        var dk = [Double](repeating: 0, count: k.count)
        var dv = dk
        for segment in segments {
            for query in 0..<segment.count {
                for head in 0..<heads {
                    let (weights, _) = probabilities(q, k, segment, query: query, head: head)
                    let row = ((segment.begin + query) * heads + head) * headDimension
                    let sources = weights.indices.map {
                        (segment.row(ofKey: $0) * keyValueHeads + head / (heads / keyValueHeads)) * headDimension
                    }
                    let dweights = sources.map { source in
                        (0..<headDimension).reduce(0.0) { $0 + dout[row + $1] * v[source + $1] }
                    }
                    let mean = zip(weights, dweights).reduce(0) { $0 + $1.0 * $1.1 }
                    for key in weights.indices {
                        let dscore = weights[key] * (dweights[key] - mean) * scale
                        for i in 0..<headDimension {
                            dq[row + i] += dscore * k[sources[key] + i]
                            dk[sources[key] + i] += dscore * q[row + i]
                            dv[sources[key] + i] += weights[key] * dout[row + i]
                        }
                    }
                }
            }
        }
        return (dq, dk, dv)
    }
}
