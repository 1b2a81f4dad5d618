import Foundation
import Telemetry
import TestSupport
import Testing
import Wire

extension SystemTests {
    /// Peers that send what they should not to real processes: each is told what is wrong, it is counted, and the others work on.
    @Suite(.serialized) @BlockingThread
    struct BadPeers {
        @Test func aBadWorkerCostsNobodyElseAnything() throws {
            let settings = [
                "run.steps=300", "cluster.max_message_bytes=2000000", "cluster.chunk_bytes=262144",
                "cluster.member_timeout_seconds=60",
            ]
            try ClusterRun.with(settings) { run in
                try run.waitForSteps(2)
                let address = try String(contentsOfFile: run.path + "/endpoint", encoding: .utf8)
                let stranger = try Stranger(
                    address.trimmingCharacters(in: .whitespacesAndNewlines),
                    StrangerKeys(run.keys, .rolloutWorker, to: .learner))
                try sayHelloBadly(stranger)
                try sendGarbage(stranger)
                let welcome = try join(stranger)
                try submitBadGroups(stranger, steps: try run.steps().count, version: try #require(welcome.newest))
                #expect(try run.finished() == nil, "the run was over before the last attack: nothing was shown")
                expectComplete(try run.waitForTheEnd(), steps: 300)
                try expectCounts(run)
                expectPromises(try run.steps())
                #expect(try run.lines("failed").isEmpty)
                #expect(try run.lines("joined", of: "rollout-worker-1").count == 1)
            }
        }

        /// Wrong version, wrong run.
        private func sayHelloBadly(_ stranger: Stranger) throws {
            let member = Member(role: .rolloutWorker, id: "rollout-worker-mallory", incarnation: 1)
            let foreign = try stranger.frames(.hello(Hello(member: member, software: "test")), protocolVersion: 99)
            let incompatible = try stranger.refusal(of: foreign)
            #expect(incompatible.code == .incompatibleProtocol)
            #expect(incompatible.message.contains("version 99") && incompatible.message.contains("version 1"))
            let lost = Hello(runID: "another-run", member: member, software: "test")
            let wrongRun = try stranger.refusal(of: stranger.frames(.hello(lost)))
            #expect(wrongRun.code == .wrongRun && wrongRun.message.contains("another-run"))
            #expect(wrongRun.message.contains("'test'"))
        }

        /// What is no message at all, and what is too large.
        private func sendGarbage(_ stranger: Stranger) throws {
            stranger.send([Array("GET / HTTP/1.1".utf8)])
            stranger.send([[]])
            stranger.send([Array(repeating: 0xFF, count: 5_000), [1], [2]])
            let tooMany = try stranger.frames(.heartbeat(Heartbeat())) + Array(repeating: [0], count: 40)
            #expect(try stranger.refusal(of: tooMany).code == .oversized)
            // Larger than any frame may be: it costs the connection, which libzmq makes anew.
            stranger.send([Array(repeating: 7, count: 3_000_000)])
        }

        private func join(_ stranger: Stranger) throws -> Welcome {
            let member = Member(role: .rolloutWorker, id: "rollout-worker-mallory", incarnation: 1)
            guard case .welcome(let welcome) = try stranger.ask(.hello(Hello(member: member, software: "test"))) else {
                throw NotWelcome()
            }
            return welcome
        }

        struct NotWelcome: Error {}

        /// Groups for real leases, each with one fault.
        private func submitBadGroups(_ stranger: Stranger, steps: Int, version: VersionDescription) throws {
            func group() throws -> GroupSubmission {
                while true {
                    let request = LeaseRequest(credits: 1, versionInUse: version.number)
                    if case .leaseGrant(let grant) = try stranger.ask(.leaseRequest(request)),
                        let lease = grant.leases.first
                    {
                        return Self.group(lease, version)
                    }
                }
            }
            var frames = try stranger.frames(.groupSubmission(group()))
            frames[2].removeLast(4)
            let truncated = try stranger.refusal(of: frames)
            #expect(truncated.code == .malformed && truncated.message.contains("tensor"), "\(truncated.message)")
            for value in [Float.nan, .infinity, -.infinity] {
                let honest = try stranger.frames(.groupSubmission(group()))
                let refusal = try stranger.refusal(of: Stranger.spoil(honest, tensor: 2, with: value))
                #expect(refusal.code == .malformed && refusal.message.contains("not finite"), "\(refusal.message)")
            }
            let faults: [(String, (inout GroupSubmission) -> Void)] = [
                ("token_out_of_range", { $0.tokens[0] = 1_000_000 }),
                ("expert_out_of_range", { $0.promptRoutes?.ids[5] = 200 }),
                ("duplicate_expert", { $0.promptRoutes?.ids[1] = 0 }),
                ("partial_choice", { $0.promptRoutes?.ids[1] = -1 }),
                ("unknown_version", { $0.responses[0].spans[0].version += 1_000_000 }),
            ]
            for (code, spoil) in faults {
                var bad = try group()
                spoil(&bad)
                guard case .receipt(let receipt) = try stranger.ask(.groupSubmission(bad)),
                    case .rejected(code, let message) = receipt.outcome
                else {
                    Issue.record("not refused as \(code)")
                    continue
                }
                #expect(!message.isEmpty)
            }
            // What the refused messages left open goes back, so that nobody has to wait for the leases' end.
            stranger.send(try stranger.frames(.goodbye(Goodbye(reason: "enough"))))
        }

        /// A group that is right in form: two experts of every layer, one token per response.
        private static func group(_ lease: Lease, _ version: VersionDescription) -> GroupSubmission {
            let records = (0..<lease.samples).map { sample in
                ResponseRecord(
                    sample: sample, tokenCount: 1,
                    spans: [VersionSpan(version: version.number, sha256: version.sha256, count: 1)],
                    verdict: WireVerdict(judgement: .wrong(score: 0)), finish: .stop)
            }
            let (layers, topK) = (SystemSettings.layers, SystemSettings.topK)
            let choice = (0..<topK).map { Int16($0) }
            let ids = (0..<lease.prompt.count * layers).flatMap { _ in choice }
            return GroupSubmission(
                leaseID: lease.leaseID, groupID: lease.groupID, attempt: lease.attempt, responses: records,
                tokens: records.map { _ in 5 }, logProbabilities: records.map { _ in -1 },
                promptRoutes: RouteTensor(rows: lease.prompt.count, layers: layers, topK: topK, ids: ids),
                responseRoutes: RouteTensor(rows: 0, layers: layers, topK: topK, ids: []))
        }

        private func expectCounts(_ run: ClusterRun) throws {
            let last = try #require(try run.steps().last)
            let malformed = last.numbers("malformed_messages")
            #expect(malformed["foreign"] == 3, "\(malformed)")
            #expect(malformed["incompatible_protocol"] == 1 && malformed["oversized"] == 1, "\(malformed)")
            #expect(malformed["tensor_bytes"] == 1 && malformed["non_finite_log_probability"] == 3, "\(malformed)")
            let refused = last.numbers("refused_submissions")
            for code in [
                "token_out_of_range", "expert_out_of_range", "duplicate_expert", "partial_choice", "unknown_version",
            ] {
                #expect(refused[code] == 1, "\(code): \(refused)")
            }
            let faults = try run.lines("peer_fault", of: "learner")
            #expect(faults.contains { $0.text("reason")?.contains("the peer speaks version 99") ?? false })
            let refusals = try run.lines("member_refused", of: "learner")
            #expect(refusals.contains { $0.text("reason")?.contains("another-run") ?? false })
        }

        /// The two roles that serve workers.
        @Test func badRequestsToVerifierAndBroadcasterAreAnsweredAndCounted() throws {
            try ClusterRun.with(["run.steps=300"]) { run in
                try run.waitForSteps(2)
                func address(_ id: String) throws -> String {
                    try #require(try run.lines("serving", of: id).last?.text("address"))
                }
                let toVerifier = try Stranger(
                    address("reward-verifier-1"), StrangerKeys(run.keys, .rolloutWorker, to: .rewardVerifier))
                toVerifier.send([Array("garbage".utf8)])
                func request(_ kind: String, _ payload: String) -> Message {
                    .verifyRequest(
                        VerifyRequest(
                            requestID: 1, kind: kind, payload: Array(payload.utf8), prompt: "", response: "1+1",
                            deadlineMilliseconds: 10_000))
                }
                let malformed = try toVerifier.ask(request("countdown", "not JSON"))
                guard case .verdictReply(let reply) = malformed else {
                    Issue.record("no verdict but \(malformed)")
                    return
                }
                #expect(reply.verdict.judgement == .unknown(.malformedTask))
                // What it does not judge is no verdict: another verifier may.
                let unheardOf = try toVerifier.refusal(of: toVerifier.frames(request("chess", "{}")))
                #expect(unheardOf.code == .notOffered && unheardOf.message.contains("chess"))
                let hello = Hello(member: Member(role: .tool, id: "x", incarnation: 1), software: "test")
                #expect(try toVerifier.refusal(of: toVerifier.frames(.hello(hello))).code == .unauthorised)

                let toBroadcaster = try Stranger(
                    address("parameter-broadcaster-1"),
                    StrangerKeys(run.keys, .rolloutWorker, to: .parameterBroadcaster))
                toBroadcaster.send([Array("garbage".utf8)])
                let fetch = Message.fetch(Fetch(versionNumber: 1_000_000, offset: 0, byteCount: 1))
                let refusal = try toBroadcaster.refusal(of: toBroadcaster.frames(fetch))
                #expect(refusal.code == .unknownVersion && refusal.message.contains("1000000"))
                #expect(try toBroadcaster.refusal(of: toBroadcaster.frames(.hello(hello))).code == .unauthorised)

                for (id, event) in [
                    ("reward-verifier-1", "verify_progress"), ("parameter-broadcaster-1", "serve_progress"),
                ] {
                    try run.wait(for: "\(id) to count the garbage") {
                        try run.lines(event, of: id).last?.numbers("malformed_messages") == ["foreign": 1]
                    }
                }
                #expect(try run.finished() == nil, "the run was over before the last attack: nothing was shown")
                expectComplete(try run.waitForTheEnd(), steps: 300)
                expectPromises(try run.steps())
            }
        }
    }
}
