import Session
import TestSupport
import Testing
import Wire

@Suite struct SnapshotTests {
    static let content = (0..<10_007).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

    func description(_ number: UInt64) -> VersionDescription {
        VersionDescription(
            number: number, sha256: Array(repeating: UInt8(number), count: 32), byteCount: UInt64(Self.content.count),
            precision: .bf16)
    }

    func shelf(_ numbers: [UInt64], capacity: Int = 2) -> SnapshotShelf {
        var shelf = SnapshotShelf(capacity: capacity)
        for number in numbers { shelf.add(description(number), content: Frame(copying: Self.content)) }
        return shelf
    }

    /// Answers come in any order and some never come: the bytes are whole in the end, and the window is never exceeded.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func aTransferIsWholeWhateverTheOrderOfAnswers(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let shelf = shelf([4])
        var transfer = SnapshotTransfer(byteCount: Self.content.count, pieceByteCount: 512, window: 5)
        var open: [SnapshotTransfer.Piece] = []
        while !transfer.isComplete {
            open += transfer.takeRequests()
            #expect(open.count <= 5)
            let piece = open.remove(at: Int(random.next() % UInt64(open.count)))
            if random.next() % 3 == 0 {
                transfer.giveUp(piece)
                continue
            }
            let fetch = Fetch(versionNumber: 4, offset: UInt64(piece.offset), byteCount: UInt64(piece.byteCount))
            guard case .chunk(let chunk) = shelf.answer(fetch, maximumChunkBytes: 512) else {
                Issue.record("no chunk for \(piece)")
                return
            }
            try chunk.content.withUnsafeBytes { try transfer.receive(offset: piece.offset, $0) }
        }
        #expect(transfer.bytes == Self.content)
    }

    @Test func unexpectedPiecesAreRefused() {
        var transfer = SnapshotTransfer(byteCount: 100, pieceByteCount: 40, window: 1)
        let first = transfer.takeRequests()
        #expect(first == [.init(offset: 0, byteCount: 40)])
        #expect(throws: SnapshotTransfer.Refusal.notRequested(offset: 40)) {
            try [UInt8](repeating: 1, count: 40).withUnsafeBytes { try transfer.receive(offset: 40, $0) }
        }
        #expect(throws: SnapshotTransfer.Refusal.wrongLength(offset: 0, expected: 40, received: 39)) {
            try [UInt8](repeating: 1, count: 39).withUnsafeBytes { try transfer.receive(offset: 0, $0) }
        }
    }

    @Test func theShelfKeepsTheNewestTwoAndSaysWhatItHolds() {
        let shelf = shelf([1, 2, 3, 2])
        #expect(shelf.versions == [2, 3] && shelf.newest?.number == 3)
        guard
            case .failure(let failure) = shelf.answer(
                .init(versionNumber: 1, offset: 0, byteCount: 1), maximumChunkBytes: 9)
        else {
            Issue.record("version 1 should be gone")
            return
        }
        #expect(failure.code == .unknownVersion)
    }

    @Test(arguments: [(UInt64(20_000), UInt64(1)), (0, 0), (.max, .max)])
    func absurdFetchesAreRefused(offset: UInt64, byteCount: UInt64) {
        let answer = shelf([1]).answer(
            .init(versionNumber: 1, offset: offset, byteCount: byteCount), maximumChunkBytes: 64)
        guard case .failure(let failure) = answer else {
            Issue.record("offset \(offset), \(byteCount) bytes were answered")
            return
        }
        #expect(failure.code == .malformed)
    }
}
