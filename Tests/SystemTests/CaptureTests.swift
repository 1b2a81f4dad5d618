import Foundation
import GRDB
import RunStore
import Telemetry
import TestSupport
import Testing

extension SystemTests {
    /// What somebody sees who records all that a worker, a verifier and a learner say to each other.
    @Suite(.serialized) @BlockingThread
    struct Capture {
        /// A prompt or a response in the form in which it would travel.
        private struct Secret {
            let what: String
            let bytes: Data
        }

        @Test(arguments: [false, true]) func aRecordingShowsNoPromptAndNoTokenUnlessInClearText(cleartext: Bool) throws
        {
            let settings = [
                "run.steps=3", "cluster.rollout_workers=0", "cluster.reward_verifiers=0",
                "cluster.cleartext=\(cleartext)",
            ]
            try ClusterRun.with(settings) { run in
                let toLearner = try RecordingRelay(), toVerifier = try RecordingRelay()
                defer { for relay in [toLearner, toVerifier] { relay.close() } }
                let learner = try String(contentsOfFile: run.path + "/endpoint", encoding: .utf8)
                try toLearner.lead(to: learner.trimmingCharacters(in: .whitespacesAndNewlines))
                let security = cleartext ? ["--cleartext"] : ["--keys", run.keys]
                func start(_ role: String, _ arguments: [String] = []) throws -> ChildProcess {
                    try ChildProcess(
                        Executables.directory + "/" + role,
                        arguments: security + arguments + [
                            "--learner", toLearner.address, "--id", role, "--log-directory", run.path + "/logs",
                        ], environment: Executables.environment, directory: run.directory,
                        output: run.directory + "/" + role)
                }
                let verifier = try start("reward-verifier", ["--advertise", toVerifier.address])
                defer { end(verifier) }
                try run.wait(for: "the verifier's address") { try !run.lines("serving", of: "reward-verifier").isEmpty }
                try toVerifier.lead(
                    to: try #require(try run.lines("serving", of: "reward-verifier").last?.text("address")))
                let worker = try start("rollout-worker")
                defer { end(worker) }
                _ = try run.waitForTheEnd()

                let secrets = try secrets(of: run)
                try #require(secrets.count > 20)
                for (name, relay, expected) in [
                    ("control", toLearner, secrets),
                    ("verdicts", toVerifier, secrets.filter { !$0.what.hasPrefix("tokens") }),
                ] {
                    let recordings = relay.recordings
                    #expect(recordings.map(\.count).reduce(0, +) > 5_000, "\(name): next to nothing was recorded")
                    // What ZeroMQ says first on every connection, in the clear: how it will be secured.
                    let mechanism = Data((cleartext ? "NULL" : "CURVE").utf8)
                    #expect(recordings.contains { $0.range(of: mechanism) != nil }, "\(name): not this way")
                    let seen = expected.filter { secret in recordings.contains { $0.range(of: secret.bytes) != nil } }
                    if cleartext {
                        // The last groups of a run may not have come this far.
                        #expect(seen.count * 2 > expected.count, "\(name): \(seen.count) of \(expected.count)")
                    } else {
                        #expect(seen.isEmpty, "\(name) shows \(seen.map(\.what))")
                    }
                }
            }
        }

        private nonisolated func end(_ process: ChildProcess) {
            process.signal(SIGKILL)
            // It was started here, so it can be waited for.
            _ = try? process.wait()
        }

        /// Prompts, and tokens and texts of responses, of the groups that were trained: long enough not to occur by chance.
        private nonisolated func secrets(of run: ClusterRun) throws -> [Secret] {
            let database = try DatabaseQueue(path: RunDatabase.path(run: run.path))
            return try database.read { database in
                try Row.fetchAll(
                    database,
                    sql: """
                        SELECT prompts.text AS text, prompts.tokens AS tokens FROM groups JOIN prompts USING (prompt)
                        WHERE groups.state = 'trained'
                        """
                ).flatMap { row in
                    let text: String = row["text"], tokens: Data = row["tokens"]
                    return [
                        Secret(what: "text \(text)", bytes: Data(text.utf8)),
                        Secret(what: "tokens \(Array(tokens))", bytes: tokens),
                    ]
                }.filter { $0.bytes.count >= 8 }
            }
        }
    }
}
