import CWire

extension ResponseRecord {
    /// Reads a record, whose text is the next share of the message's texts.
    init(_ packed: Apus__V1__ResponseRecord, texts: inout TensorShares<UInt8>) throws(WireError) {
        var text: String?
        if packed.shown_case == APUS__V1__RESPONSE_RECORD__SHOWN_TEXT_BYTE_COUNT {
            text = try Read.text(try texts.next(packed.text_byte_count), "response text")
        }
        self.init(
            sample: packed.sample, tokenCount: packed.token_count,
            spans: try Read.list(packed.spans, packed.n_spans, limit: WireCap.spans, "response.spans") {
                VersionSpan(version: $0.version, sha256: Read.bytes($0.sha256), count: $0.count)
            },
            verdict: try WireVerdict(try Read.message(packed.verdict, "response.verdict")),
            finish: try ResponseFinish(wire: packed.finish, "response.finish"), text: text,
            forced: try Read.list(packed.forced, packed.n_forced, limit: WireCap.forcedRanges, "response.forced") {
                Int($0.start)..<Int($0.start) + Int($0.count)
            })
    }

    func validate() throws(WireError) {
        try Check.atLeast(1, tokenCount, "response.token_count")
        try Check.size(spans.count, limit: WireCap.spans, "response.spans")
        var sum = 0
        var oldest: UInt64 = 0
        for span in spans {
            try Check.sha256(span.sha256, "span.sha256")
            try Check.atLeast(1, span.count, "span.count")
            try Check.atLeast(oldest, span.version, "span.version")
            oldest = span.version
            sum += Int(span.count)
        }
        guard sum == Int(tokenCount) else { throw .spanSum(sample: sample, sum: sum, tokens: Int(tokenCount)) }
        try validateForced()
        try verdict.validate()
        try Check.size(text?.utf8.count ?? 0, limit: WireCap.textBytes, "response.text_byte_count")
    }

    private func validateForced() throws(WireError) {
        try Check.size(forced.count, limit: WireCap.forcedRanges, "response.forced")
        var end = 0
        for range in forced {
            guard !range.isEmpty, range.lowerBound >= end, range.upperBound <= Int(tokenCount) else {
                throw .invalid(
                    field: "response.forced", value: "\(range)",
                    expected: "ascending, disjoint, not empty, within \(tokenCount) tokens")
            }
            end = range.upperBound
        }
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__ResponseRecord> {
        arena.make(apus__v1__response_record__init) {
            $0.sample = sample
            $0.token_count = tokenCount
            ($0.spans, $0.n_spans) = arena.list(
                spans.map { span in
                    arena.make(apus__v1__version_span__init) {
                        $0.version = span.version
                        $0.sha256 = arena.bytes(span.sha256)
                        $0.count = span.count
                    }
                })
            $0.verdict = verdict.pack(into: arena)
            $0.finish = finish.wire
            if let text {
                $0.shown_case = APUS__V1__RESPONSE_RECORD__SHOWN_TEXT_BYTE_COUNT
                $0.text_byte_count = UInt32(text.utf8.count)
            }
            ($0.forced, $0.n_forced) = arena.list(
                forced.map { range in
                    arena.make(apus__v1__token_range__init) {
                        $0.start = UInt32(range.lowerBound)
                        $0.count = UInt32(range.count)
                    }
                })
        }
    }
}

extension GroupSubmission: WireBody {
    init(_ packed: Apus__V1__GroupSubmission, _ tensors: inout TensorReader) throws(WireError) {
        var texts = TensorShares("texts", try tensors.vector("texts", .uint8, of: UInt8.self))
        let responses = try Read.list(
            packed.responses, packed.n_responses, limit: WireCap.samples, "group_submission.responses"
        ) { (response) throws(WireError) in try ResponseRecord(response, texts: &texts) }
        try texts.finish()
        self.init(
            leaseID: packed.lease_id, groupID: packed.group_id, attempt: packed.attempt, responses: responses,
            tokens: try tensors.vector("tokens", .int32, of: Int32.self),
            logProbabilities: try tensors.vector("log_probabilities", .float32, of: Float.self),
            promptRoutes: try RouteTensor.take("prompt_routes", from: &tensors),
            responseRoutes: try RouteTensor.take("response_routes", from: &tensors))
    }

    func validate() throws(WireError) {
        try Check.atLeast(1, responses.count, "number of responses")
        try Check.size(responses.count, limit: WireCap.samples, "number of responses")
        var samples: Set<UInt32> = []
        var total = 0
        for response in responses {
            try response.validate()
            total += Int(response.tokenCount)
            guard samples.insert(response.sample).inserted else {
                throw .invalid(field: "response.sample", value: "\(response.sample) twice", expected: "all different")
            }
        }
        guard tokens.count == total else { throw .shares(tensor: "tokens", sum: total, elements: tokens.count) }
        guard logProbabilities.count == total else {
            throw .shares(tensor: "log_probabilities", sum: total, elements: logProbabilities.count)
        }
        if let index = tokens.firstIndex(where: { $0 < 0 }) {
            throw .negativeToken(index: index, token: tokens[index])
        }
        if let index = logProbabilities.firstIndex(where: { !$0.isFinite }) {
            throw .nonFiniteLogProbability(index: index)
        }
        if let index = logProbabilities.firstIndex(where: { $0 > WireCap.logProbabilityTolerance }) {
            throw .positiveLogProbability(index: index, value: logProbabilities[index])
        }
        try promptRoutes?.validate("prompt_routes")
        try responseRoutes?.validate("response_routes", rows: total - responses.count)
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__GroupSubmission> {
        arena.attach("tokens", .int32, tokens)
        arena.attach("log_probabilities", .float32, logProbabilities)
        arena.attach("texts", .uint8, responses.flatMap { Array(($0.text ?? "").utf8) })
        if let promptRoutes { arena.attach(promptRoutes.payload("prompt_routes")) }
        if let responseRoutes { arena.attach(responseRoutes.payload("response_routes")) }
        return arena.make(apus__v1__group_submission__init) {
            $0.lease_id = leaseID
            $0.group_id = groupID
            $0.attempt = attempt
            ($0.responses, $0.n_responses) = arena.list(responses.map { $0.pack(into: arena) })
        }
    }
}

extension Receipt: WireBody {
    init(_ packed: Apus__V1__Receipt, _ tensors: inout TensorReader) throws(WireError) {
        self.init(leaseID: packed.lease_id, groupID: packed.group_id, outcome: try Receipt.outcome(packed))
    }

    private static func outcome(_ packed: Apus__V1__Receipt) throws(WireError) -> Outcome {
        switch packed.outcome {
        case APUS__V1__RECEIPT_OUTCOME__RECEIPT_OUTCOME_ACCEPTED: return .accepted
        case APUS__V1__RECEIPT_OUTCOME__RECEIPT_OUTCOME_DUPLICATE: return .duplicate
        case APUS__V1__RECEIPT_OUTCOME__RECEIPT_OUTCOME_OVER_AGE: return .overAge
        case APUS__V1__RECEIPT_OUTCOME__RECEIPT_OUTCOME_UNKNOWN_LEASE: return .unknownLease
        case APUS__V1__RECEIPT_OUTCOME__RECEIPT_OUTCOME_REJECTED:
            return .rejected(
                code: try Read.text(packed.rejection_code, "receipt.rejection_code"),
                message: try Read.note(packed.rejection_message, "receipt.rejection_message"))
        default:
            throw .invalid(
                field: "receipt.outcome", value: "number \(packed.outcome.rawValue)", expected: "one that Protos/ lists"
            )
        }
    }

    func validate() throws(WireError) {
        if case .rejected(let code, _) = outcome { try Check.identifier(code, "receipt.rejection_code") }
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__Receipt> {
        arena.make(apus__v1__receipt__init) {
            $0.lease_id = leaseID
            $0.group_id = groupID
            switch outcome {
            case .accepted: $0.outcome = APUS__V1__RECEIPT_OUTCOME__RECEIPT_OUTCOME_ACCEPTED
            case .duplicate: $0.outcome = APUS__V1__RECEIPT_OUTCOME__RECEIPT_OUTCOME_DUPLICATE
            case .overAge: $0.outcome = APUS__V1__RECEIPT_OUTCOME__RECEIPT_OUTCOME_OVER_AGE
            case .unknownLease: $0.outcome = APUS__V1__RECEIPT_OUTCOME__RECEIPT_OUTCOME_UNKNOWN_LEASE
            case .rejected(let code, let message):
                $0.outcome = APUS__V1__RECEIPT_OUTCOME__RECEIPT_OUTCOME_REJECTED
                $0.rejection_code = arena.string(code)
                $0.rejection_message = arena.note(message)
            }
        }
    }
}
