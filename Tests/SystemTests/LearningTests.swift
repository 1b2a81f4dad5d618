import Telemetry
import TestSupport
import Testing

extension SystemTests {
    /// The point of it all: the policy gets better at its task, and only because of the advantages.
    @Suite(.serialized) @BlockingThread
    struct Learning {
        /// The quickstart, shortened: 36 steps bring about 0.26 to above 0.6.
        @Test func rewardRises() throws {
            try ClusterRun.with(overlay: "", ["run.steps=36"]) { run in
                #expect(try run.waitForTheEnd(seconds: 200).text("reason") == "steps")
                let accuracy = try run.steps().compactMap { $0.number("accuracy") }
                try #require(accuracy.count == 36)
                func mean(_ part: ArraySlice<Double>) -> Double { part.reduce(0, +) / Double(part.count) }
                let (first, last) = (mean(accuracy.prefix(3)), mean(accuracy.suffix(4)))
                #expect(first < 0.4 && last - first >= 0.2, "training accuracy from \(first) to \(last): \(accuracy)")
            }
        }

        /// The same without advantages does all of the work and moves no weight.
        @Test func withoutAdvantagesNothingIsLearnt() throws {
            try ClusterRun.with(overlay: "", ["run.steps=8", "objective.advantage=zero"]) { run in
                #expect(try run.waitForTheEnd(seconds: 200).text("reason") == "steps")
                let steps = try run.steps()
                #expect(steps.count == 8 && Set(steps.compactMap { $0.text("sha256") }).count == 1)
                #expect(steps.allSatisfy { $0.number("gradient_norm") == 0 && $0.number("updates") == 2 })
            }
        }
    }
}
