import Generation
import Model
import Wire

extension GroupSubmission {
    /// A generated group as it goes to the learner, its verdicts still open.
    ///
    /// - Parameter texts: the responses as text, in the group's order.
    init(_ group: GeneratedGroup, lease: Lease, texts: [String]) {
        let responses = zip(group.responses, texts).map { response, text in
            ResponseRecord(
                sample: response.sample, tokenCount: UInt32(response.tokens.count),
                spans: response.spans.map {
                    VersionSpan(version: $0.version, sha256: $0.sha256, count: UInt32($0.count))
                },
                verdict: WireVerdict(judgement: .unknown(.timeout), detail: "not judged yet"),
                finish: response.finish == .stop ? .stop : .length, text: text,
                forced: response.forced.map { [$0] } ?? [])
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
