package import RunStore
import Telemetry

/// All that a report says of one run.
package struct RunData: Sendable {
    package var name: String
    /// Milliseconds since 1970 (UTC) of the first and the last thing known of it.
    package var start: Int64 = 0
    package var end: Int64 = 0
    package var steps = StepTable()
    package var lives: [RunLife] = []
    /// The resolved configuration of the last life: path of a key and the value as JSON; empty if it is not known.
    package var configuration: [String: String] = [:]
    /// How the learner is, and why it ended if it did; for people.
    package var state = "no end yet"
    /// SHA-256 of the last version, in hexadecimal.
    package var sha256: String?
    package var rollout: ProcessActivity?
    package var verification: ProcessActivity?
    package var trained: TimeBins?
    /// Responses by length in tokens, in the first and in the last quarter of the steps.
    package var lengths: (early: [Int: Int], late: [Int: Int]) = ([:], [:])
    package var samples: [ReportedSample] = []
    /// Accuracy on held-out prompts, where the run's directory has `evaluation-before.json` and `-after.json`.
    package var evaluation: (before: Double?, after: Double?) = (nil, nil)
    /// What could not be read and why, for people.
    package var remarks: [String] = []

    package init(name: String) { self.name = name }

    /// Seconds from the start to the end of each step.
    var stepSeconds: [Double] { steps.times.map { Double($0 - start) / 1000 } }
}
