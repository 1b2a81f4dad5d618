import Execution
import Foundation
import Testing

/// An actor confined to a thread of its own.
private actor Confined {
    private let executor: ThreadExecutor
    private(set) var sum = 0
    private(set) var order: [Int] = []

    init(executor: ThreadExecutor) {
        self.executor = executor
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func add(_ value: Int) { sum += value }

    func record(_ value: Int) { order.append(value) }

    func threadName() -> String { contentOfFile("/proc/thread-self/comm") }

    func threadIdentity() -> UInt { NamedThread.current }

    /// Checks synchronously that plain code on this thread counts as the actor's.
    func sumFromPlainCode() -> Int {
        let plain = { self.assumeIsolated { $0.sum } }
        return plain()
    }
}

@Suite struct ThreadExecutorTests {
    @Test func everyJobRunsOnTheOneNamedThread() async {
        let executor = ThreadExecutor(name: "a-rather-long-thread-name")
        let actor = Confined(executor: executor)
        #expect(await actor.threadName() == "a-rather-long-t")
        let identity = await actor.threadIdentity()
        await withTaskGroup { group in
            for _ in 0..<100 { group.addTask { await actor.threadIdentity() } }
            for await other in group { #expect(other == identity) }
        }
        executor.shutdown()
    }

    @Test func nothingIsLostUnderContention() async {
        let executor = ThreadExecutor(name: "contended")
        let actor = Confined(executor: executor)
        await withTaskGroup { group in
            for task in 1...8 { group.addTask { for _ in 0..<2000 { await actor.add(task) } } }
        }
        #expect(await actor.sum == 36 * 2000)
        executor.shutdown()
    }

    @Test func isolationIsKnownOnTheThreadAndNowhereElse() async {
        let executor = ThreadExecutor(name: "isolated")
        let actor = Confined(executor: executor)
        await actor.add(3)
        #expect(await actor.sumFromPlainCode() == 3)
        #expect(executor.isIsolatingCurrentContext() == false)
        executor.shutdown()
    }

    @Test func shutdownEndsTheThread() async throws {
        let executor = ThreadExecutor(name: "to-be-ended-1")
        let actor = Confined(executor: executor)
        #expect(await actor.threadName() == "to-be-ended-1")
        executor.shutdown()
        executor.shutdown()
        #expect(try await threadDisappears(named: "to-be-ended-1"))
    }

    @Test func jobsAfterShutdownStillRunOneAtATime() async {
        let executor = ThreadExecutor(name: "late")
        let actor = Confined(executor: executor)
        executor.shutdown()
        await withTaskGroup { group in
            for _ in 0..<8 { group.addTask { for _ in 0..<1000 { await actor.add(1) } } }
        }
        #expect(await actor.sum == 8000)
        #expect(executor.isIsolatingCurrentContext() == false)
    }

    @Test func shutdownDuringWorkLosesNothing() async {
        let executor = ThreadExecutor(name: "busy")
        let actor = Confined(executor: executor)
        await withTaskGroup { group in
            for _ in 0..<4 { group.addTask { for _ in 0..<2000 { await actor.add(1) } } }
            group.addTask {
                while await actor.sum < 1000 {}
                executor.shutdown()
            }
        }
        #expect(await actor.sum == 8000)
    }
}

/// Whether no thread of this process has that name any more, waiting for the kernel to take its entry away.
private func threadDisappears(named name: String) async throws -> Bool {
    let deadline = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < deadline {
        let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
        // A thread may end between the listing and the look; then it has no name.
        let names = threads.map { contentOfFile("/proc/self/task/\($0)/comm") }
        if !names.contains(name) { return true }
        await Task.yield()
    }
    return false
}

/// The line in a small file, empty if there is none.
private func contentOfFile(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        .trimmingCharacters(in: .newlines)
}
