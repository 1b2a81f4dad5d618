import Foundation
import TestSupport
import Testing

/// A small disk of a test's own, which it can fill without harm to others.
enum Disk {
    /// Mounts a file system in memory at `path`. False where the process may not.
    static func mount(at path: String, megabytes: Int) throws -> Bool {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return Glibc.mount("apus-test", path, "tmpfs", 0, "size=\(megabytes)m") == 0
    }

    /// Takes it away with all that is on it.
    static func unmount(_ path: String) {
        #expect(umount2(path, Int32(MNT_DETACH)) == 0)
    }

    /// Writes a file until there is no room left.
    static func fill(_ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0, count: 4_096)
        while write(descriptor, block, block.count) > 0 {}
        #expect(errno == ENOSPC)
    }
}
