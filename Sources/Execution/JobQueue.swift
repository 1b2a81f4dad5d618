import Synchronization

/// The job list of a serial executor that has a thread of its own.
///
/// Owner: the executor. Invariant: jobs run in the order of arrival, one at a time, each exactly once.
/// The list has no bound, because a Swift job can be neither refused nor dropped: its task would hang for ever.
/// What bounds it is that every actor bounds its own work.
///
/// After `finish`, when the thread is gone, late jobs run on whichever thread brings them, still in order and one at a time.
/// So a task which is resumed during or after an orderly shutdown ends normally instead of hanging or trapping.
package final class JobQueue: Sendable {
    private struct State {
        var jobs: [UnownedJob] = []
        var isFinished = false
        var isDrainedByLateComer = false
    }

    private enum Arrival { case wakeOwner, ownerIsAwake, runHere }

    private let state = Lock(State())
    /// The thread which may run jobs now, or 0.
    private let runner = Atomic<UInt>(0)

    /// An empty list without a thread.
    package init() {}

    /// Whether the calling thread is the one that runs the jobs.
    package var isRunner: Bool { runner.load(ordering: .acquiring) == NamedThread.current }

    /// Makes the calling thread the one that runs the jobs.
    package func adopt() {
        runner.store(NamedThread.current, ordering: .releasing)
    }

    /// Adds a job; `wake` is called when the owner may be asleep.
    package func append(_ job: UnownedJob, executor: UnownedSerialExecutor, wake: () -> Void) {
        let arrival = state.withLock { state -> Arrival in
            state.jobs.append(job)
            if state.isFinished {
                defer { state.isDrainedByLateComer = true }
                return state.isDrainedByLateComer ? .ownerIsAwake : .runHere
            }
            return state.jobs.count == 1 ? .wakeOwner : .ownerIsAwake
        }
        switch arrival {
        case .wakeOwner: wake()
        case .ownerIsAwake: break
        case .runHere: drainAsLateComer(on: executor)
        }
    }

    /// Runs the jobs present now, but none that they add; returns whether there were any.
    @discardableResult
    package func runPresent(on executor: UnownedSerialExecutor) -> Bool {
        let jobs = state.withLock { state in
            defer { state.jobs = [] }
            return state.jobs
        }
        for job in jobs { job.runSynchronously(on: executor) }
        return !jobs.isEmpty
    }

    /// Runs all remaining jobs and those they add, then lets go of the calling thread for good.
    package func finish(on executor: UnownedSerialExecutor) {
        repeat {
            runPresent(on: executor)
        } while !state.withLock { state in
            guard state.jobs.isEmpty else { return false }
            runner.store(0, ordering: .releasing)
            state.isFinished = true
            return true
        }
    }

    private func drainAsLateComer(on executor: UnownedSerialExecutor) {
        adopt()
        repeat {
            runPresent(on: executor)
        } while !state.withLock { state in
            guard state.jobs.isEmpty else { return false }
            runner.store(0, ordering: .releasing)
            state.isDrainedByLateComer = false
            return true
        }
    }
}
