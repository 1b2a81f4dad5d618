import Foundation
import Testing
import Transport
import Wire

/// Keys as files: what is read, what is refused, and that no secret shows itself.
@Suite struct KeyFileTests {
    @Test func aDirectoryGivesEachRoleItsKey() throws {
        let keys = try KeyFixture()
        for role in Role.allCases {
            let own = try keys.directory.ownKey(role: role, id: role.rawValue)
            #expect(own.allowed.role == role && own.allowed.name == role.rawValue)
            #expect(try keys.directory.allowList()[own.allowed.key] == own.allowed)
        }
        #expect(
            try keys.directory.ownKey(role: .rolloutWorker, id: "rollout-worker-7").allowed.name == "rollout-worker")
        #expect(throws: KeyError.noKey(directory: keys.path, role: .rolloutWorker, id: "other")) {
            try keys.directory.ownKey(role: .rolloutWorker, id: "other")
        }
        // The longest name that fits, of the right role.
        _ = try keys.directory.issue(.rolloutWorker, name: "rollout-worker-7")
        #expect(
            try keys.directory.ownKey(role: .rolloutWorker, id: "rollout-worker-7-b").allowed.name == "rollout-worker-7"
        )
        #expect(throws: KeyError.noKey(directory: keys.path, role: .learner, id: "rollout-worker-7")) {
            try keys.directory.ownKey(role: .learner, id: "rollout-worker-7")
        }
    }

    @Test func filesAreMadeForTheirOwnerOnly() throws {
        let keys = try KeyFixture()
        func mode(_ file: String) throws -> Int {
            try #require(FileManager.default.attributesOfItem(atPath: keys.path + file)[.posixPermissions] as? Int)
        }
        #expect(try mode("") == 0o700)
        #expect(try mode("/learner.secret") == 0o600)
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o777] as [mode_t])
    func aSecretThatOthersCouldReadIsRefused(mode: mode_t) throws {
        let keys = try KeyFixture()
        keys.setMode(mode, of: "learner.secret")
        let error = #expect(throws: KeyError.self) { try keys.directory.ownKey(role: .learner, id: "learner") }
        #expect(error?.description.contains("chmod 0600 \(keys.path)/learner.secret") == true)
        keys.setMode(0o400, of: "learner.secret")
        _ = try keys.directory.ownKey(role: .learner, id: "learner")
    }

    @Test func whatOthersCouldChangeIsRefused() throws {
        let keys = try KeyFixture()
        keys.setMode(0o666, of: "allowed")
        #expect(throws: KeyError.self) { try keys.directory.allowList() }
        #expect(throws: KeyError.self) { try Keyring(directory: keys.path, role: .learner, id: "learner") }
        keys.setMode(0o644, of: "allowed")
        keys.setMode(0o777, of: "")
        #expect(throws: KeyError.self) { try keys.directory.ownKey(role: .learner, id: "learner") }
    }

    @Test func aKeyThatIsNotAllowedDoesNotStartAProcess() throws {
        let keys = try KeyFixture()
        _ = try Keyring(directory: keys.path, role: .learner, id: "learner")
        _ = try keys.directory.revoke("learner") { $0.name == "learner" }
        let error = #expect(throws: KeyError.self) { try Keyring(directory: keys.path, role: .learner, id: "learner") }
        #expect(error?.description.contains("revoked") == true)
    }

    @Test func aNameMayHaveSeveralKeysWhileTheyRotate() throws {
        let keys = try KeyFixture()
        let former = try keys.directory.ownKey(role: .rewardVerifier, id: "reward-verifier").allowed
        let next = try keys.directory.issue(.rewardVerifier, name: "reward-verifier")
        #expect(try keys.directory.ownKey(role: .rewardVerifier, id: "reward-verifier").allowed == next)
        #expect(try keys.directory.allowList().keys(of: .rewardVerifier) == [next.key, former.key])
        #expect(try keys.directory.revoke("old") { $0.key == former.key } == [former])
        #expect(try keys.directory.allowList()[former.key] == nil)
        #expect(throws: KeyError.self) { try keys.directory.revoke("old") { $0.key == former.key } }
    }

    @Test func aKeyForAnotherHostLeavesNoSecretHere() throws {
        let keys = try KeyFixture()
        let other = KeyDirectory(path: keys.path + "/host7")
        let key = try keys.directory.issue(.rolloutWorker, name: "host7", destination: other)
        #expect(try !keys.directory.ownKeys().contains(key))
        let keyring = try Keyring(directory: other.path, role: .rolloutWorker, id: "host7-2")
        #expect(keyring.own.allowed == key)
        #expect(try other.allowList() == keys.directory.allowList())
    }

    @Test(arguments: [
        ("learner x\n", 1, "2 words"), ("# fine\n\nboss x KEY\n", 3, "unknown role boss"),
        ("learner ../x KEY\n", 1, "the name"), ("learner x KEY \n", 1, "Z85"), ("learner x KEY KEY\n", 1, "4 words"),
    ])
    func aMalformedAllowListIsRefusedWithItsLine(text: String, line: Int, reason: String) {
        let error = #expect(throws: KeyError.self) { try AllowList(parsing: text, path: "allowed") }
        #expect(
            error?.description.hasPrefix("allowed:\(line): ") == true && error?.description.contains(reason) == true)
    }

    @Test func whatIsWrittenIsReadAndNoKeyComesTwice() throws {
        let keys = try KeyFixture()
        let list = try keys.directory.allowList()
        #expect(list.keys.count == Role.allCases.count)
        #expect(try AllowList(parsing: list.text, path: "allowed") == list)
        let again = "tool another \(list.keys[0].key.z85)\n"
        #expect(throws: KeyError.self) { try AllowList(parsing: list.text + again, path: "allowed") }
    }

    @Test func aSpoiltSecretIsRefusedAndNotShown() throws {
        let keys = try KeyFixture()
        let path = keys.directory.secretPath("learner")
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let secret = try #require(text.split(separator: "\n").last?.split(separator: " ").last)
        for spoilt in [
            text.replacingOccurrences(of: secret, with: String(secret.reversed())),
            text.replacingOccurrences(of: secret, with: ""),
            text + "secret \(secret)\n", text.replacingOccurrences(of: "secret \(secret)", with: "\(secret)"),
        ] {
            try Data(spoilt.utf8).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: KeyError.self) { try keys.directory.ownKey(role: .learner, id: "learner") }
            #expect(error?.description.contains(secret) == false)
        }
    }

    @Test func nothingThatDescribesAPolicyShowsASecret() throws {
        let keys = try KeyFixture()
        let policy = try keys.policy(.learner)
        let text = try String(contentsOfFile: keys.directory.secretPath("learner"), encoding: .utf8)
        let secret = try #require(text.split(separator: "\n").last?.split(separator: " ").last)
        var dumped = ""
        dump(policy, to: &dumped)
        for shown in ["\(policy)", String(reflecting: policy), dumped] {
            #expect(!shown.contains(secret))
            #expect(shown.contains("secret key") || shown == dumped)
        }
    }

    @Test func aKeyAdmitsItsRoleItsNameAndItsOwnEndpoints() throws {
        let keys = try KeyFixture()
        let key = try keys.directory.issue(.rewardVerifier, name: "host7")
        func member(_ role: Role, _ id: String, _ serverKey: [UInt8]) -> Member {
            let endpoint = Endpoint(purpose: .serving, address: "tcp://h:1", serverKey: serverKey)
            return Member(role: role, id: id, incarnation: 1, endpoints: [endpoint])
        }
        for id in ["host7", "host7-1", "host7-gpu-0"] {
            #expect(key.refusal(of: member(.rewardVerifier, id, key.key.bytes)) == nil)
        }
        for bad in [
            member(.rolloutWorker, "host7", key.key.bytes), member(.rewardVerifier, "host8", key.key.bytes),
            member(.rewardVerifier, "host77", key.key.bytes), member(.rewardVerifier, "host7", []),
            member(.rewardVerifier, "host7", [UInt8](repeating: 1, count: 32)),
        ] {
            #expect(key.refusal(of: bad)?.code == .unauthorised)
        }
    }
}
