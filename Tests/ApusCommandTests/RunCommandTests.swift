import Testing

/// `throughput` and `follow` on the logs of a run; what they show is tested with Telemetry.
@Suite struct RunCommandTests {
    /// A run whose learner did one step and ended with `last`.
    private func run(_ scratch: ScratchDirectory, last: String) throws {
        try scratch.makeDirectory("runs/demo/logs")
        func line(_ second: Int, _ event: String, _ fields: String, role: String = "learner") -> String {
            "{\"time\":\"2026-01-01T00:00:0\(second).000Z\",\"level\":\"info\",\"role\":\"\(role)\",\"id\":\"\(role)\","
                + "\"event\":\"\(event)\"\(fields.isEmpty ? "" : "," + fields)}\n"
        }
        _ = try scratch.write(
            line(0, "started", "\"process_id\":1")
                + line(
                    2, "step", "\"step\":1,\"version\":1,\"reward_mean\":0.25,\"step_seconds\":2,\"trained_tokens\":500"
                )
                + line(3, last, "\"reason\":\"steps\""), to: "runs/demo/logs/learner.jsonl")
    }

    @Test func showsARun() async throws {
        let scratch = try ScratchDirectory()
        try run(scratch, last: "finished")
        let table = try await Tool.run("throughput", "demo", "--runs", scratch.file("runs"))
        #expect(table.status == 0 && table.output.contains("run demo") && table.output.contains("trained tokens/s"))
        let again = try await Tool.run("throughput", "--follow", "--runs", scratch.file("runs"))
        #expect(again.status == 0 && again.output == table.output)
        let steps = try await Tool.run("follow", scratch.file("runs/demo"))
        #expect(steps.status == 0 && steps.output.hasPrefix("step    1  reward  0.250"), "\(steps.output)")
        #expect(steps.errors == "finished: steps\n")
    }

    @Test func aRunThatDiedIsAFailure() async throws {
        let scratch = try ScratchDirectory()
        try run(scratch, last: "something")
        try scratch.makeDirectory("runs/demo/pids")
        _ = try scratch.write("failed\n", to: "runs/demo/pids/learner.state")
        let steps = try await Tool.run("follow", scratch.file("runs/demo"))
        #expect(steps.status == 1 && steps.errors.contains("the learner failed"), "\(steps.errors)")
    }

    /// A run that has logs but no database yet.
    @Test func aReportIsOneFile() async throws {
        let scratch = try ScratchDirectory()
        try run(scratch, last: "finished")
        let out = scratch.file("report.html")
        let report = try await Tool.run("report", "demo", "--runs", scratch.file("runs"), "--out", out)
        #expect(report.status == 0 && report.output.isEmpty, "\(report.errors)")
        #expect(report.errors.contains("there is no run.sqlite") && report.errors.contains(out))
        let html = try scratch.text("report.html")
        #expect(html.hasPrefix("<!DOCTYPE html>") && html.contains("<title>Apus: demo</title>"))
        #expect(html.contains("finished: steps") && html.contains("Reward over steps"))
        let lost = try await Tool.run("report", "demo", "--runs", scratch.file("runs"), "--out", "/nowhere/report.html")
        #expect(lost.status == 1 && lost.errors.contains("cannot write /nowhere/report.html"))
        #expect(try await Tool.run("report", "--out", out).status == 64)
    }

    @Test func aMissingRunIsNamed() async throws {
        for command in [["throughput"], ["follow"], ["report", "--out", "/nowhere/report.html"]] {
            let run = try await Tool.run(command + ["absent", "--runs", "/nowhere"])
            #expect(run.status == 1 && run.errors.contains("there is no run absent"))
        }
    }
}
