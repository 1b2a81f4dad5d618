/// The whole life of a group, as the journal has it. Times are milliseconds since 1970 (UTC).
package struct GroupTrace: Sendable {
    package struct Lease: Sendable {
        package var lease: LeaseRecord
        package var grantedAt: Int64
        package var endedAt: Int64?
        package var outcome: String?
    }

    package struct Response: Sendable {
        package var sample: UInt32
        package var tokenCount: Int
        package var spans: [StoredResponse.Span]
        package var finish: String
        package var verdict: StoredVerdict
        package var outcome: ResponseOutcome?
        package var text: String?
    }

    /// The step that trained on the group.
    package struct Step: Sendable {
        package var number: Int
        package var position: Int
        package var consumingVersion: UInt64
        package var version: UInt64?
        package var sha256: String?
        package var finishedAt: Int64?
    }

    package var groupID: UInt64
    package var promptIndex: UInt64
    package var promptText: String
    package var promptTokens: Int
    package var batch: UInt64?
    package var issue: UInt32
    package var state: String
    package var dropReason: String?
    package var issuedAt: Int64
    package var acceptedAt: Int64?
    package var endedAt: Int64?
    package var leases: [Lease]
    package var responses: [Response]
    package var step: Step?
}
