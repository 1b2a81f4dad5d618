import Glibc

/// Whole files as bytes.
package enum FileReading {
    /// Maps a regular file read-only. The file must not be truncated while it is mapped: reading past the new end would
    /// raise SIGBUS. Model files are replaced by rename, never rewritten in place.
    package static func map(_ path: String) throws(FileError) -> SharedBytes {
        let descriptor = try open(path)
        defer { close(descriptor) }
        let size = try size(of: descriptor, path: path)
        guard size > 0 else { return SharedBytes(count: 0) { _ in } }
        guard let base = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw FileError(operation: "map", path: path)
        }
        return SharedBytes(adoptingMapping: base, length: size)
    }

    /// Reads a file of at most `limit` bytes.
    package static func read(_ path: String, limit: Int) throws(FileError) -> [UInt8] {
        let descriptor = try open(path)
        defer { close(descriptor) }
        let size = try size(of: descriptor, path: path)
        guard size <= limit else { throw FileError(operation: "read", path: path, code: EFBIG) }
        var bytes = [UInt8](repeating: 0, count: size)
        var position = 0
        while position < size {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + position }, size - position)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileError(operation: "read", path: path) }
            // The file shrank since `fstat`: what is there is the file.
            if count == 0 { return Array(bytes[..<position]) }
            position += count
        }
        return bytes
    }

    /// Whether anything is at `path`.
    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    package static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func open(_ path: String) throws(FileError) -> Int32 {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError(operation: "open", path: path) }
        return descriptor
    }

    private static func size(of descriptor: Int32, path: String) throws(FileError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError(operation: "stat", path: path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError(operation: "read", path: path, code: EISDIR) }
        return Int(status.st_size)
    }
}
