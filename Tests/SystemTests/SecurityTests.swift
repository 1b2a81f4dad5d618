import Foundation
import Telemetry
import TestSupport
import Testing
import Transport
import Wire

extension SystemTests {
    /// Promise 9 with real processes: every port of a cluster, and every start without the right keys.
    @Suite(.serialized) @BlockingThread
    struct Security {
        /// One bound socket of a cluster.
        struct Port {
            let name: String
            let kind: Doorbell.Kind
            let server: Role
            /// A role that has no business there.
            let wrongRole: Role
            let address: (ClusterRun) throws -> String
        }

        private static let ports = [
            Port(name: "control", kind: .dealer, server: .learner, wrongRole: .learner) { run in
                try String(contentsOfFile: run.path + "/endpoint", encoding: .utf8)
                    .trimmingCharacters(in: .whitespacesAndNewlines)
            },
            Port(name: "verdicts", kind: .dealer, server: .rewardVerifier, wrongRole: .rewardVerifier) { run in
                try #require(try run.lines("serving", of: "reward-verifier-1").last?.text("address"))
            },
            Port(name: "weights", kind: .dealer, server: .parameterBroadcaster, wrongRole: .rewardVerifier) { run in
                try #require(try run.lines("serving", of: "parameter-broadcaster-1").last?.text("address"))
            },
            Port(name: "notices", kind: .subscriber, server: .parameterBroadcaster, wrongRole: .rewardVerifier) { run in
                try #require(try run.lines("serving", of: "parameter-broadcaster-1").last?.text("notices"))
            },
        ]

        @Test func strangersAreRefusedAtEveryPort() throws {
            try ClusterRun.with(["run.steps=100000"]) { run in
                try run.waitForSteps(2)
                let issued = try run.tool(
                    "keys", "issue", "--keys", run.keys, "--role", "rollout-worker", "--name", "rollout-worker-leaver")
                #expect(issued.status == 0, "\(issued.output)")
                var leavers: [(Port, StrangerKeys)] = []
                for port in Self.ports {
                    let address = try port.address(run)
                    func ring(_ keys: StrangerKeys?) throws -> Doorbell.Outcome {
                        try Doorbell.ring(address, port.kind, keys)
                    }
                    let worker = try StrangerKeys(run.keys, .rolloutWorker, to: port.server)
                    #expect(try ring(worker) == .letIn, "an allowed key at \(port.name)")
                    let unknown = try StrangerKeys(unknownTo: run.keys, server: port.server)
                    for _ in 0..<2 { #expect(try ring(unknown) == .refused, "an unknown key at \(port.name)") }
                    #expect([.mismatch, .hungUp].contains(try ring(nil)), "no key at \(port.name)")
                    let wrong = try StrangerKeys(run.keys, port.wrongRole, to: port.server)
                    #expect(try ring(wrong) == .refused, "the role \(port.wrongRole.rawValue) at \(port.name)")
                    let leaver = try StrangerKeys(
                        run.keys, .rolloutWorker, id: "rollout-worker-leaver", to: port.server)
                    #expect(try ring(leaver) == .letIn, "a key at \(port.name) before it is revoked")
                    leavers.append((port, leaver))
                }
                let revoked = try run.tool("keys", "revoke", "--keys", run.keys, "--name", "rollout-worker-leaver")
                #expect(revoked.status == 0, "\(revoked.output)")
                for (port, leaver) in leavers {
                    // A server that learns of the revocation just then hangs up on all who came with that key.
                    let outcome = try Doorbell.ring(port.address(run), port.kind, leaver)
                    #expect([.refused, .hungUp].contains(outcome), "a revoked key at \(port.name): \(outcome)")
                    #expect(
                        try Doorbell.ring(port.address(run), port.kind, leaver) == .refused,
                        "a revoked key at \(port.name)")
                }
                try expectTold(run)
                // Nobody who belongs there has noticed.
                try run.waitForSteps(2)
                expectPromises(try run.steps())
                #expect(try run.lines("failed").isEmpty)
            }
        }

        /// Each key once, every attempt counted, and no key whole.
        private nonisolated func expectTold(_ run: ClusterRun) throws {
            for (id, event) in [
                ("learner", "step"), ("reward-verifier-1", "verify_progress"),
                ("parameter-broadcaster-1", "serve_progress"),
            ] {
                let ports = id == "parameter-broadcaster-1" ? 2.0 : 1
                try run.wait(for: "\(id) to count the strangers") {
                    let refused = try run.lines(event, of: id).last?.numbers("refused_peers") ?? [:]
                    return refused["unknown_key"] ?? 0 >= 3 * ports && refused["wrong_role"] ?? 0 >= ports
                        && (refused["cleartext"] ?? 0) + (refused["closed"] ?? 0) >= ports
                }
                let lines = try run.lines("peer_refused", of: id)
                let keys = lines.compactMap { $0.text("key") }
                #expect(Set(keys).count == keys.count || id == "parameter-broadcaster-1", "\(id): \(keys)")
                #expect(lines.contains { $0.text("code") == "wrong_role" }, "\(id)")
            }
            for name in try FileManager.default.contentsOfDirectory(atPath: run.path + "/logs") {
                let log = try String(contentsOfFile: run.path + "/logs/" + name, encoding: .utf8)
                for key in try KeyDirectory(path: run.keys).allowList().keys {
                    #expect(!log.contains(key.key.z85), "\(name) has a key of \(key.name)")
                }
                for file in try FileManager.default.contentsOfDirectory(atPath: run.keys)
                where file.hasSuffix(".secret") {
                    let text = try String(contentsOfFile: run.keys + "/" + file, encoding: .utf8)
                    let secret = try #require(text.split(whereSeparator: \.isWhitespace).last)
                    #expect(!log.contains(secret), "\(name) has the secret \(file)")
                }
            }
        }

        /// Somebody with a key joins as what the key is for, and as nothing else.
        @Test func aKeyIsGoodForItsRoleAndNameOnly() throws {
            try ClusterRun.with(["run.steps=100000"]) { run in
                let address = try Self.ports[0].address(run)
                let stranger = try Stranger(address, StrangerKeys(run.keys, .rolloutWorker, to: .learner))
                for (role, id, word) in [
                    (Role.rewardVerifier, "rollout-worker-9", "role"),
                    (.parameterBroadcaster, "rollout-worker-9", "role"),
                    (.rolloutWorker, "impostor", "admits the ids"),
                ] {
                    let hello = Hello(member: Member(role: role, id: id, incarnation: 1), software: "test")
                    let failure = try stranger.refusal(of: stranger.frames(.hello(hello)))
                    #expect(failure.code == .unauthorised && failure.message.contains(word), "\(failure.message)")
                }
                let member = Member(role: .rolloutWorker, id: "rollout-worker-9", incarnation: 1)
                guard case .welcome = try stranger.ask(.hello(Hello(member: member, software: "test"))) else {
                    Issue.record("an honest hello was refused")
                    return
                }
            }
        }

        // MARK: Starts

        @Test(arguments: ["learner", "rollout-worker", "reward-verifier", "parameter-broadcaster"])
        func anUnprotectedStartMustBeAskedFor(role: String) throws {
            try ClusterRun.withDirectory { directory in
                let arguments =
                    role == "learner"
                    ? ["--run-directory", directory, "--set", "policy.path=\(SystemSettings.policy)"]
                    : ["--learner", "tcp://127.0.0.1:1", "--id", role, "--log-directory", directory]
                let (status, output) = try start(role, arguments, in: directory)
                #expect(status == 64 && output.contains("--keys") && output.contains("--cleartext"), "\(output)")
            }
        }

        @Test func clearTextStaysOnThisMachine() throws {
            try ClusterRun.withDirectory { directory in
                let (status, output) = try start(
                    "learner",
                    [
                        "--run-directory", directory, "--set", "policy.path=\(SystemSettings.policy)", "--set",
                        "cluster.cleartext=true", "--set", "cluster.learner_endpoint=tcp://0.0.0.0:0",
                    ], in: directory)
                #expect(status == 1 && output.contains("tcp://0.0.0.0:0") && output.contains("--keys"), "\(output)")
                let (memberStatus, memberOutput) = try start(
                    "rollout-worker",
                    ["--cleartext", "--learner", "tcp://192.0.2.1:5555", "--id", "x", "--log-directory", directory],
                    in: directory)
                #expect(memberStatus == 1 && memberOutput.contains("--keys"), "\(memberOutput)")
            }
        }

        @Test func keysThatOthersCouldReadStopTheStart() throws {
            try ClusterRun.withDirectory { directory in
                let keys = try makeKeys(in: directory)
                let secret = keys + "/rollout-worker.secret"
                try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: secret)
                let (status, output) = try start(
                    "rollout-worker",
                    [
                        "--keys", keys, "--learner", "tcp://127.0.0.1:1", "--id", "rollout-worker-1", "--log-directory",
                        directory,
                    ], in: directory)
                #expect(status == 78 && output.contains("chmod 0600 \(secret)"), "\(output)")
            }
        }

        /// Whoever cannot be let in ends, with one line that says what to do.
        @Test func aMemberThatIsRefusedSaysWhatToDo() throws {
            try ClusterRun.with(["run.steps=100000"]) { run in
                let address = try Self.ports[0].address(run)
                let other = try makeKeys(in: run.directory)
                func join(_ role: String, _ security: [String], to address: String) throws -> (Int32, String) {
                    try start(
                        role,
                        security + [
                            "--learner", address, "--id", role, "--log-directory", run.directory + "/other-logs",
                        ], in: run.directory)
                }
                for role in ["rollout-worker", "reward-verifier", "parameter-broadcaster"] {
                    let (status, output) = try join(role, ["--cleartext"], to: address)
                    #expect(status == 1 && output.contains("--keys"), "\(role): \(output)")
                }
                // The keys of another cluster: the learner there has another key.
                let (status, output) = try join("rollout-worker", ["--keys", other], to: address)
                #expect(status == 1 && output.contains("copy the allow list"), "\(output)")
                // The same learner, but an own key that it does not know.
                let list = try KeyDirectory(path: run.keys).allowList()
                let learner = try #require(list.keys.first { $0.role == .learner })
                let text = try String(contentsOfFile: other + "/allowed", encoding: .utf8)
                let lines = text.split(separator: "\n").filter { !$0.hasPrefix("learner ") }
                try Data((lines + ["learner learner \(learner.key.z85)", ""]).joined(separator: "\n").utf8)
                    .write(to: URL(fileURLWithPath: other + "/allowed"))
                let (refusedStatus, refused) = try join("rollout-worker", ["--keys", other], to: address)
                #expect(refusedStatus == 1 && refused.contains("refused the key"), "\(refused)")
                #expect(refused.contains("apus keys"), "\(refused)")
                // Once in the log and once as the command's own last line.
                #expect(refused.split(separator: "\n").count == 2, "\(refused)")
            }
            // A learner in clear text, and a member that will not do without encryption.
            let (stranger, address) = try Stranger.serving()
            defer { withExtendedLifetime(stranger) {} }
            try ClusterRun.withDirectory { directory in
                let (status, output) = try start(
                    "reward-verifier",
                    [
                        "--keys", makeKeys(in: directory), "--learner", address, "--id", "reward-verifier",
                        "--log-directory", directory,
                    ], in: directory)
                #expect(status == 1 && output.contains("clear text"), "\(output)")
            }
        }

        private nonisolated func makeKeys(in directory: String) throws -> String {
            let keys = directory + "/other-keys"
            let (status, output) = try start("apus", ["keys", "init", keys], in: directory)
            try #require(status == 0, "\(output)")
            return keys
        }

        /// Starts an executable that must end by itself, and waits for at most a minute; status 128 + 9 if it did not.
        private nonisolated func start(_ name: String, _ arguments: [String], in directory: String) throws -> (
            Int32, String
        ) {
            let output = directory + "/output-\(UUID().uuidString)"
            let process = try ChildProcess(
                Executables.directory + "/" + name, arguments: arguments, environment: Executables.environment,
                directory: directory, output: output)
            let deadline = Date(timeIntervalSinceNow: 60)
            var status = try process.statusIfEnded()
            while status == nil {
                if Date() > deadline {
                    process.signal(SIGKILL)
                    status = try process.wait()
                } else {
                    Thread.sleep(forTimeInterval: 0.02)
                    status = try process.statusIfEnded()
                }
            }
            return (try #require(status), try String(contentsOfFile: output, encoding: .utf8))
        }
    }
}
