import Wire

/// A seeded generator (SplitMix64), so that a failing case can be run again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Makes valid messages of every kind, with every optional part present and absent and numbers at their extremes.
struct RandomMessages {
    static let kinds = 18

    private var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    mutating func envelope(kind: Int) -> Envelope {
        Envelope(messageID: max(1, number()), inReplyTo: number(), message: message(kind: kind))
    }

    mutating func message(kind: Int) -> Message {
        switch kind {
        case 0: .hello(hello())
        case 1: .welcome(welcome())
        case 2: .heartbeat(heartbeat())
        case 3: .heartbeatReply(heartbeatReply())
        case 4: .goodbye(Goodbye(reason: text()))
        case 5: .leaseRequest(LeaseRequest(credits: UInt32(below(1000)) + 1, versionInUse: number()))
        case 6: .leaseGrant(leaseGrant())
        case 7: .leaseReturn(LeaseReturn(leaseIDs: list(20) { $0.number() }, reason: text(), failed: flag()))
        case 8: .groupSubmission(groupSubmission())
        case 9: .receipt(Receipt(leaseID: number(), groupID: number(), outcome: outcome()))
        case 10: .verifyRequest(verifyRequest())
        case 11: .verdictReply(VerdictReply(requestID: number(), verdict: verdict()))
        case 12: .publish(Publish(version: version(), chunkByteCount: max(1, number())))
        case 13: .publishReceipt(PublishReceipt(version: version().identity))
        case 14: .versionNotice(VersionNotice(version: version(), broadcasterID: identifier()))
        case 15: .fetch(Fetch(versionNumber: number(), offset: number(), byteCount: max(1, number())))
        case 16: .chunk(Chunk(versionNumber: number(), offset: number(), content: frame()))
        default: .failure(Failure(code: pick(FailureCode.allCases), message: text()))
        }
    }

    mutating func groupSubmission() -> GroupSubmission {
        var responses: [ResponseRecord] = []
        for sample in 0..<1 + below(5) { responses.append(response(sample: UInt32(sample))) }
        let total = responses.reduce(0) { $0 + Int($1.tokenCount) }
        let hasRoutes = flag()
        return GroupSubmission(
            leaseID: number(), groupID: number(), attempt: UInt32(below(5)), responses: responses,
            tokens: (0..<total).map { _ in Int32(below(Int(Int32.max))) },
            logProbabilities: (0..<total).map { _ in -Float(below(1000)) / 37 },
            promptRoutes: hasRoutes ? routes(rows: below(9)) : nil,
            responseRoutes: hasRoutes ? routes(rows: total - responses.count) : nil)
    }

    mutating func below(_ limit: Int) -> Int {
        Int.random(in: 0..<limit, using: &generator)
    }

    mutating func flag() -> Bool {
        Bool.random(using: &generator)
    }

    private mutating func number() -> UInt64 {
        switch below(4) {
        case 0: 0
        case 1: .max
        case 2: UInt64(below(300))
        default: generator.next()
        }
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[below(elements.count)]
    }

    private mutating func list<Element>(_ longest: Int, _ make: (inout Self) -> Element) -> [Element] {
        (0..<below(longest + 1)).map { _ in make(&self) }
    }

    private mutating func bytes(_ longest: Int) -> [UInt8] {
        list(longest) { UInt8($0.below(256)) }
    }

    private mutating func frame() -> Frame {
        Frame(copying: [UInt8(below(256))] + bytes(3000))
    }

    private mutating func text() -> String {
        pick(["", "lease from learner", "größer als 漢字 🐦", "line\nbreak\ttab \"quote\""])
    }

    /// Text that a model may write: anything, U+0000 too.
    private mutating func modelText() -> String {
        pick(["", "(1 + 2) × 3 = 9", "nul \0 inside", "e\u{301} 🐦‍⬛ \u{FFFF}", text()])
    }

    private mutating func identifier() -> String {
        pick(["worker-1", "a", "_x.y:z@host-7", String(repeating: "k", count: 128)])
    }

    private mutating func sha256() -> [UInt8] {
        (0..<32).map { _ in UInt8(below(256)) }
    }

    private mutating func version() -> VersionDescription {
        VersionDescription(
            number: number(), sha256: sha256(), byteCount: max(1, number()), precision: pick(WeightPrecision.allCases))
    }

    private mutating func member() -> Member {
        Member(
            role: pick(Role.allCases), id: identifier(), incarnation: number(),
            endpoints: list(3) {
                Endpoint(
                    purpose: $0.pick(Endpoint.Purpose.allCases),
                    address: $0.pick(["tcp://10.0.0.7:4123", "ipc:///run/apus/verifier", "inproc://test"]),
                    serverKey: $0.flag() ? $0.sha256() : [])
            })
    }

    private mutating func hello() -> Hello {
        Hello(
            runID: flag() ? identifier() : "", member: member(), software: text(),
            verifierKinds: list(4) { $0.identifier() })
    }

    private mutating func welcome() -> Welcome {
        Welcome(
            runID: identifier(), runSeed: number(), learnerIncarnation: number(), configurationJSON: bytes(200),
            heartbeatIntervalMilliseconds: max(1, number()), newest: flag() ? version() : nil,
            membershipEpoch: number(), members: list(5) { $0.member() },
            assets: ["config.json", "tokenizer.json", "generation_config.json"].prefix(below(4)).map {
                Asset(name: $0, content: frame())
            })
    }

    private mutating func heartbeat() -> Heartbeat {
        Heartbeat(
            waitingFor: text(), waitingMilliseconds: number(), versionInUse: flag() ? version().identity : nil,
            activeLeases: list(20) { $0.number() },
            metrics: list(5) {
                Metric(name: $0.identifier(), value: $0.pick([0, -0.1, .pi, 1e300, .leastNonzeroMagnitude]))
            }
        )
    }

    private mutating func heartbeatReply() -> HeartbeatReply {
        HeartbeatReply(
            membershipEpoch: number(), members: list(5) { $0.member() }, newest: flag() ? version() : nil,
            expiredLeases: list(20) { $0.number() }, stopRequested: flag())
    }

    private mutating func leaseGrant() -> LeaseGrant {
        let leases = list(4) { $0.lease() }
        var versions = list(2) { $0.version() }
        for exact in Set(leases.compactMap(\.exactVersion)).subtracting(versions.map(\.number)) {
            var version = version()
            version.number = exact
            versions.append(version)
        }
        return LeaseGrant(leases: leases, retryAfterMilliseconds: number(), versions: versions)
    }

    private mutating func lease() -> Lease {
        let minimum = number()
        return Lease(
            leaseID: number(), groupID: number(), attempt: UInt32(below(9)),
            prompt: [0] + list(30) { Int32($0.below(Int(Int32.max))) }, promptText: modelText(),
            samples: 1 + UInt32(below(WireCap.samples)), maximumTokens: 1 + UInt32(below(100_000)),
            temperature: pick([1, 0.7, .leastNonzeroMagnitude]), stopTokens: list(4) { Int32($0.below(100)) },
            minimumVersion: minimum, exactVersion: pick([nil, minimum]), deadlineMilliseconds: max(1, number()),
            verifierKind: identifier(), verificationPayload: bytes(100), thinkingBudget: pick([nil, thinkingBudget()]))
    }

    private mutating func thinkingBudget() -> LeasedThinkingBudget {
        LeasedThinkingBudget(
            tokens: 1 + UInt32(below(4096)), openToken: Int32(below(100)), closeToken: Int32(below(100)),
            stopTokens: [1] + list(20) { Int32($0.below(100)) })
    }

    private mutating func response(sample: UInt32) -> ResponseRecord {
        let first = number() / 2
        let spans = (0..<1 + below(3)).map {
            VersionSpan(version: first + UInt64($0), sha256: sha256(), count: 1 + UInt32(below(20)))
        }
        let tokens = spans.reduce(0) { $0 + Int($1.count) }
        let middle = below(tokens)
        return ResponseRecord(
            sample: sample, tokenCount: UInt32(tokens), spans: spans, verdict: verdict(),
            finish: pick(ResponseFinish.allCases), text: flag() ? modelText() : nil,
            forced: [0..<middle, middle..<tokens].filter { !$0.isEmpty && flag() })
    }

    private mutating func routes(rows: Int) -> RouteTensor {
        let experts = pick([8, 255, 256, 1000])
        return RouteTensor(
            rows: rows, layers: 2, topK: 3, ids: (0..<rows * 6).map { _ in Int16(below(experts + 1)) - 1 })
    }

    private mutating func outcome() -> Receipt.Outcome {
        pick([.accepted, .duplicate, .overAge, .unknownLease, .rejected(code: "token_out_of_range", message: text())])
    }

    private mutating func verifyRequest() -> VerifyRequest {
        VerifyRequest(
            requestID: number(), kind: identifier(), payload: bytes(100), prompt: modelText(), response: modelText(),
            deadlineMilliseconds: max(1, number()))
    }

    private mutating func verdict() -> WireVerdict {
        WireVerdict(
            judgement: pick([
                .correct(score: 1), .wrong(score: -0.5), .unknown(pick(WireVerdict.UnknownReason.allCases)),
            ]), detail: text(), verifierID: flag() ? identifier() : "", latencyMilliseconds: pick([0, 0.25, 1e9]))
    }
}
