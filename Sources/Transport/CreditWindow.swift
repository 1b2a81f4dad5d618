/// How much may be asked for before something has come back: flow control of fetches and verify requests.
///
/// A pure state machine. Owner: whoever asks. Invariant: what is outstanding never exceeds the window, except that one
/// request larger than the whole window may go alone, so that nothing can wait for ever.
package struct CreditWindow: Sendable, Equatable {
    /// Requests that may be outstanding.
    package let items: Int
    /// Bytes of answers that may be outstanding.
    package let bytes: Int
    package private(set) var outstandingItems = 0
    package private(set) var outstandingBytes = 0

    /// A window of `items` ≥ 1 requests and `bytes` ≥ 1 bytes.
    package init(items: Int, bytes: Int) {
        precondition(items > 0 && bytes > 0, "a window of \(items) items and \(bytes) bytes lets nothing through")
        self.items = items
        self.bytes = bytes
    }

    /// Whether nothing is outstanding.
    package var isIdle: Bool { outstandingItems == 0 }

    /// Whether a request whose answer has `bytes` bytes may go now.
    package func admits(bytes: Int) -> Bool {
        isIdle || (outstandingItems < items && outstandingBytes + bytes <= self.bytes)
    }

    /// Takes the credit for a request, if there is enough; returns whether there was.
    package mutating func take(bytes: Int) -> Bool {
        precondition(bytes >= 0, "a request for \(bytes) bytes")
        guard admits(bytes: bytes) else { return false }
        outstandingItems += 1
        outstandingBytes += bytes
        return true
    }

    /// Gives back the credit of a request that was answered or given up; `bytes` as it was taken.
    package mutating func give(bytes: Int) {
        precondition(outstandingItems > 0 && outstandingBytes >= bytes, "credit of \(bytes) bytes was never taken")
        outstandingItems -= 1
        outstandingBytes -= bytes
    }
}
