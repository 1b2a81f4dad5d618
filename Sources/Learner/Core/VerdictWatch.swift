/// Counts the verdicts of accepted groups, dropped ones included, and notices when too many are unknown.
///
/// Role: pure counting. Owner: `LearnerCore`. It looks at windows of as many verdicts as a batch has responses, not at steps: a
/// run whose verdicts are all unknown never takes a step.
package struct VerdictWatch: Sendable {
    /// Verdicts in a row.
    package struct Window: Sendable, Equatable {
        package internal(set) var verdicts = 0
        /// Those that are unknown, by reason.
        package internal(set) var unknown: [String: Int] = [:]

        /// Share of the verdicts that is unknown.
        package var share: Double { verdicts == 0 ? 0 : Double(unknown.values.reduce(0, +)) / Double(verdicts) }
    }

    private let window: Int
    private let alarmShare: Double
    private var current = Window()
    /// Verdicts since the start of the process.
    package private(set) var received = 0
    package private(set) var unknown: [String: Int] = [:]

    package init(window: Int, alarmShare: Double) {
        self.window = window
        self.alarmShare = alarmShare
    }

    /// Counts the verdicts of a group; nil for a known one.
    ///
    /// - Returns: the window that this completes, if too much of it is unknown.
    package mutating func add(_ reasons: [String?]) -> Window? {
        received += reasons.count
        current.verdicts += reasons.count
        for case let reason? in reasons {
            unknown[reason, default: 0] += 1
            current.unknown[reason, default: 0] += 1
        }
        guard current.verdicts >= window else { return nil }
        defer { current = Window() }
        return current.share > alarmShare ? current : nil
    }
}
