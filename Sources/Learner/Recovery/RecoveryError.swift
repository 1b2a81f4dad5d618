/// Why a run cannot go on from what lies in its directory.
package enum RecoveryError: Error, CustomStringConvertible {
    /// A new run was asked for where one lies already.
    case runExists(directory: String, steps: Int)
    /// What the journal says of a group cannot be trained on.
    case unusableGroup(UInt64, reason: String)
    /// A step that is done again gives other weights than it did.
    case differs(step: Int, expected: String, found: String, settings: [String])
    /// The run's policy is not the one it began with.
    case anotherPolicy(path: String, expected: String, found: String)

    package var description: String {
        switch self {
        case .runExists(let directory, let steps):
            "\(directory) holds a run of \(steps) steps: go on with --resume, or name another directory"
        case .unusableGroup(let group, let reason):
            "the journal's group \(group) cannot be trained on: \(reason)"
        case .differs(let step, let expected, let found, let settings):
            "step \(step) gives weights \(found.prefix(12)), the journal says \(expected.prefix(12)): "
                + (settings.isEmpty
                    ? "is this the same build, on the same kind of policy?"
                    : "settings differ from those it was made with (\(settings.joined(separator: ", "))); "
                        + "resume with the former ones")
        case .anotherPolicy(let path, let expected, let found):
            "\(path) hashes to \(found.prefix(12)), the run began with \(expected.prefix(12)): name the policy it began with"
        }
    }
}
