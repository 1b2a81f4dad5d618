/// One version on its way here: which pieces to ask for, which have come, and the bytes so far.
///
/// Role: the receiving half of weight transfer, at a broadcaster and at a worker alike; pure, performs nothing.
/// Invariant: at most `window` pieces are asked for and unanswered, and every byte is taken once.
package struct SnapshotTransfer: Sendable {
    /// A run of bytes to ask the source for.
    package struct Piece: Sendable, Hashable {
        package let offset: Int
        package let byteCount: Int

        package init(offset: Int, byteCount: Int) {
            self.offset = offset
            self.byteCount = byteCount
        }
    }

    /// Why a piece was refused.
    package enum Refusal: Error, Equatable, CustomStringConvertible {
        case notRequested(offset: Int)
        case wrongLength(offset: Int, expected: Int, received: Int)

        package var description: String {
            switch self {
            case .notRequested(let offset): "piece at byte \(offset) was not asked for, or came twice"
            case .wrongLength(let offset, let expected, let received):
                "piece at byte \(offset) has \(received) bytes instead of \(expected)"
            }
        }
    }

    package let byteCount: Int
    private let pieceByteCount: Int
    private let window: Int
    private var nextOffset = 0
    private var returned: [Piece] = []
    private var outstanding: Set<Piece> = []
    private var missingBytes: Int
    package private(set) var bytes: [UInt8]

    /// - Parameters:
    ///   - byteCount: size of the version in bytes.
    ///   - pieceByteCount: largest piece to ask for at once.
    ///   - window: pieces in flight at once; the credit that the source grants.
    package init(byteCount: Int, pieceByteCount: Int, window: Int) {
        precondition(byteCount > 0 && pieceByteCount > 0 && window > 0, "a transfer moves bytes in pieces")
        self.byteCount = byteCount
        self.pieceByteCount = pieceByteCount
        self.window = window
        missingBytes = byteCount
        bytes = [UInt8](repeating: 0, count: byteCount)
    }

    package var isComplete: Bool { missingBytes == 0 }

    /// Pieces to ask for now, so that the window is full.
    package mutating func takeRequests() -> [Piece] {
        var requests: [Piece] = []
        while outstanding.count < window, let piece = returned.popLast() ?? nextPiece() {
            outstanding.insert(piece)
            requests.append(piece)
        }
        return requests
    }

    /// Stores an answered piece.
    package mutating func receive(offset: Int, _ piece: UnsafeRawBufferPointer) throws(Refusal) {
        guard let request = outstanding.first(where: { $0.offset == offset }) else {
            throw .notRequested(offset: offset)
        }
        guard piece.count == request.byteCount else {
            throw .wrongLength(offset: offset, expected: request.byteCount, received: piece.count)
        }
        outstanding.remove(request)
        bytes.withUnsafeMutableBytes { target in
            UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + piece.count]).copyMemory(from: piece)
        }
        missingBytes -= piece.count
    }

    /// Puts a piece back whose answer did not come in time: it will be asked for again.
    package mutating func giveUp(_ piece: Piece) {
        if outstanding.remove(piece) != nil { returned.append(piece) }
    }

    private mutating func nextPiece() -> Piece? {
        guard nextOffset < byteCount else { return nil }
        let piece = Piece(offset: nextOffset, byteCount: min(pieceByteCount, byteCount - nextOffset))
        nextOffset += piece.byteCount
        return piece
    }
}
