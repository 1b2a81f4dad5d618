import Execution
import Glibc

/// The thread on which tests wait for scripts: on the cooperative pool they would hold up all other tests.
@globalActor
actor ScriptThread {
    static let shared = ScriptThread()
    private let executor = ThreadExecutor(name: "scripts")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
}

/// A program could not be started, or waited for.
struct ScriptRunnerError: Error {
    let path: String
    let code: Int32
}

/// Starts programs as a shell would. Foundation's `Process` hands down the blocked signals of the thread it is used on
/// and a socket of its own, so a script under test could neither be interrupted nor leave a process behind.
enum ScriptRunner {
    /// Runs `path` in `directory` with both outputs going into the file `output`, and waits for its end.
    /// - Returns: the exit status, or 128 + the number of the signal that ended it.
    static func run(
        _ path: String, arguments: [String], environment: [String: String], directory: String, output: String
    ) throws -> Int32 {
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
        var environmentPointers = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        var process = pid_t()
        let code = posix_spawn(&process, command[0], &actions, &attributes, &argumentPointers, &environmentPointers)
        guard code == 0 else { throw ScriptRunnerError(path: path, code: code) }

        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { throw ScriptRunnerError(path: path, code: errno) }
        }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}
