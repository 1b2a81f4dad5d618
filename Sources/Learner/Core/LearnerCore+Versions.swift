import Model
import RunStore
import Session
package import Wire

extension LearnerCore {
    /// What a broadcaster that joins is told: the versions that leases may name, oldest first.
    var publications: [Publish] { shelf.descriptions.map(publication) }

    private func publication(_ version: VersionDescription) -> Publish {
        Publish(version: version, chunkByteCount: UInt64(settings.chunkBytes))
    }

    /// Puts a version out: every broadcaster is told to fetch it.
    package mutating func publish(_ description: VersionDescription, content: Frame) -> [Action] {
        shelf.add(description, content: content)
        publishedHashes[description.number] = description.sha256
        let oldest = description.number - min(description.number, settings.schedule.staleness)
        publishedHashes = publishedHashes.filter { $0.key >= oldest }
        ledger.advance(to: description.number)
        let publication = publication(description)
        let record = VersionRecord(
            number: description.number, sha256: Hexadecimal.text(description.sha256),
            byteCount: Int(description.byteCount),
            precision: description.precision.rawValue)
        return [.record([.version(record)])]
            + membership.members(.parameterBroadcaster).compactMap { broadcaster in
                peers[Membership.Key(role: broadcaster.role, id: broadcaster.id)].map {
                    .send(.publish(publication), to: $0, inReplyTo: 0)
                }
            }
    }

    /// Ends this life of the run: nothing more is leased or trained, members are asked to leave.
    package mutating func stop() {
        isStopping = true
        ledger.close()
    }
}
