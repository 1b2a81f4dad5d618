import Foundation
import Testing

/// `apus keys`, as its manual says.
@Suite struct KeysCommandTests {
    @Test func aDirectoryIsMadeListedExtendedAndPruned() async throws {
        let scratch = try ScratchDirectory()
        let keys = scratch.file("keys")
        let made = try await Tool.run("keys", "init", keys)
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.split(separator: "\n").count == 4)
        let again = try await Tool.run("keys", "init", keys)
        #expect(again.status == 1 && again.errors.contains(keys) && again.errors.contains("issue"))

        let issued = try await Tool.run(
            "keys", "issue", "--keys", keys, "--role", "rollout-worker", "--name", "host7", "--to", keys + "-host7")
        #expect(issued.status == 0, "\(issued.errors)")
        let key = try #require(issued.output.split(separator: " ").first)
        #expect(key.count == 16)
        #expect(FileManager.default.fileExists(atPath: keys + "-host7/host7.secret"))
        #expect(!FileManager.default.fileExists(atPath: keys + "/host7.secret"))

        let listed = try await Tool.run("keys", "list", "--keys", keys)
        let lines = listed.output.split(separator: "\n")
        #expect(lines.count == 5 && lines[0].hasSuffix("learner  secret"))
        #expect(lines[4] == "\(key)  rollout-worker  host7")

        // A rotation: the newest key stays.
        let next = try await Tool.run(
            "keys", "issue", "--keys", keys, "--role", "rollout-worker", "--name", "host7", "--to", keys + "-host7")
        let pruned = try await Tool.run("keys", "revoke", "--keys", keys, "--name", "host7", "--superseded")
        #expect(pruned.status == 0 && pruned.output == issued.output)
        let revoked = try await Tool.run(
            "keys", "revoke", "--keys", keys, "--key", String(try #require(next.output.split(separator: " ").first)))
        #expect(revoked.status == 0 && revoked.output == next.output)
        let nothing = try await Tool.run("keys", "revoke", "--keys", keys, "--name", "host7")
        #expect(nothing.status == 1 && nothing.errors.contains("host7"))
        let orphan = try await Tool.run("keys", "revoke", "--keys", keys, "--name", "learner")
        #expect(orphan.status == 0)
        #expect(try await Tool.run("keys", "list", "--keys", keys).errors.contains("learner.secret: not allowed"))
    }

    @Test func nothingThatIsPrintedHasASecret() async throws {
        let scratch = try ScratchDirectory()
        let keys = scratch.file("keys")
        let made = try await Tool.run("keys", "init", keys)
        let listed = try await Tool.run("keys", "list", "--keys", keys)
        for file in try FileManager.default.contentsOfDirectory(atPath: keys) where file.hasSuffix(".secret") {
            let text = try String(contentsOfFile: keys + "/" + file, encoding: .utf8)
            let secret = try #require(text.split(whereSeparator: \.isWhitespace).last)
            #expect(!(made.output + made.errors + listed.output + listed.errors).contains(secret))
        }
    }

    @Test(arguments: [
        ["issue", "--role", "boss", "--name", "x"], ["revoke"], ["revoke", "--name", "x", "--key", "0123456789"],
        ["revoke", "--key", "0123"], ["revoke", "--key", "0123456789", "--superseded"],
    ])
    func wrongUsageIsRefused(arguments: [String]) async throws {
        #expect(try await Tool.run(["keys"] + arguments).status == 64)
    }

    @Test(arguments: ["../x", ".x", "a b", String(repeating: "x", count: 65)])
    func namesAreFileNames(name: String) async throws {
        let scratch = try ScratchDirectory()
        let keys = scratch.file("keys")
        _ = try await Tool.run("keys", "init", keys, "--empty")
        let run = try await Tool.run("keys", "issue", "--keys", keys, "--role", "tool", "--name=\(name)")
        #expect(run.status == 1 && run.errors.contains("name"), "\(run.errors)")
    }
}
