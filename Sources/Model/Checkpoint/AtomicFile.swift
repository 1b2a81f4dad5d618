import Glibc

/// Writes a file so that its name always holds either the old content or all of the new, power loss included:
/// temporary file beside it, fsync, rename, fsync of the directory.
package enum AtomicFile {
    package static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
        let result: Result<Void, FileError> = bytes.withUnsafeBytes { raw in
            do throws(FileError) { return .success(try write([raw], to: path)) } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Writes the pieces one after another.
    package static func write(_ pieces: [UnsafeRawBufferPointer], to path: String) throws(FileError) {
        let temporary = "\(path).\(getpid()).temporary"
        do throws(FileError) {
            try writeDurably(pieces, to: temporary)
            guard rename(temporary, path) == 0 else { throw FileError(operation: "rename to", path: path) }
        } catch {
            unlink(temporary)
            throw error
        }
        try synchroniseDirectory(of: path)
    }

    private static func writeDurably(_ pieces: [UnsafeRawBufferPointer], to path: String) throws(FileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileError(operation: "create", path: path) }
        defer { close(descriptor) }
        for piece in pieces { try write(piece, to: descriptor, path: path) }
        guard fsync(descriptor) == 0 else { throw FileError(operation: "sync", path: path) }
    }

    private static func write(
        _ piece: UnsafeRawBufferPointer, to descriptor: Int32, path: String
    ) throws(FileError) {
        var rest = piece
        while let base = rest.baseAddress, !rest.isEmpty {
            let count = Glibc.write(descriptor, base, rest.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileError(operation: "write", path: path) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Makes a rename in the directory that holds `path` durable.
    package static func synchroniseDirectory(of path: String) throws(FileError) {
        let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(operation: "open", path: directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError(operation: "sync", path: directory) }
    }
}
