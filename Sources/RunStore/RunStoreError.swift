/// Why a run's database cannot be used.
package enum RunStoreError: Error, Equatable, CustomStringConvertible {
    case missing(path: String)
    case notADatabase(path: String, reason: String)
    /// The disk has no room or cannot be written now, which may pass.
    case noRoom(path: String, reason: String)
    case laterSchema(path: String, found: String, supported: Int)
    case anotherRun(path: String, found: String, expected: String)
    case damaged(path: String, what: String)
    case inUse(path: String)
    case noSuchGroup(UInt64, path: String)

    package var description: String {
        switch self {
        case .missing(let path): "\(path) does not exist: name the directory of a run"
        case .notADatabase(let path, let reason): "\(path) cannot be read as a run's database: \(reason)"
        case .noRoom(let path, let reason): "\(path) cannot be opened now (\(reason)): free some space on its disk"
        case .laterSchema(let path, let found, let supported):
            "\(path) has schema \(found), this release of Apus knows \(supported): use the release that wrote it"
        case .anotherRun(let path, let found, let expected):
            "\(path) belongs to run '\(found)', not '\(expected)': name another directory or another run"
        case .damaged(let path, let what):
            "\(path) is damaged: \(what); restore it from a copy, or start the run anew in another directory"
        case .inUse(let path):
            "\(path) is in use by another learner: wait for its end, or stop it (Cluster/down.sh)"
        case .noSuchGroup(let group, let path): "\(path) has no group \(group)"
        }
    }
}
