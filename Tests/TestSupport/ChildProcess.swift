package import Glibc

/// A program that a test started.
///
/// Started as a shell would: Foundation's `Process` hands down the blocked signals of the thread it is used on and a socket of
/// its own, so a child could neither be interrupted nor leave a process behind. Owner: the test, which waits for it or kills it.
package struct ChildProcess: Sendable {
    package let id: pid_t

    /// A program could not be started, or waited for.
    package struct Failure: Error {
        package let path: String
        package let code: Int32
    }

    private let path: String

    /// Starts `path` in `directory` with both outputs going into the file `output`, and nothing to read. Of the test's own
    /// environment it is handed a sanitizer's options only.
    package init(
        _ path: String, arguments: [String], environment: [String: String], directory: String, output: String
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let command = ["/usr/bin/env", "--chdir=\(directory)", path] + arguments
        var argumentPointers = command.map { strdup($0) } + [nil]
        let variables = environment.map { "\($0.key)=\($0.value)" } + Sanitizer.options
        var environmentPointers = variables.map { strdup($0) } + [nil]
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        var process = pid_t()
        let code = posix_spawn(&process, command[0], &actions, &attributes, &argumentPointers, &environmentPointers)
        guard code == 0 else { throw Failure(path: path, code: code) }
        id = process
        self.path = path
    }

    /// Sends a signal; to one that has ended it is no mistake.
    package func signal(_ number: Int32) { kill(id, number) }

    /// Waits for the end.
    /// - Returns: the exit status, or 128 + the number of the signal that ended it.
    package func wait() throws -> Int32 {
        while true {
            if let status = try status(options: 0) { return status }
        }
    }

    /// The same if it has ended by now; nil while it runs. After the end, ask no more.
    package func statusIfEnded() throws -> Int32? { try status(options: WNOHANG) }

    private func status(options: Int32) throws -> Int32? {
        var status: Int32 = 0
        let result = waitpid(id, &status, options)
        if result == 0 || (result < 0 && errno == EINTR) { return nil }
        guard result == id else { throw Failure(path: path, code: errno) }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}
