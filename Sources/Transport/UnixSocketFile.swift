import Glibc

/// The file that a Unix socket leaves in the file system.
///
/// libzmq removes whatever lies at the path before it binds, a living peer's socket or a user's file alike; hence this check.
enum UnixSocketFile {
    /// Throws if somebody listens at the address, or if something other than a socket lies there.
    static func requireFree(for address: EndpointAddress) throws(TransportError) {
        guard case .ipc(let path) = address.kind else { return }
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw systemError("cannot look at \(path)", errno)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw .invalidAddress(address.description, reason: "a file that is not a socket lies there")
        }
        if try isListening(path) { throw .addressInUse(address, owner: AddressOwner.find(of: address)) }
    }

    /// Takes the file away when its listener closes, which libzmq does not.
    static func remove(for address: EndpointAddress) {
        guard case .ipc(let path) = address.kind else { return }
        // If somebody else has taken it away already, there is nothing left to do.
        unlink(path)
    }

    /// A socket file without a listener is what a killed process leaves behind.
    private static func isListening(_ path: String) throws(TransportError) -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw systemError("cannot probe \(path)", errno) }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if result == 0 { return true }
        guard errno == ECONNREFUSED || errno == ENOENT else { throw systemError("cannot probe \(path)", errno) }
        return false
    }

    private static func systemError(_ operation: String, _ code: Int32) -> TransportError {
        .system(operation: operation, code: code, reason: String(cString: strerror(code)))
    }
}
