package import Transport
package import Wire

/// Fetches one version over a connection, piece by piece, and hands over its bytes.
///
/// Role: performs a `SnapshotTransfer`. Owner: a worker (from a broadcaster) or a broadcaster (from the learner); lives on
/// the reactor's thread. Invariant: `completion` is called once, unless cancelled. The hash is the caller's to check, off this
/// thread.
package final class SnapshotFetch {
    /// How a fetch is paced.
    package struct Settings: Sendable {
        package var pieceByteCount: Int
        package var window: Int
        package var pieceTimeout: Duration
        /// Failures in a row after which the source is given up. Requests that were under way together and fail together,
        /// as at a lost connection, are one.
        package var attempts: Int = 5

        package init(pieceByteCount: Int, window: Int, pieceTimeout: Duration) {
            self.pieceByteCount = pieceByteCount
            self.window = window
            self.pieceTimeout = pieceTimeout
        }
    }

    package let version: VersionDescription
    private let dealer: DealerEndpoint
    private let settings: Settings
    private var transfer: SnapshotTransfer
    private var failures = 0
    private var completion: ((Result<[UInt8], TransportError>) -> Void)?

    package init(
        _ version: VersionDescription, from dealer: DealerEndpoint, settings: Settings,
        completion: @escaping (Result<[UInt8], TransportError>) -> Void
    ) {
        self.version = version
        self.dealer = dealer
        self.settings = settings
        self.completion = completion
        transfer = SnapshotTransfer(
            byteCount: Int(version.byteCount), pieceByteCount: settings.pieceByteCount, window: settings.window)
    }

    package func start() { fillWindow() }

    /// Forgets the fetch; answers still under way are ignored.
    package func cancel() { completion = nil }

    private func fillWindow() {
        let round = failures
        for piece in transfer.takeRequests() where completion != nil {
            let fetch = Fetch(
                versionNumber: version.number, offset: UInt64(piece.offset), byteCount: UInt64(piece.byteCount))
            do {
                try dealer.request(
                    .fetch(fetch), deadline: settings.pieceTimeout, name: "fetch of version \(version.number) from"
                ) { [weak self] in self?.receive(piece, round: round, $0) }
            } catch {
                fail(piece, round: round, error)
            }
        }
    }

    private func receive(
        _ piece: SnapshotTransfer.Piece, round: Int, _ answer: Result<Message, TransportError>
    ) {
        guard let completion else { return }
        switch answer {
        case .success(.chunk(let chunk))
        where chunk.versionNumber == version.number && Int(chunk.offset) == piece.offset:
            do {
                try chunk.content.withUnsafeBytes { bytes throws(SnapshotTransfer.Refusal) in
                    try transfer.receive(offset: piece.offset, bytes)
                }
            } catch {
                return fail(piece, round: round, refusal(of: piece, error.description))
            }
            failures = 0
            guard transfer.isComplete else { return fillWindow() }
            self.completion = nil
            completion(.success(transfer.bytes))
        case .success:
            fail(piece, round: round, refusal(of: piece, "the answer is not the piece at byte \(piece.offset)"))
        case .failure(let error):
            fail(piece, round: round, error)
        }
    }

    private func refusal(of piece: SnapshotTransfer.Piece, _ reason: String) -> TransportError {
        .refused(
            request: "fetch of version \(version.number) from", endpoint: dealer.address.description,
            Failure(code: .malformed, message: reason))
    }

    /// Asks again, or gives the source up: at once when it says that it does not hold the version.
    /// `round` is the number of failures when the piece was asked for.
    private func fail(_ piece: SnapshotTransfer.Piece, round: Int, _ error: TransportError) {
        guard let completion else { return }
        transfer.giveUp(piece)
        if round >= failures { failures += 1 }
        var isFinal = failures >= settings.attempts
        if case .refused(_, _, let failure) = error, failure.code == .unknownVersion { isFinal = true }
        if case .closed = error { isFinal = true }
        guard isFinal else { return fillWindow() }
        self.completion = nil
        completion(.failure(error))
    }
}
