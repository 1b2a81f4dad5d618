import Session
package import Wire

extension LearnerCore {
    /// What broadcasters are told of the newest version; nil before the first.
    var publication: Publish? {
        shelf.newest.map { Publish(version: $0, chunkByteCount: UInt64(settings.chunkBytes)) }
    }

    /// Puts a version out: every broadcaster is told to fetch it.
    package mutating func publish(_ description: VersionDescription, content: Frame) -> [Action] {
        shelf.add(description, content: content)
        publishedHashes[description.number] = description.sha256
        let oldest = description.number - min(description.number, UInt64(settings.maximumStaleness))
        publishedHashes = publishedHashes.filter { $0.key >= oldest }
        guard let publication else { return [] }
        return membership.members(.parameterBroadcaster).compactMap { broadcaster in
            peers[Membership.Key(role: broadcaster.role, id: broadcaster.id)].map {
                .send(.publish(publication), to: $0, inReplyTo: 0)
            }
        }
    }

    /// Ends the run: nothing more is leased or trained, live groups are dropped, members are asked to leave.
    package mutating func stop() {
        isStopping = true
        ledger.close()
        experiences = [:]
        experienceBytes = 0
    }
}
