/// How the choices of a mixture of experts fall on its experts, layer by layer; and the loss that evens them out.
///
/// Load-balancing loss as in the Switch Transformer (arXiv 2101.03961, eqs. 4 to 6), for top-k:
///
///     loss += c · 1/L Σ_l E Σ_e f_{l,e} P_{l,e}
///
/// L sparse layers, E experts; f the share of the choices that fell on an expert (a constant of the gradient), P the mean
/// of its router probability over the rows, both over all rows of the mini-batch. It is c when all experts are used
/// equally. Hugging Face's Qwen models use k times this, and multiply after averaging f and P over the layers.
package struct ExpertLoad: Sendable, Equatable {
    /// `[layers][experts]` choices of each expert.
    package private(set) var choices: [[Int]]
    private var rows = 0

    /// - Parameter ids: `[rows × layers × topK]` expert ids in use, none missing.
    package init(_ ids: [Int16], layers: Int, topK: Int, experts: Int) {
        precondition(layers > 0 && topK > 0 && ids.count % (layers * topK) == 0, "ids do not fill whole rows")
        choices = Array(repeating: Array(repeating: 0, count: experts), count: layers)
        rows = ids.count / (layers * topK)
        for (index, id) in ids.enumerated() { choices[index / topK % layers][Int(id)] += 1 }
    }

    /// f: `[layers][experts]` shares of the choices, adding up to 1 in each layer.
    package var shares: [[Double]] {
        choices.map { layer in
            let total = layer.reduce(0, +)
            return layer.map { total == 0 ? 0 : Double($0) / Double(total) }
        }
    }

    /// Largest share of any expert in units of the even share, 1 when balanced; E when one takes all.
    package var maximum: Double {
        shares.map { ($0.max() ?? 0) * Double($0.count) }.max() ?? 0
    }

    /// `[layers][experts]` ∂loss/∂p of a router probability of any row.
    package func balanceDerivatives(coefficient: Double) -> [[Float]] {
        shares.map { layer in
            layer.map { Float(coefficient * Double(layer.count) * $0 / Double(rows * choices.count)) }
        }
    }

    package static func += (left: inout ExpertLoad, right: ExpertLoad) {
        precondition(left.choices.count == right.choices.count, "different numbers of layers")
        for layer in left.choices.indices {
            for expert in left.choices[layer].indices { left.choices[layer][expert] += right.choices[layer][expert] }
        }
        left.rows += right.rows
    }
}
