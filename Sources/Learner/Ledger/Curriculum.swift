/// How many of a task's sources are open: the first one, until its success rate lets the next one join, and so on.
///
/// Role: decides from what became of groups; pure. Owner: the ledger. Invariants: the stage never falls, and changes with a step
/// only; what a version issues follows from the steps before it, so a lockstep run stays a function of its configuration.
package struct Curriculum: Sendable, Codable, Equatable {
    /// When the next source joins.
    package struct Rule: Sendable, Equatable {
        /// Sources, in the order in which they open.
        package let sources: Int
        /// Share of correct responses, among those that could be judged, at which the next source joins.
        package let advanceAt: Double
        /// Groups of the newest source that the share is taken over, the most recent ones.
        package let windowGroups: Int

        package init(sources: Int, advanceAt: Double, windowGroups: Int) {
            self.sources = sources
            self.advanceAt = advanceAt
            self.windowGroups = windowGroups
        }
    }

    /// What became of a group: responses judged correct, and responses judged at all.
    package struct Outcome: Sendable, Codable, Equatable {
        package let source: Int
        package let correct: Int
        package let judged: Int

        package init(source: Int, correct: Int, judged: Int) {
            self.source = source
            self.correct = correct
            self.judged = judged
        }
    }

    /// The newest open source; with it those before it are open.
    package private(set) var stage = 0
    /// Outcomes of the newest source, most recent last.
    private var window: [Outcome] = []
    /// The stage in which each version that may still generate was published.
    private var stages: [UInt64: Int] = [0: 0]

    package init() {}

    /// Share of correct responses in the window; nil while there is none.
    package var successRate: Double? {
        let judged = window.reduce(0) { $0 + $1.judged }
        return judged == 0 ? nil : Double(window.reduce(0) { $0 + $1.correct }) / Double(judged)
    }

    /// Counts the groups of a step, in order of their ids.
    /// - Returns: the success rate that opened the next source, if it did.
    package mutating func count(_ outcomes: [Outcome], rule: Rule) -> Double? {
        window = (window + outcomes.filter { $0.source == stage }).suffix(rule.windowGroups)
        guard stage + 1 < rule.sources, window.count == rule.windowGroups, let rate = successRate,
            rate >= rule.advanceAt
        else { return nil }
        stage += 1
        window = []
        return rate
    }

    /// A version is out, after the step that made it was counted.
    package mutating func publish(_ version: UInt64, staleness: UInt64) {
        // A learner that was started again publishes earlier versions again.
        stages[version] = stages[version] ?? stage
        stages = stages.filter { $0.key + staleness >= version }
    }

    /// The stage of the version that generates a batch; of the present one where its own is not known any more.
    package func stage(of version: UInt64) -> Int { stages[version] ?? stage }
}
