import CSandbox
import Execution
import Glibc

/// Collects processes whose parents ended before them.
///
/// They would go to the host's init, which in many containers is a program that collects nobody: every one that ends stays a
/// zombie, until no process can be started any more. Only for a process whose own children are all of `SpawnedProcess`: anybody
/// else's child would be collected under their hands.
package enum OrphanCollection {
    /// Children that were started here and are collected by those who started them.
    private static let started = Lock<Set<pid_t>>([])
    private static let pause = Duration.seconds(1)

    /// From now on orphans become children of this process.
    package static func adopt() throws(SystemError) {
        guard csandbox_become_subreaper() == 0 else { throw SystemError("prctl(PR_SET_CHILD_SUBREAPER)", errno) }
    }

    /// Collects those that end, until the task is cancelled.
    package static func run() async {
        do {
            while true {
                collect()
                try await Task.sleep(for: pause)
            }
        } catch {
            // Only a cancellation is thrown here: nobody wants this any more.
        }
    }

    private static func collect() {
        started.withLock { started in
            for child in ProcessTree.children(of: getpid()) where !started.contains(child) {
                waitpid(child, nil, WNOHANG)
            }
        }
    }

    /// Starts a process with `spawn`; it is no orphan even if it ends before it is known here.
    static func start(_ spawn: () -> (process: pid_t, code: Int32)) -> (process: pid_t, code: Int32) {
        started.withLock { started in
            let result = spawn()
            if result.code == 0 { started.insert(result.process) }
            return result
        }
    }

    /// The child has been collected: its number may be anybody's from now on.
    static func forget(_ process: pid_t) { started.withLock { _ = $0.remove(process) } }
}
