import Crypto
import Execution

/// Checks received versions on a thread of its own, since hashing hundreds of megabytes must not hold up sockets.
package actor SnapshotHasher {
    private let executor = ThreadExecutor(name: "apus-hash")

    package init() {}

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Whether `bytes` hash to `sha256` (promise 4).
    package func hashes(_ bytes: [UInt8], to sha256: [UInt8]) -> Bool {
        Array(SHA256.hash(data: bytes)) == sha256
    }

    package nonisolated func shutdown() { executor.shutdown() }
}
