import Foundation

/// The input under test, in a file, where it is still when the process dies.
final class Evidence {
    private let path: String
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    }

    func hold(_ input: [UInt8]) {
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, input, input.count, 0) == input.count else {
            fatalError("cannot write \(path)")
        }
    }

    func remove() { unlink(path) }
}

/// Ends the process when one input takes too long.
final class Watchdog {
    private let seconds: UInt32

    init(seconds: UInt32) { self.seconds = seconds }

    func watch(_ body: () -> String) -> String {
        alarm(seconds)
        defer { alarm(0) }
        return body()
    }
}

enum Limits {
    /// An allocation beyond the limit fails, and with it the process.
    static func apply(memoryBytes: UInt64) throws {
        var limit = rlimit(rlim_cur: rlim_t(memoryBytes), rlim_max: rlim_t(memoryBytes))
        guard setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 else {
            throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
        }
    }
}
