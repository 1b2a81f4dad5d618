import Foundation
import JSON
import Model
import Testing

/// `apus evaluate` on a policy that has learned the form of answers.
@Suite struct EvaluateTests {
    private static let task = ["--set", "task.countdown.target_maximum=20", "--set", "rollout.max_response_tokens=12"]

    /// A policy that is right now and then.
    private func policy(_ scratch: ScratchDirectory) async throws -> String {
        let run = try await Tool.run(
            ["cold-start", "--out", scratch.file("model"), "--hidden-size", "48", "--layers", "2", "--heads", "2"]
                + ["--key-value-heads", "1", "--head-dimension", "24", "--experts", "4", "--expert-size", "32"]
                + ["--steps", "40", "--batch", "32", "--learning-rate", "0.01", "--evaluation-prompts", "0"] + Self.task
        )
        #expect(run.status == 0, "\(run.errors)")
        return scratch.file("model")
    }

    private func evaluate(_ model: String, _ arguments: [String]) async throws -> JSONValue {
        let run = try await Tool.run(["evaluate", "--model", model, "--json"] + Self.task + arguments)
        #expect(run.status == 0, "\(run.errors)")
        return try run.json()
    }

    /// Everything but the timing.
    private func counts(_ result: JSONValue) -> [JSONObject.Member] {
        result.object?.members.filter { !["seconds", "tokens_per_second"].contains($0.key) } ?? []
    }

    @Test func countsDoNotDependOnThreadsOrConcurrency() async throws {
        let scratch = try ScratchDirectory()
        let model = try await policy(scratch)
        let course = ["--prompts", "48", "--samples", "3"]
        let one = try await evaluate(model, course + ["--threads", "1", "--concurrency", "64"])
        let two = try await evaluate(model, course + ["--threads", "2", "--concurrency", "5"])
        #expect(counts(one) == counts(two))
        let other = try await evaluate(model, course + ["--seed", "99"])
        #expect(counts(one) != counts(other))
        let sums = ["correct", "wrong"].compactMap { one[$0]?.integer }.reduce(0, +)
        #expect(one["responses"]?.integer == 144 && sums == 144)
    }

    /// One sample per prompt: the interval is Wilson's.
    @Test func intervalIsWilsons() async throws {
        let scratch = try ScratchDirectory()
        let model = try await policy(scratch)
        let result = try await evaluate(model, ["--prompts", "100"])
        let correct = try #require(result["correct"]?.number)
        let share = correct / 100
        #expect(result["accuracy"]?.number == share)
        let z = 1.959963984540054
        let centre = (correct + z * z / 2) / (100 + z * z)
        let half = z / (100 + z * z) * (correct * (100 - correct) / 100 + z * z / 4).squareRoot()
        let interval = try #require(result["confidence_interval_95"]).numbers
        // The variance between prompts is estimated with n − 1, which widens it by half a percent of itself.
        #expect(abs(interval[0] - max(0, centre - half)) < 0.002 && abs(interval[1] - (centre + half)) < 0.002)
    }

    /// Samples of one prompt at temperature 0 are all the same, so more of them say nothing new.
    @Test func repeatedAnswersDoNotNarrowTheInterval() async throws {
        let scratch = try ScratchDirectory()
        let model = try await policy(scratch)
        let greedy = ["--prompts", "60", "--temperature", "0"]
        let once = try #require(try await evaluate(model, greedy)["confidence_interval_95"]).numbers
        let often = try #require(try await evaluate(model, greedy + ["--samples", "8"])["confidence_interval_95"])
            .numbers
        #expect(zip(once, often).allSatisfy { abs($0 - $1) < 0.002 }, "\(once) \(often)")
    }

    @Test func badInputIsNamed() async throws {
        let scratch = try ScratchDirectory()
        let model = try await policy(scratch)
        let typo = try scratch.write("task:\n  countdwn:\n    operators: \"+\"\n", to: "run.yaml")
        let cases: [(arguments: [String], status: Int32, complaint: String)] = [
            (["--config", typo], 1, "task.countdown"),
            (["--config", "/absent.yaml"], 1, "/absent.yaml"),
            (["--set", "run.seed"], 1, "run.seed"),
            (["--max-tokens", "100000"], 1, "max_response_tokens"),
            (["--prompts", "0"], 64, "--prompts"),
            (["--temperature", "-1"], 64, "--temperature"),
        ]
        for (arguments, status, complaint) in cases {
            let run = try await Tool.run(["evaluate", "--model", model] + arguments)
            #expect(run.status == status && run.errors.contains(complaint), "\(arguments): \(run.errors)")
        }
    }
}
