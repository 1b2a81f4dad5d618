/// A broken promise: the run stops rather than go on with results that nobody can trust.
package enum LearnerError: Error, CustomStringConvertible {
    case conservation(Conservation)
    case logProbabilitiesDiffer(AuditReport, step: Int)
    case noTokenizer(path: String)
    /// A file of tasks holds a prompt that cannot be put to the policy.
    case unusableTasks(path: String, reason: String)
    /// The run's database cannot be written any more.
    case journal(String)

    package var description: String {
        switch self {
        case .conservation(let accounts):
            "groups are unaccounted for: \(accounts); this is a defect of Apus, please report it with the run's logs"
        case .logProbabilitiesDiffer(let audit, let step):
            "step \(step): \(audit.mismatches) of \(audit.checkedTokens) audited tokens have other log-probabilities at the "
                + "worker than at the learner for the same version; do all hosts run the same build?"
        case .journal(let reason): "the run's database cannot be written: \(reason)"
        case .unusableTasks(let path, let reason): "\(path) cannot be put to the policy: \(reason)"
        case .noTokenizer(let path): "\(path) has no tokenizer.json: a policy needs one to be prompted"
        }
    }
}
