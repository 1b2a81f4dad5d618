/// How generation and training overlap, as the ledger keeps it.
package enum Schedule: Sendable, Equatable {
    /// Any version within the staleness bound generates; batches take what has arrived. At most `outstandingGroups` are in
    /// flight or buffered, which bounds staleness before a batch is even formed.
    case bounded(maximumStaleness: UInt64, outstandingGroups: Int)
    /// Batch b is generated wholly by version b − `lag`, or by version 0 while there is none, and consumed by version b. Which
    /// groups it holds is a function of the groups alone, whatever the timing.
    case lockstep(lag: UInt64)

    /// Whether a group counts as failed when what came of it could not be taken, for whatever reason. In lockstep only what
    /// follows from the group itself may decide its fate, such as a prompt too long for the model; damage on the way does not.
    package var countsRefusals: Bool {
        switch self {
        case .bounded: true
        case .lockstep: false
        }
    }

    /// Lockstep: the version that generates all of a batch.
    func generator(of batch: UInt64) -> UInt64 { batch - min(batch, staleness) }

    /// Most versions between the oldest token of a group and the version that consumes it.
    package var staleness: UInt64 {
        switch self {
        case .bounded(let maximum, _): maximum
        case .lockstep(let lag): lag
        }
    }
}

/// The groups of one batch of a lockstep schedule.
///
/// A batch needs `groups` usable groups, its *candidates*. The first are numbered 0 to `groups` − 1; each candidate that
/// proves unusable is replaced by the next number. So the candidates issued in the end are the fewest among which there are
/// `groups` usable ones, in whichever order they came back.
struct LockstepBatch: Sendable, Equatable {
    var issued: UInt64 = 0
    var unusable: UInt64 = 0

    /// Candidates to issue yet.
    func missing(of groups: Int) -> Bool { issued < UInt64(groups) + unusable }

    /// The group that candidate `candidate` of batch `batch` is; also the index of its prompt. The first candidates of all
    /// batches are numbered through; replacements have numbers of their own, far above.
    static func group(batch: UInt64, candidate: UInt64, groups: Int) -> UInt64 {
        let count = UInt64(groups)
        return candidate < count ? batch * count + candidate : replacements + (batch << 20) + (candidate - count)
    }

    private static var replacements: UInt64 { 1 << 48 }
}
