import Dispatch
import Synchronization

/// A serial executor on its own thread, for work that must not block the cooperative pool: GEMM, SQLite, fsync, waitpid.
///
/// Owner: the actor which names it as its `unownedExecutor` and keeps it in a constant. Invariant: all jobs of that actor
/// run on this one thread until `shutdown`; see `JobQueue` for the bound of the job list and for jobs that come later.
///
/// ```swift
/// actor Trainer {
///     private let executor = ThreadExecutor(name: "trainer")
///     nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
/// }
/// ```
package final class ThreadExecutor: SerialExecutor {
    private let jobs = JobQueue()
    private let wake = DispatchSemaphore(value: 0)
    private let isStopping = Atomic(false)
    private let thread: NamedThread

    /// Starts the thread, which lives until `shutdown`.
    package init(name: String) {
        thread = NamedThread(name: name)
        thread.start { self.run() }
    }

    private func run() {
        jobs.adopt()
        while !isStopping.load(ordering: .acquiring) {
            if !jobs.runPresent(on: asUnownedSerialExecutor()) { wake.wait() }
        }
        jobs.finish(on: asUnownedSerialExecutor())
    }

    /// Runs the jobs already enqueued and those they enqueue, then ends the thread and waits for its end.
    ///
    /// Blocks the caller for as long as that takes; must not be called on the executor's own thread. May be called again.
    package func shutdown() {
        precondition(!jobs.isRunner, "executor \(thread.name) cannot be shut down by one of its own jobs")
        isStopping.store(true, ordering: .releasing)
        wake.signal()
        thread.join()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        jobs.append(UnownedJob(job), executor: asUnownedSerialExecutor()) { wake.signal() }
    }

    package func checkIsolated() {
        precondition(jobs.isRunner, "this code belongs on the thread of executor \(thread.name)")
    }

    package func isIsolatingCurrentContext() -> Bool? { jobs.isRunner }
}
