import Glibc
import Synchronization

/// A fixed set of threads that run numbered tasks together. Role: all data parallelism of a compute domain (one learner pass,
/// one generation engine). Owner: that domain; `run` is called from one thread at a time and never from inside a task.
///
/// Tasks are handed out dynamically, so which thread runs which task varies. Results must therefore depend on the task alone;
/// whatever is summed across tasks is summed afterwards, in task order.
package final class ThreadTeam: Sendable {
    /// Threads that work, the caller's included.
    package let threads: Int
    private let crew: Crew?

    /// `threads` = 1 starts no thread: tasks then run inline on the caller.
    package init(threads: Int) {
        precondition(threads >= 1, "a team needs at least one thread")
        self.threads = threads
        crew = threads > 1 ? Crew(helpers: threads - 1) : nil
    }

    deinit { crew?.stopAndJoin() }

    /// Runs `body` for every task 0 ..< tasks and returns when all are done.
    package func run(tasks: Int, _ body: (_ task: Int) -> Void) {
        run(tasks: tasks) { task, _ in body(task) }
    }

    /// The same, with the index of the thread that runs the task (0 ..< threads), for per-thread scratch.
    package func run(tasks: Int, _ body: (_ task: Int, _ thread: Int) -> Void) {
        if let crew, tasks > 1 {
            crew.run(tasks: tasks, body)
        } else {
            for task in 0..<tasks { body(task, 0) }
        }
    }

    /// Splits 0 ..< count into pieces of at most `grain` and runs `body` on each piece.
    package func run(count: Int, grain: Int, _ body: (_ range: Range<Int>, _ thread: Int) -> Void) {
        run(tasks: (count + grain - 1) / grain) { task, thread in
            body(task * grain..<min(count, (task + 1) * grain), thread)
        }
    }
}

/// The helper threads and what they share with the caller. Invariant: `job` is set only while no helper is inside it
/// (`unfinished` = 0), and published by the increment of `generation`.
private final class Crew: @unchecked Sendable {
    /// Nanoseconds for which a thread looks for work before it gives up its core: about what it costs to be woken, and longer
    /// than the gaps between the phases of a layer.
    private static let patience = 50_000

    private let helpers: Int
    private var pthreads: [pthread_t] = []
    private var job: ((Int, Int) -> Void)?
    private var tasks = 0
    private let nextTask = Atomic<Int>(0)
    private let unfinished = Atomic<Int>(0)
    private let generation = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let done = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(helpers: Int) {
        self.helpers = helpers
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(wake, nil)
        pthread_cond_init(done, nil)
        for index in 1...helpers {
            let start = Unmanaged.passRetained(Start(crew: self, index: index))
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                    start.crew.serve(as: start.index)
                    return nil
                }, start.toOpaque())
            precondition(status == 0, "pthread_create failed with \(status)")
            pthreads.append(thread)
        }
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(wake)
        pthread_cond_destroy(done)
        mutex.deallocate()
        wake.deallocate()
        done.deallocate()
    }

    /// What a new thread is told.
    private final class Start {
        let crew: Crew
        let index: Int
        init(crew: Crew, index: Int) {
            self.crew = crew
            self.index = index
        }
    }

    func run(tasks: Int, _ body: (Int, Int) -> Void) {
        withoutActuallyEscaping(body) { body in
            precondition(job == nil, "ThreadTeam.run called from two threads or from inside a task")
            job = body
            self.tasks = tasks
            nextTask.store(0, ordering: .relaxed)
            unfinished.store(helpers, ordering: .relaxed)
            generation.add(1, ordering: .releasing)
            pthread_mutex_lock(mutex)
            pthread_cond_broadcast(wake)
            pthread_mutex_unlock(mutex)
            work(as: 0)
            waitForHelpers()
            job = nil
        }
    }

    func stopAndJoin() {
        stopping.store(true, ordering: .releasing)
        generation.add(1, ordering: .releasing)
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(wake)
        pthread_mutex_unlock(mutex)
        for thread in pthreads { pthread_join(thread, nil) }
    }

    private func serve(as index: Int) {
        var seen = 0
        while true {
            seen = waitForWork(after: seen)
            if stopping.load(ordering: .acquiring) { return }
            work(as: index)
            if unfinished.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
                pthread_mutex_lock(mutex)
                pthread_cond_signal(done)
                pthread_mutex_unlock(mutex)
            }
        }
    }

    /// Takes tasks until none is left. A function of its own, so that no reference to the closure outlives the work:
    /// the caller's stack, on which the closure lives, may unwind right after.
    @inline(never)
    private func work(as index: Int) {
        guard let job else { return }
        while true {
            let task = nextTask.add(1, ordering: .relaxed).oldValue
            if task >= tasks { return }
            job(task, index)
        }
    }

    private func waitForWork(after seen: Int) -> Int {
        if spin(until: { generation.load(ordering: .acquiring) != seen }) {
            return generation.load(ordering: .acquiring)
        }
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while generation.load(ordering: .acquiring) == seen { pthread_cond_wait(wake, mutex) }
        return generation.load(ordering: .acquiring)
    }

    private func waitForHelpers() {
        if spin(until: { unfinished.load(ordering: .acquiring) == 0 }) { return }
        pthread_mutex_lock(mutex)
        while unfinished.load(ordering: .acquiring) != 0 { pthread_cond_wait(done, mutex) }
        pthread_mutex_unlock(mutex)
    }

    /// Whether the condition came true within the thread's patience.
    @inline(__always)
    private func spin(until condition: () -> Bool) -> Bool {
        let end = Self.now + Self.patience
        repeat {
            for _ in 0..<256 where condition() { return true }
        } while Self.now < end
        return false
    }

    /// Nanoseconds of the monotonic clock.
    private static var now: Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
