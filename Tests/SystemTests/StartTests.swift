import Foundation
import TestSupport
import Testing
import Transport
import Wire

extension SystemTests {
    /// What cannot work is said at once, in words that name the cause, and with the exit status of a hopeless start.
    @Suite(.serialized) @BlockingThread
    struct Start {
        @Test func aMistypedSettingIsRefusedWithASuggestion() throws {
            let (status, output) = try Executables.run("learner", "--set", "rollout.groupsize=4", "--dry-run")
            #expect(status == 78)
            #expect(output.contains("rollout.groupsize") && output.contains("rollout.group_size"), "\(output)")
        }

        @Test func aContradictionIsRefusedWithItsKeys() throws {
            let (status, output) = try Executables.run(
                "learner", "--set", "batch.groups=10", "--set", "batch.mini_batches=4")
            #expect(status == 78)
            #expect(output.contains("batch.groups") && output.contains("batch.mini_batches"), "\(output)")
        }

        @Test func aMissingModelIsNamed() throws {
            try ClusterRun.withDirectory { directory in
                let (status, output) = try Executables.run(
                    "learner", "--cleartext", "--run-directory", directory, "--set", "policy.path=\(directory)/nowhere")
                #expect(status == 78 && output.contains("\(directory)/nowhere"), "\(output)")
            }
        }

        @Test(arguments: ["config.json", "model.safetensors", "tokenizer.json"])
        func aMissingFileOfTheModelIsNamed(name: String) throws {
            try ClusterRun.withDirectory { directory in
                let policy = directory + "/policy"
                try FileManager.default.copyItem(atPath: SystemSettings.policy, toPath: policy)
                try FileManager.default.removeItem(atPath: policy + "/" + name)
                let (status, output) = try Executables.run(
                    "learner", "--cleartext", "--run-directory", directory, "--set", "policy.path=\(policy)")
                #expect(status == 78 && output.contains(name) && output.contains(policy), "\(output)")
            }
        }

        /// Room comes back, so this is no wrong configuration (78): the supervisor tries again for as long as it takes.
        @Test func aFullDiskIsNoMistake() throws {
            try ClusterRun.withDirectory { directory in
                let disk = directory + "/disk"
                guard try Disk.mount(at: disk, megabytes: 16) else {
                    print("aFullDiskIsNoMistake: skipped, no small disk can be mounted without root's rights")
                    return
                }
                defer { Disk.unmount(disk) }
                try Disk.fill(disk + "/ballast")
                let (status, output) = try Executables.run(
                    "learner", "--cleartext", "--run-directory", disk + "/run", "--set",
                    "policy.path=\(SystemSettings.policy)")
                #expect(status == 75 && output.contains("free some space"), "\(output)")
            }
        }

        /// The other side of a mismatch: a process that meets a learner of another release says which two versions they speak.
        @Test(arguments: ["rollout-worker", "reward-verifier", "parameter-broadcaster"])
        func aLearnerOfAnotherReleaseIsNamed(role: String) throws {
            let (learner, address) = try Stranger.serving()
            try ClusterRun.withDirectory { directory in
                let output = directory + "/output"
                let member = try ChildProcess(
                    Executables.directory + "/" + role,
                    arguments: ["--cleartext", "--learner", address, "--id", "x", "--log-directory", directory],
                    environment: Executables.environment, directory: directory, output: output)
                defer { member.signal(SIGKILL) }
                let hello = try learner.receive()
                let question = try WireCoder.decode(hello.dropFirst().map { Frame(copying: $0) })
                let failure = Failure(code: .incompatibleProtocol, message: "run the same release on both sides")
                let answer = Envelope(messageID: 1, inReplyTo: question.messageID, message: .failure(failure))
                learner.send([hello[0]] + (try WireCoder.encode(answer, protocolVersion: 99).map(\.bytes)))
                #expect(try member.wait() == 1)
                let text = try String(contentsOfFile: output, encoding: .utf8)
                #expect(text.contains("version 99") && text.contains("version 1"), "\(text)")
            }
        }

        @Test(arguments: ["learner", "reward-verifier", "parameter-broadcaster"])
        func aPortInUseIsNamedWithItsOwner(role: String) async throws {
            let reactor = Reactor(name: "occupant")
            let address = try await Occupant(reactor: reactor).listen()
            let policy = SystemSettings.policy
            try ClusterRun.withDirectory { directory in
                let (status, output) =
                    role == "learner"
                    ? try Executables.run(
                        role, "--cleartext", "--run-directory", directory, "--set", "policy.path=\(policy)", "--set",
                        "cluster.learner_endpoint=\(address)")
                    : try Executables.run(
                        role, "--cleartext", "--learner", "tcp://127.0.0.1:1", "--id", "x", "--log-directory",
                        directory,
                        "--bind", address
                    )
                #expect(status != 0 && output.contains(address) && output.contains("in use"), "\(output)")
                #expect(output.contains("\(ProcessInfo.processInfo.processIdentifier)"), "\(output)")
            }
            await reactor.shutdown()
        }
    }
}

/// Holds a port.
private actor Occupant {
    private let reactor: Reactor
    private var router: RouterEndpoint?
    nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

    init(reactor: Reactor) { self.reactor = reactor }

    func listen() throws -> String {
        let router = try RouterEndpoint(reactor: reactor, bind: EndpointAddress("tcp://127.0.0.1:0"))
        self.router = router
        return router.boundAddress.description
    }
}
