import Model
import RunStore

/// Reads groups back from the journal as they were trained on.
struct BatchReader: Sendable {
    let database: RunDatabase
    /// SHA-256 of the published versions, in hexadecimal.
    let hashes: [UInt64: String]

    func experience(_ groupID: UInt64) throws -> Experience {
        let group = try database.group(groupID)
        return try Experience(group, prompt: database.prompt(group.promptIndex), hashes: hashes)
    }

    /// The batch of a step, in its order.
    func batch(_ step: StoredRun.Step) throws -> [Experience] { try step.groupIDs.map(experience) }
}
