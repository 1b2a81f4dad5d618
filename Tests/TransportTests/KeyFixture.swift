import Foundation
import Glibc
import Testing
import Transport
import Wire

/// A directory of keys for one test, deleted with it.
final class KeyFixture: Sendable {
    let path: String
    var directory: KeyDirectory { KeyDirectory(path: path) }

    /// With one key for each role, named after it.
    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/apus-keys-\(getpid())-\(UUID().uuidString.prefix(8))"
        try directory.create()
        for role in Role.allCases { _ = try directory.issue(role, name: role.rawValue) }
    }

    deinit {
        // What cannot be deleted lies in the system's directory for such files.
        _ = try? FileManager.default.removeItem(atPath: path)
    }

    /// How a process of this role protects its connections.
    func policy(_ role: Role) throws -> SecurityPolicy {
        .curve(try Keyring(directory: path, role: role, id: role.rawValue))
    }

    /// Another directory with the same learner and a key that the first one does not know.
    func stranger(_ role: Role) throws -> KeyFixture {
        let stranger = try KeyFixture()
        for key in try directory.allowList().keys(of: .learner) {
            try stranger.allow(AllowedKey(role: .learner, name: "their-learner", key: key))
        }
        _ = try stranger.directory.revoke("own learner") { $0.name == "learner" }
        return stranger
    }

    /// Adds a line to the allow list as an editor would.
    func allow(_ key: AllowedKey) throws {
        let text = try String(contentsOfFile: directory.allowListPath, encoding: .utf8)
        try Data((text + "\(key.role.rawValue) \(key.name) \(key.key.z85)\n").utf8)
            .write(to: URL(fileURLWithPath: directory.allowListPath), options: .atomic)
    }

    func setMode(_ mode: mode_t, of file: String) {
        #expect(chmod(path + "/" + file, mode) == 0)
    }
}
