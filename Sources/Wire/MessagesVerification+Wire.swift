import CWire

extension VerifyRequest: WireBody {
    init(_ packed: Apus__V1__VerifyRequest, _ tensors: inout TensorReader) throws(WireError) {
        self.init(
            requestID: packed.request_id, kind: try Read.text(packed.kind, "verify_request.kind"),
            payload: Read.bytes(packed.payload),
            prompt: try Read.text(Read.bytes(packed.prompt), "verify_request.prompt"),
            response: try Read.text(Read.bytes(packed.response), "verify_request.response"),
            deadlineMilliseconds: packed.deadline_milliseconds)
    }

    func validate() throws(WireError) {
        try Check.identifier(kind, "verify_request.kind")
        try Check.size(payload.count, limit: WireCap.payloadBytes, "bytes of verify_request.payload")
        try Check.size(prompt.utf8.count, limit: WireCap.textBytes, "bytes of verify_request.prompt")
        try Check.size(response.utf8.count, limit: WireCap.textBytes, "bytes of verify_request.response")
        try Check.atLeast(1, deadlineMilliseconds, "verify_request.deadline_milliseconds")
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__VerifyRequest> {
        arena.make(apus__v1__verify_request__init) {
            $0.request_id = requestID
            $0.kind = arena.string(kind)
            $0.payload = arena.bytes(payload)
            $0.prompt = arena.bytes(prompt.utf8)
            $0.response = arena.bytes(response.utf8)
            $0.deadline_milliseconds = deadlineMilliseconds
        }
    }
}

extension WireVerdict {
    init(_ packed: Apus__V1__Verdict) throws(WireError) {
        self.init(
            judgement: try WireVerdict.judgement(packed), detail: try Read.note(packed.detail, "verdict.detail"),
            verifierID: try Read.text(packed.verifier_id, "verdict.verifier_id"),
            latencyMilliseconds: packed.latency_milliseconds)
    }

    private static func judgement(_ packed: Apus__V1__Verdict) throws(WireError) -> Judgement {
        if packed.kind == APUS__V1__VERDICT_KIND__VERDICT_KIND_UNKNOWN {
            guard packed.score == 0 else {
                throw .invalid(field: "verdict.score", value: "\(packed.score)", expected: "0 with an unknown verdict")
            }
            return .unknown(try UnknownReason(wire: packed.unknown_reason, "verdict.unknown_reason"))
        }
        guard packed.unknown_reason == APUS__V1__UNKNOWN_REASON__UNKNOWN_REASON_UNSPECIFIED else {
            throw .invalid(
                field: "verdict.unknown_reason", value: "number \(packed.unknown_reason.rawValue)",
                expected: "none, since the verdict is known")
        }
        switch packed.kind {
        case APUS__V1__VERDICT_KIND__VERDICT_KIND_CORRECT: return .correct(score: packed.score)
        case APUS__V1__VERDICT_KIND__VERDICT_KIND_WRONG: return .wrong(score: packed.score)
        default:
            throw .invalid(
                field: "verdict.kind", value: "number \(packed.kind.rawValue)", expected: "one that Protos/ lists")
        }
    }

    func validate() throws(WireError) {
        switch judgement {
        case .correct(let score), .wrong(let score): try Check.finite(score, "verdict.score")
        case .unknown: break
        }
        try Check.optionalIdentifier(verifierID, "verdict.verifier_id")
        try Check.finite(latencyMilliseconds, "verdict.latency_milliseconds")
        try Check.atLeast(0, latencyMilliseconds, "verdict.latency_milliseconds")
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__Verdict> {
        arena.make(apus__v1__verdict__init) {
            switch judgement {
            case .correct(let score):
                $0.kind = APUS__V1__VERDICT_KIND__VERDICT_KIND_CORRECT
                $0.score = score
            case .wrong(let score):
                $0.kind = APUS__V1__VERDICT_KIND__VERDICT_KIND_WRONG
                $0.score = score
            case .unknown(let reason):
                $0.kind = APUS__V1__VERDICT_KIND__VERDICT_KIND_UNKNOWN
                $0.unknown_reason = reason.wire
            }
            $0.detail = arena.note(detail)
            $0.verifier_id = arena.string(verifierID)
            $0.latency_milliseconds = latencyMilliseconds
        }
    }
}

extension VerdictReply: WireBody {
    init(_ packed: Apus__V1__VerdictReply, _ tensors: inout TensorReader) throws(WireError) {
        self.init(
            requestID: packed.request_id,
            verdict: try WireVerdict(try Read.message(packed.verdict, "verdict_reply.verdict")))
    }

    func validate() throws(WireError) {
        try verdict.validate()
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__VerdictReply> {
        arena.make(apus__v1__verdict_reply__init) {
            $0.request_id = requestID
            $0.verdict = verdict.pack(into: arena)
        }
    }
}
