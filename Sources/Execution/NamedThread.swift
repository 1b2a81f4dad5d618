import Glibc

/// A POSIX thread with a name that `ps -T` and debuggers show.
///
/// Owner: the executor whose work it runs. Invariant: started at most once; `join` returns only when the thread is gone.
package final class NamedThread: Sendable {
    /// At most 15 bytes of it reach the kernel.
    package let name: String
    private let handle = Lock<pthread_t?>(nil)

    /// Prepares a thread; nothing runs before `start`.
    package init(name: String) {
        self.name = name
    }

    /// Identity of the calling thread, never 0.
    package static var current: UInt { UInt(pthread_self()) }

    /// Runs `body` on the new thread.
    ///
    /// A machine which can start no thread cannot run a role at all, so that ends the process with the reason.
    package func start(_ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(ThreadStart(name: name, body: body))
        handle.withLock { handle in
            precondition(handle == nil, "thread \(name) was started twice")
            var thread = pthread_t()
            let status = pthread_create(&thread, nil, runThread, start.toOpaque())
            guard status == 0 else {
                fatalError("cannot start thread \(name): \(String(cString: strerror(status)))")
            }
            handle = thread
        }
    }

    /// Waits until the thread has ended; later calls return at once.
    package func join() {
        handle.withLock { handle in
            guard let thread = handle else { return }
            precondition(pthread_equal(thread, pthread_self()) == 0, "thread \(name) cannot wait for its own end")
            pthread_join(thread, nil)
            handle = nil
        }
    }
}

/// What a new thread needs to know, handed over through `pthread_create`.
private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
    nameCurrentThread(start.name)
    start.body()
    return nil
}

/// The name is a help for people only, so a failure to set it changes nothing.
private func nameCurrentThread(_ name: String) {
    // Swift's Glibc overlay leaves out pthread_setname_np; the kernel's file does the same.
    guard let file = fopen("/proc/thread-self/comm", "w") else { return }
    // The kernel takes 15 bytes and would cut the rest by itself, but perhaps within a character.
    fputs(String(decoding: name.utf8.prefix(15), as: UTF8.self), file)
    fclose(file)
}
