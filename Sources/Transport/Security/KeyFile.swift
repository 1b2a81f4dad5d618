import Glibc

/// Reads and writes single files of a directory of keys, with their permissions.
enum KeyFile {
    /// Bits that the mode of a file must not have.
    enum Protection {
        /// Nobody else may read it.
        case secret
        /// Everybody may read it, nobody else may write it.
        case integrity

        fileprivate var forbidden: UInt32 { self == .secret ? 0o077 : 0o022 }
        fileprivate var allowed: String { self == .secret ? "0600" : "0644" }
    }

    /// What tells one content of a file from the next without reading it.
    struct Stamp: Equatable {
        fileprivate let inode: UInt
        fileprivate let seconds: Int
        fileprivate let nanoseconds: Int
        fileprivate let size: Int
    }

    private static let maximumBytes = 8 << 20

    static func stamp(_ path: String) -> Stamp? {
        var status = stat()
        return stat(path, &status) == 0 ? Stamp(status) : nil
    }

    /// The file's text. Permissions are those of the file that is read, whatever happens to its name meanwhile.
    static func read(_ path: String, _ protection: Protection) throws(KeyError) -> (text: String, stamp: Stamp) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: reason()) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, reason: reason()) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(path: path, reason: "it is not a file") }
        try check(status, path, protection)
        guard status.st_size <= maximumBytes else {
            throw .unreadable(path: path, reason: "it has \(status.st_size) bytes")
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0, bytes.count <= maximumBytes else { throw .unreadable(path: path, reason: reason()) }
            if count == 0 { break }
            bytes += buffer.prefix(count)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .unreadable(path: path, reason: "it is not UTF-8")
        }
        return (text, Stamp(status))
    }

    /// Whoever may write into the directory may replace what lies there.
    static func checkDirectory(_ path: String) throws(KeyError) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .unreadable(path: path, reason: reason()) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw .unreadable(path: path, reason: "it is not a directory") }
        try check(status, path, .integrity, allowed: "0755")
    }

    private static func check(
        _ status: stat, _ path: String, _ protection: Protection, allowed: String? = nil
    ) throws(KeyError) {
        let mode = status.st_mode & 0o7777
        guard mode & protection.forbidden == 0 else {
            throw .permissions(path: path, mode: mode, allowed: allowed ?? protection.allowed)
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else { throw .owner(path: path, user: status.st_uid) }
    }

    /// Puts a whole file in place of the former one, or leaves that as it is.
    static func write(_ text: String, to path: String, _ protection: Protection) throws(KeyError) {
        let temporary = "\(path).new"
        unlink(temporary)
        let mode: mode_t = protection == .secret ? 0o600 : 0o644
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw .unwritable(path: path, reason: reason()) }
        let bytes = Array(text.utf8)
        let isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        let problem = reason()
        close(descriptor)
        guard isWritten, rename(temporary, path) == 0 else {
            unlink(temporary)
            throw .unwritable(path: path, reason: problem)
        }
    }

    static func reason() -> String { String(cString: strerror(errno)) }
}

extension KeyFile.Stamp {
    fileprivate init(_ status: stat) {
        inode = status.st_ino
        seconds = status.st_mtim.tv_sec
        nanoseconds = status.st_mtim.tv_nsec
        size = status.st_size
    }
}
