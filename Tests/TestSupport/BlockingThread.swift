import Execution

/// The thread on which tests wait for processes: on the cooperative pool they would hold up all other tests.
@globalActor
package actor BlockingThread {
    package static let shared = BlockingThread()
    private let executor = ThreadExecutor(name: "blocking-tests")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
}
