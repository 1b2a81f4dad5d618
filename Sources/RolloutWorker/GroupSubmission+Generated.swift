import Generation
import Model
import Wire

extension GroupSubmission {
    /// A generated group as it goes to the learner, its verdicts still open.
    ///
    /// - Parameters:
    ///   - hashes: SHA-256 of every version that sampled a token.
    ///   - texts: the responses as text, in the group's order.
    init(_ group: GeneratedGroup, lease: Lease, hashes: [UInt64: [UInt8]], texts: [String]) {
        let responses = zip(group.responses, texts).map { response, text in
            ResponseRecord(
                sample: response.sample, tokenCount: UInt32(response.tokens.count),
                spans: response.spans.map { span in
                    guard let hash = hashes[span.version] else {
                        preconditionFailure("version \(span.version) sampled a token, but its hash is unknown")
                    }
                    return VersionSpan(version: span.version, sha256: hash, count: UInt32(span.count))
                },
                verdict: WireVerdict(judgement: .unknown(.timeout), detail: "not judged yet"),
                finish: response.finish == .stop ? .stop : .length, text: text)
        }
        let isSparse = group.promptRoutes.layers > 0
        let responseRoutes = isSparse ? RoutingTable(concatenating: group.responses.map(\.routes)) : nil
        self.init(
            leaseID: lease.leaseID, groupID: lease.groupID, attempt: lease.attempt, responses: responses,
            tokens: group.responses.flatMap(\.tokens), logProbabilities: group.responses.flatMap(\.logProbabilities),
            promptRoutes: isSparse ? RouteTensor(group.promptRoutes) : nil,
            responseRoutes: responseRoutes.map { RouteTensor($0) })
    }
}

extension RouteTensor {
    init(_ table: RoutingTable) {
        self.init(rows: table.rows, layers: table.layers, topK: table.topK, ids: table.ids)
    }
}
