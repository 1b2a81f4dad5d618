/// How often two passes sent a token to different experts.
///
/// A choice is one of the top-k experts of one row in one layer. It agrees if the other pass chose the same expert for
/// that row and layer in any of its k places. Rows unrecorded on either side (−1) are left out.
package struct ExpertDisagreement: Sendable, Equatable {
    /// `[layers]` choices compared.
    package private(set) var compared: [Int]
    /// `[layers]` choices that the other pass did not make.
    package private(set) var differing: [Int]

    /// - Parameters:
    ///   - left: `[rows × layers × topK]` expert ids, row-major, −1 where not recorded.
    ///   - right: same shape.
    package init(_ left: [Int16], _ right: [Int16], layers: Int, topK: Int) {
        precondition(left.count == right.count, "\(left.count) and \(right.count) expert ids cannot be compared")
        precondition(layers > 0 && topK > 0 && left.count % (layers * topK) == 0, "ids do not fill whole rows")
        compared = Array(repeating: 0, count: layers)
        differing = Array(repeating: 0, count: layers)
        for start in stride(from: 0, to: left.count, by: topK) {
            let layer = start / topK % layers
            let mine = left[start..<start + topK]
            let theirs = right[start..<start + topK]
            guard !mine.contains(-1), !theirs.contains(-1) else { continue }
            compared[layer] += topK
            differing[layer] += mine.count { !theirs.contains($0) }
        }
    }

    /// Share of all choices that differ, in [0, 1]; 0 if none was compared.
    package var fraction: Double {
        let total = compared.reduce(0, +)
        return total == 0 ? 0 : Double(differing.reduce(0, +)) / Double(total)
    }

    /// Share of differing choices in each layer.
    package var fractionByLayer: [Double] {
        zip(differing, compared).map { $1 == 0 ? 0 : Double($0) / Double($1) }
    }

    package static func += (left: inout ExpertDisagreement, right: ExpertDisagreement) {
        precondition(left.compared.count == right.compared.count, "different numbers of layers")
        for layer in left.compared.indices {
            left.compared[layer] += right.compared[layer]
            left.differing[layer] += right.differing[layer]
        }
    }
}
