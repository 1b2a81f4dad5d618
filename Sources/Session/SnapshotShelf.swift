package import Wire

/// The versions that a process serves, newest last: the learner's for broadcasters, a broadcaster's for workers.
///
/// Role: the sending half of weight transfer; pure. Invariant: at most `capacity` versions are held, so that a fetch of the
/// version before the newest still ends well while memory stays bounded (two are the double buffer).
package struct SnapshotShelf: Sendable {
    private struct Item: Sendable {
        let description: VersionDescription
        let content: Frame
    }

    private let capacity: Int
    private var items: [Item] = []

    package init(capacity: Int) {
        precondition(capacity > 0, "a shelf without room serves nothing")
        self.capacity = capacity
    }

    package var newest: VersionDescription? { items.last?.description }
    package var versions: [UInt64] { items.map(\.description.number) }

    /// Puts a version on the shelf and takes the oldest off it when it is full. Older than the newest: ignored.
    package mutating func add(_ description: VersionDescription, content: Frame) {
        precondition(content.count == Int(description.byteCount), "a version has the bytes that it declares")
        if let newest, newest.number >= description.number { return }
        items.append(Item(description: description, content: content))
        if items.count > capacity { items.removeFirst() }
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
