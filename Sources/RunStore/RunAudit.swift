/// What an examination of a run's database found.
package struct RunAudit: Sendable, Equatable {
    /// One promise, and where it is broken.
    package struct Check: Sendable, Equatable {
        /// What should hold, as a sentence.
        package let promise: String
        /// How many rows were looked at.
        package let examined: Int
        /// How many of them break it.
        package let violations: Int
        /// The first few of those.
        package let examples: [String]

        package init(promise: String, examined: Int, violations: Int, examples: [String]) {
            self.promise = promise
            self.examined = examined
            self.violations = violations
            self.examples = examples
        }
    }

    package let checks: [Check]

    package init(checks: [Check]) { self.checks = checks }

    package var holds: Bool { checks.allSatisfy { $0.violations == 0 } }
}
