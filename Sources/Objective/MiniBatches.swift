/// Splits a batch's groups into the mini-batches of its optimizer steps.
package enum MiniBatches {
    /// Deals groups 0 ..< `groups` out to `count` mini-batches in turn, so that neighbours in age and length are spread.
    ///
    /// Groups stay whole, every group is in exactly one mini-batch, sizes differ by at most one, and the result depends
    /// on nothing but the arguments. With fewer groups than mini-batches there are only as many mini-batches as groups.
    package static func split(groups: Int, into count: Int) -> [[Int]] {
        precondition(groups >= 0 && count > 0, "cannot split \(groups) groups into \(count) mini-batches")
        let used = min(groups, count)
        return (0..<used).map { first in Array(stride(from: first, to: groups, by: used)) }
    }
}
