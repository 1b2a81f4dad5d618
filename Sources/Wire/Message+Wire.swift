import CWire

extension Message {
    /// The body as one of `WireBody`.
    private var body: any WireBody {
        switch self {
        case .hello(let body): body
        case .welcome(let body): body
        case .heartbeat(let body): body
        case .heartbeatReply(let body): body
        case .goodbye(let body): body
        case .leaseRequest(let body): body
        case .leaseGrant(let body): body
        case .leaseReturn(let body): body
        case .groupSubmission(let body): body
        case .receipt(let body): body
        case .verifyRequest(let body): body
        case .verdictReply(let body): body
        case .publish(let body): body
        case .publishReceipt(let body): body
        case .versionNotice(let body): body
        case .fetch(let body): body
        case .chunk(let body): body
        case .failure(let body): body
        }
    }

    /// The protocol's rules for this message.
    func validate() throws(WireError) {
        try body.validate()
    }

    /// The message's name in Protos/, for logs and counters: "group_submission".
    package var name: String {
        switch self {
        case .hello: "hello"
        case .welcome: "welcome"
        case .heartbeat: "heartbeat"
        case .heartbeatReply: "heartbeat_reply"
        case .goodbye: "goodbye"
        case .leaseRequest: "lease_request"
        case .leaseGrant: "lease_grant"
        case .leaseReturn: "lease_return"
        case .groupSubmission: "group_submission"
        case .receipt: "receipt"
        case .verifyRequest: "verify_request"
        case .verdictReply: "verdict_reply"
        case .publish: "publish"
        case .publishReceipt: "publish_receipt"
        case .versionNotice: "version_notice"
        case .fetch: "fetch"
        case .chunk: "chunk"
        case .failure: "failure"
        }
    }

    /// Makes this message the body of `envelope`.
    func pack(as envelope: inout Apus__V1__Envelope, arena: MessageArena) {
        envelope.body_case = wireCase
        switch self {
        case .hello(let body): envelope.hello = body.pack(into: arena)
        case .welcome(let body): envelope.welcome = body.pack(into: arena)
        case .heartbeat(let body): envelope.heartbeat = body.pack(into: arena)
        case .heartbeatReply(let body): envelope.heartbeat_reply = body.pack(into: arena)
        case .goodbye(let body): envelope.goodbye = body.pack(into: arena)
        case .leaseRequest(let body): envelope.lease_request = body.pack(into: arena)
        case .leaseGrant(let body): envelope.lease_grant = body.pack(into: arena)
        case .leaseReturn(let body): envelope.lease_return = body.pack(into: arena)
        case .groupSubmission(let body): envelope.group_submission = body.pack(into: arena)
        case .receipt(let body): envelope.receipt = body.pack(into: arena)
        case .verifyRequest(let body): envelope.verify_request = body.pack(into: arena)
        case .verdictReply(let body): envelope.verdict_reply = body.pack(into: arena)
        case .publish(let body): envelope.publish = body.pack(into: arena)
        case .publishReceipt(let body): envelope.publish_receipt = body.pack(into: arena)
        case .versionNotice(let body): envelope.version_notice = body.pack(into: arena)
        case .fetch(let body): envelope.fetch = body.pack(into: arena)
        case .chunk(let body): envelope.chunk = body.pack(into: arena)
        case .failure(let body): envelope.failure = body.pack(into: arena)
        }
    }

    private var wireCase: Apus__V1__Envelope__BodyCase {
        switch self {
        case .hello: APUS__V1__ENVELOPE__BODY_HELLO
        case .welcome: APUS__V1__ENVELOPE__BODY_WELCOME
        case .heartbeat: APUS__V1__ENVELOPE__BODY_HEARTBEAT
        case .heartbeatReply: APUS__V1__ENVELOPE__BODY_HEARTBEAT_REPLY
        case .goodbye: APUS__V1__ENVELOPE__BODY_GOODBYE
        case .leaseRequest: APUS__V1__ENVELOPE__BODY_LEASE_REQUEST
        case .leaseGrant: APUS__V1__ENVELOPE__BODY_LEASE_GRANT
        case .leaseReturn: APUS__V1__ENVELOPE__BODY_LEASE_RETURN
        case .groupSubmission: APUS__V1__ENVELOPE__BODY_GROUP_SUBMISSION
        case .receipt: APUS__V1__ENVELOPE__BODY_RECEIPT
        case .verifyRequest: APUS__V1__ENVELOPE__BODY_VERIFY_REQUEST
        case .verdictReply: APUS__V1__ENVELOPE__BODY_VERDICT_REPLY
        case .publish: APUS__V1__ENVELOPE__BODY_PUBLISH
        case .publishReceipt: APUS__V1__ENVELOPE__BODY_PUBLISH_RECEIPT
        case .versionNotice: APUS__V1__ENVELOPE__BODY_VERSION_NOTICE
        case .fetch: APUS__V1__ENVELOPE__BODY_FETCH
        case .chunk: APUS__V1__ENVELOPE__BODY_CHUNK
        case .failure: APUS__V1__ENVELOPE__BODY_FAILURE
        }
    }

    /// Reads the body of a received envelope, whose body field is `field`.
    init(_ envelope: Apus__V1__Envelope, field: UInt32, _ tensors: inout TensorReader) throws(WireError) {
        switch envelope.body_case {
        case APUS__V1__ENVELOPE__BODY_HELLO: self = .hello(try .read(envelope.hello, &tensors))
        case APUS__V1__ENVELOPE__BODY_WELCOME: self = .welcome(try .read(envelope.welcome, &tensors))
        case APUS__V1__ENVELOPE__BODY_HEARTBEAT: self = .heartbeat(try .read(envelope.heartbeat, &tensors))
        case APUS__V1__ENVELOPE__BODY_HEARTBEAT_REPLY:
            self = .heartbeatReply(try .read(envelope.heartbeat_reply, &tensors))
        case APUS__V1__ENVELOPE__BODY_GOODBYE: self = .goodbye(try .read(envelope.goodbye, &tensors))
        case APUS__V1__ENVELOPE__BODY_LEASE_REQUEST: self = .leaseRequest(try .read(envelope.lease_request, &tensors))
        case APUS__V1__ENVELOPE__BODY_LEASE_GRANT: self = .leaseGrant(try .read(envelope.lease_grant, &tensors))
        case APUS__V1__ENVELOPE__BODY_LEASE_RETURN: self = .leaseReturn(try .read(envelope.lease_return, &tensors))
        case APUS__V1__ENVELOPE__BODY_GROUP_SUBMISSION:
            self = .groupSubmission(try .read(envelope.group_submission, &tensors))
        case APUS__V1__ENVELOPE__BODY_RECEIPT: self = .receipt(try .read(envelope.receipt, &tensors))
        case APUS__V1__ENVELOPE__BODY_VERIFY_REQUEST:
            self = .verifyRequest(try .read(envelope.verify_request, &tensors))
        case APUS__V1__ENVELOPE__BODY_VERDICT_REPLY: self = .verdictReply(try .read(envelope.verdict_reply, &tensors))
        case APUS__V1__ENVELOPE__BODY_PUBLISH: self = .publish(try .read(envelope.publish, &tensors))
        case APUS__V1__ENVELOPE__BODY_PUBLISH_RECEIPT:
            self = .publishReceipt(try .read(envelope.publish_receipt, &tensors))
        case APUS__V1__ENVELOPE__BODY_VERSION_NOTICE:
            self = .versionNotice(try .read(envelope.version_notice, &tensors))
        case APUS__V1__ENVELOPE__BODY_FETCH: self = .fetch(try .read(envelope.fetch, &tensors))
        case APUS__V1__ENVELOPE__BODY_CHUNK: self = .chunk(try .read(envelope.chunk, &tensors))
        case APUS__V1__ENVELOPE__BODY_FAILURE: self = .failure(try .read(envelope.failure, &tensors))
        default: throw .unknownBody(field: field)
        }
    }
}
