import Model
import RunStore
import Wire

extension StoredGroup {
    /// A group as it is written down when it is accepted.
    init(_ submission: GroupSubmission, _ experience: Experience, worker: String) {
        self.init(
            groupID: experience.groupID, promptIndex: experience.promptIndex, leaseID: submission.leaseID,
            worker: worker,
            responses: zip(submission.responses, experience.responses).map { record, response in
                StoredResponse(
                    sample: record.sample, tokens: response.tokens, logProbabilities: response.logProbabilities,
                    spans: record.spans.map { .init(version: $0.version, count: Int($0.count)) },
                    forced: record.forced, text: record.text, finish: record.finish.rawValue,
                    verdict: StoredVerdict(record.verdict))
            },
            routes: experience.routes.map {
                StoredRoutes(rows: $0.rows, layers: $0.layers, topK: $0.topK, ids: $0.ids)
            })
    }
}

extension StoredVerdict {
    init(_ verdict: WireVerdict) {
        let judgement: String
        switch verdict.judgement {
        case .correct: judgement = "correct"
        case .wrong: judgement = "wrong"
        case .unknown: judgement = "unknown"
        }
        self.init(
            judgement: judgement, score: verdict.reward, reason: verdict.unknownReason, detail: verdict.detail,
            verifier: verdict.verifierID)
    }
}

extension Experience {
    /// A group as it was written down, ready to be trained on (again).
    ///
    /// - Parameter hashes: SHA-256 of the published versions, in hexadecimal.
    init(_ group: StoredGroup, prompt: [Int32], hashes: [UInt64: String]) throws(RecoveryError) {
        var responses: [Response] = []
        for stored in group.responses { responses.append(try Response(stored, of: group.groupID, hashes: hashes)) }
        var routes: RoutingTable?
        if let stored = group.routes {
            do {
                routes = try RoutingTable(
                    rows: stored.rows, layers: stored.layers, topK: stored.topK, ids: stored.ids)
            } catch {
                throw .unusableGroup(group.groupID, reason: error.description)
            }
        }
        self.init(
            groupID: group.groupID, promptIndex: group.promptIndex, prompt: prompt, responses: responses,
            routes: routes)
    }
}

extension Experience.Response {
    init(_ stored: StoredResponse, of groupID: UInt64, hashes: [UInt64: String]) throws(RecoveryError) {
        var spans: [VersionSpan] = []
        for span in stored.spans {
            guard let hash = hashes[span.version].flatMap(Hexadecimal.bytes) else {
                throw .unusableGroup(groupID, reason: "version \(span.version) sampled tokens but was never published")
            }
            spans.append(VersionSpan(version: span.version, sha256: hash, count: UInt32(span.count)))
        }
        guard let finish = ResponseFinish(rawValue: stored.finish) else {
            throw .unusableGroup(groupID, reason: "a response ended by '\(stored.finish)'")
        }
        self.init(
            sample: stored.sample, tokens: stored.tokens, logProbabilities: stored.logProbabilities, spans: spans,
            reward: stored.verdict.score, isCorrect: stored.verdict.judgement == "correct",
            unknownReason: stored.verdict.reason, finish: finish, forced: stored.forced)
    }
}
