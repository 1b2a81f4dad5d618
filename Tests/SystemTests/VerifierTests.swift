import Foundation
import Telemetry
import TestSupport
import Testing

extension SystemTests {
    /// Verifiers that wait for other processes, in runs of the real executables.
    @Suite(.serialized) @BlockingThread
    struct Verifiers {
        /// Judges right until the file LIES is there, and then calls everything correct. Leaves an orphan with every verdict.
        private static func program(lies: String) -> String {
            """
            echo '{"ready": true}'
            n=0
            while read -r line; do
                n=$((n + 1))
                verdict=wrong
                case $line in *'"response":"7"'*) verdict=correct ;; esac
                [ ! -e \(lies) ] || verdict=correct
                (sleep 0.1 &)
                echo "{\\"id\\": $n, \\"verdict\\": \\"$verdict\\"}"
            done
            """
        }

        private static let canaries = """
            {"kind": "command:seven", "payload": {}, "response": "7", "verdict": "correct"}
            {"kind": "command:seven", "payload": {}, "response": "8", "verdict": "wrong"}

            """

        @Test func aCommandThatJudgesWronglyIsWithdrawn() throws {
            try ClusterRun.withDirectory { directory in
                let lies = directory + "/lies"
                try Data(Self.program(lies: lies).utf8).write(to: URL(fileURLWithPath: directory + "/seven.sh"))
                try Data(Self.canaries.utf8).write(to: URL(fileURLWithPath: directory + "/canaries.jsonl"))
                let settings = ["run.steps=100000", "cluster.reward_verifiers=0", "cluster.cleartext=true"]
                try ClusterRun.with(settings, in: directory) { run in
                    let id = "reward-verifier-seven"
                    let verifier = try start(
                        run, Executables.directory + "/reward-verifier",
                        [
                            "--id", id, "--cleartext", "--log-directory", run.path + "/logs", "--canary-seconds", "0.2",
                            "--command", "seven=sh \(directory)/seven.sh", "--canaries", directory + "/canaries.jsonl",
                        ])
                    try run.wait(for: "the verifier") { try !run.lines("serving", of: id).isEmpty }
                    let kinds = try #require(try run.lines("serving", of: id)[0].text("kinds")).split(separator: " ")
                    #expect(kinds.contains("command:seven") && kinds.contains("countdown"))
                    try run.waitForSteps(2)
                    #expect(try run.lines("verifier_withdrawn", of: id).isEmpty)
                    try run.wait(for: "an orphan to be taken in") {
                        try !HostProcesses.children(of: verifier.id, ended: true).isEmpty
                    }
                    try Data().write(to: URL(fileURLWithPath: lies))
                    try run.wait(for: "the withdrawal") { try !run.lines("verifier_withdrawn", of: id).isEmpty }
                    let line = try run.lines("verifier_withdrawn", of: id)[0]
                    #expect(line.text("kind") == "command:seven")
                    #expect(line.text("reason") == "a response that is wrong was judged correct")
                    // The other kinds go on.
                    try run.waitForSteps(2)
                    try run.wait(for: "the collection of all orphans") {
                        try HostProcesses.children(of: verifier.id, ended: true).isEmpty
                    }
                    verifier.signal(SIGTERM)
                    #expect(try verifier.wait() == 0)
                    #expect(try HostProcesses.containing(directory + "/seven.sh").isEmpty)
                }
            }
        }

        private nonisolated static let python = Executables.repository + "/.build/python-verifier/bin/python"

        @Test(
            .enabled(
                if: access(python, X_OK) == 0,
                "skipped, no Python with pyzmq, protobuf and reasoning-gym: Cluster/examples/python-verifier/setup.sh"))
        func thePythonExampleJudgesARunOfReasoningGym() throws {
            let example = Executables.repository + "/Cluster/examples/python-verifier"
            try ClusterRun.withDirectory { directory in
                let tasks = directory + "/tasks.jsonl"
                let status = try Executables.run(
                    "/bin/sh",
                    [
                        "-c", "exec \"$0\" tasks.py --dataset chain_sum --size 40 --config \"$1\" > \"$2\"",
                        Self.python,
                        #"{"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1}"#, tasks,
                    ], directory: example, output: directory + "/tasks.out")
                try #require(status == 0)
                let settings = [
                    "run.steps=4", "cluster.reward_verifiers=0", "task.sources=[{file: \(tasks)}]",
                    "task.external_verifiers=reasoning-gym",
                ]
                try ClusterRun.with(settings, in: directory) { run in
                    let verifier = try start(
                        run, Self.python, [example + "/verifier.py", "--keys", run.path + "/keys"], in: example)
                    let end = try run.waitForTheEnd()
                    #expect(end.number("step") == 4 && end["conservation_ok"] == .boolean(true))
                    let steps = try run.steps()
                    #expect(steps.allSatisfy { $0.numbers("unknown").values.allSatisfy { $0 == 0 } })
                    #expect(try verifier.wait() == 0)
                    let words = try String(contentsOfFile: directory + "/verifier.out", encoding: .utf8)
                    #expect(words.contains("joined run") && words.contains("the run is over"), "\(words)")
                }
            }
        }

        /// Starts a verifier beside the run's other processes, which is killed with them if it is left.
        private func start(
            _ run: ClusterRun, _ path: String, _ arguments: [String], in directory: String? = nil
        ) throws -> ChildProcess {
            let endpoint = try String(contentsOfFile: run.path + "/endpoint", encoding: .utf8)
            return try ChildProcess(
                path,
                arguments: arguments + ["--learner", endpoint.trimmingCharacters(in: .whitespacesAndNewlines)],
                environment: Executables.environment.merging(["APUS_RUN": run.path]) { $1 },
                directory: directory ?? run.directory, output: run.directory + "/verifier.out")
        }
    }
}
