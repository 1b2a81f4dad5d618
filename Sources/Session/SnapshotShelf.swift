package import Wire

/// The versions that a process serves, newest last: the learner's for broadcasters, a broadcaster's for workers.
///
/// Role: the sending half of weight transfer; pure. Invariants: at most `capacity` versions are held, the newest of all that
/// were added (two are the double buffer: a fetch of the one before the newest still ends well); one for each number.
package struct SnapshotShelf: Sendable {
    private struct Item: Sendable {
        let description: VersionDescription
        let content: Frame
    }

    package var capacity: Int
    /// Ascending by number.
    private var items: [Item] = []

    package init(capacity: Int) {
        precondition(capacity > 0, "a shelf without room serves nothing")
        self.capacity = capacity
    }

    package var newest: VersionDescription? { items.last?.description }
    package var versions: [UInt64] { items.map(\.description.number) }
    /// All that is held, oldest first.
    package var descriptions: [VersionDescription] { items.map(\.description) }

    package func description(of number: UInt64) -> VersionDescription? {
        items.first { $0.description.number == number }?.description
    }

    /// Puts a version on the shelf, in place of another of its number, and takes the oldest off when there is no room.
    package mutating func add(_ description: VersionDescription, content: Frame) {
        precondition(content.count == Int(description.byteCount), "a version has the bytes that it declares")
        items.removeAll { $0.description.number == description.number }
        let place = items.firstIndex { $0.description.number > description.number } ?? items.count
        items.insert(Item(description: description, content: content), at: place)
        if items.count > capacity { items.removeFirst() }
    }

    /// Takes off every version above `number`: the learner went back, and they are not the run's any more.
    package mutating func remove(above number: UInt64) {
        items.removeAll { $0.description.number > number }
    }

    /// The answer to a fetch: the bytes, sharing the shelf's memory, or why there are none.
    package func answer(_ fetch: Fetch, maximumChunkBytes: Int) -> Message {
        guard let item = items.first(where: { $0.description.number == fetch.versionNumber }) else {
            return .failure(
                Failure(
                    code: .unknownVersion,
                    message: "version \(fetch.versionNumber) is not held here, only \(versions): fetch the newest"))
        }
        let (offset, wanted) = (Int(clamping: fetch.offset), Int(clamping: fetch.byteCount))
        guard offset < item.content.count, wanted > 0 else {
            return .failure(
                Failure(
                    code: .malformed,
                    message:
                        "version \(fetch.versionNumber) has \(item.content.count) bytes; cannot send \(wanted) from \(offset)"
                ))
        }
        let end = offset + min(wanted, maximumChunkBytes, item.content.count - offset)
        return .chunk(
            Chunk(versionNumber: fetch.versionNumber, offset: fetch.offset, content: item.content.slice(offset..<end)))
    }
}
