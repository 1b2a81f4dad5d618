import CWire

extension LeaseRequest: WireBody {
    init(_ packed: Apus__V1__LeaseRequest, _ tensors: inout TensorReader) throws(WireError) {
        self.init(credits: packed.credits, versionInUse: packed.version_in_use)
    }

    func validate() throws(WireError) {
        try Check.atLeast(1, credits, "lease_request.credits")
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__LeaseRequest> {
        arena.make(apus__v1__lease_request__init) {
            $0.credits = credits
            $0.version_in_use = versionInUse
        }
    }
}

extension LeasedThinkingBudget {
    init(_ packed: Apus__V1__ThinkingBudget) {
        self.init(
            tokens: packed.tokens, openToken: packed.open_token, closeToken: packed.close_token,
            stopTokens: Read.array(packed.stop_tokens, packed.n_stop_tokens))
    }

    func validate() throws(WireError) {
        try Check.atLeast(1, tokens, "thinking_budget.tokens")
        try Check.atLeast(1, stopTokens.count, "number of thinking_budget.stop_tokens")
        try Check.size(stopTokens.count, limit: WireCap.thoughtStopTokens, "thinking_budget.stop_tokens")
        for token in stopTokens + [openToken, closeToken] { try Check.atLeast(0, token, "thinking_budget tokens") }
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__ThinkingBudget> {
        arena.make(apus__v1__thinking_budget__init) {
            $0.tokens = tokens
            $0.open_token = openToken
            $0.close_token = closeToken
            ($0.stop_tokens, $0.n_stop_tokens) = arena.array(stopTokens)
        }
    }
}

extension Lease {
    /// Reads a lease, whose texts and tokens are the next shares of the grant's tensors.
    init(
        _ packed: Apus__V1__Lease, prompts: inout TensorShares<Int32>, texts: inout TensorShares<UInt8>,
        payloads: inout TensorShares<UInt8>
    ) throws(WireError) {
        self.init(
            leaseID: packed.lease_id, groupID: packed.group_id, attempt: packed.attempt,
            prompt: Array(try prompts.next(packed.prompt_token_count)),
            promptText: try Read.text(try texts.next(packed.prompt_text_byte_count), "prompt text"),
            samples: packed.samples, maximumTokens: packed.maximum_tokens, temperature: packed.temperature,
            stopTokens: Read.array(packed.stop_tokens, packed.n_stop_tokens), minimumVersion: packed.minimum_version,
            exactVersion: packed.schedule_case == APUS__V1__LEASE__SCHEDULE_EXACT_VERSION
                ? packed.exact_version : nil,
            deadlineMilliseconds: packed.deadline_milliseconds,
            verifierKind: try Read.text(packed.verifier_kind, "lease.verifier_kind"),
            verificationPayload: Array(try payloads.next(packed.verification_payload_byte_count)),
            thinkingBudget: packed.thinking_budget.map { LeasedThinkingBudget($0.pointee) })
    }

    func validate() throws(WireError) {
        try Check.atLeast(1, prompt.count, "lease.prompt_token_count")
        if let index = prompt.firstIndex(where: { $0 < 0 }) {
            throw .negativeToken(index: index, token: prompt[index])
        }
        try Check.size(promptText.utf8.count, limit: WireCap.textBytes, "lease.prompt_text_byte_count")
        try Check.atLeast(1, samples, "lease.samples")
        try Check.size(Int(samples), limit: WireCap.samples, "lease.samples")
        try Check.atLeast(1, maximumTokens, "lease.maximum_tokens")
        guard temperature.isFinite, temperature > 0 else {
            throw .invalid(field: "lease.temperature", value: "\(temperature)", expected: "a finite number > 0")
        }
        try Check.size(stopTokens.count, limit: WireCap.stopTokens, "lease.stop_tokens")
        for token in stopTokens { try Check.atLeast(0, token, "lease.stop_tokens") }
        if let exactVersion, exactVersion != minimumVersion {
            throw .invalid(field: "lease.exact_version", value: "\(exactVersion)", expected: "\(minimumVersion)")
        }
        try Check.atLeast(1, deadlineMilliseconds, "lease.deadline_milliseconds")
        try Check.identifier(verifierKind, "lease.verifier_kind")
        try Check.size(
            verificationPayload.count, limit: WireCap.payloadBytes, "lease.verification_payload_byte_count")
        try thinkingBudget?.validate()
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__Lease> {
        arena.make(apus__v1__lease__init) {
            $0.lease_id = leaseID
            $0.group_id = groupID
            $0.attempt = attempt
            $0.prompt_token_count = UInt32(prompt.count)
            $0.prompt_text_byte_count = UInt32(promptText.utf8.count)
            $0.samples = samples
            $0.maximum_tokens = maximumTokens
            $0.temperature = temperature
            ($0.stop_tokens, $0.n_stop_tokens) = arena.array(stopTokens)
            $0.minimum_version = minimumVersion
            if let exactVersion {
                $0.schedule_case = APUS__V1__LEASE__SCHEDULE_EXACT_VERSION
                $0.exact_version = exactVersion
            }
            $0.deadline_milliseconds = deadlineMilliseconds
            $0.verifier_kind = arena.string(verifierKind)
            $0.verification_payload_byte_count = UInt32(verificationPayload.count)
            $0.thinking_budget = thinkingBudget?.pack(into: arena)
        }
    }
}

extension LeaseGrant: WireBody {
    init(_ packed: Apus__V1__LeaseGrant, _ tensors: inout TensorReader) throws(WireError) {
        var prompts = TensorShares("prompts", try tensors.vector("prompts", .int32, of: Int32.self))
        var texts = TensorShares("prompt_texts", try tensors.vector("prompt_texts", .uint8, of: UInt8.self))
        var payloads = TensorShares(
            "verification_payloads", try tensors.vector("verification_payloads", .uint8, of: UInt8.self))
        let leases = try Read.list(
            packed.leases, packed.n_leases, limit: WireCap.leases, "lease_grant.leases"
        ) { (lease) throws(WireError) in
            try Lease(lease, prompts: &prompts, texts: &texts, payloads: &payloads)
        }
        try prompts.finish()
        try texts.finish()
        try payloads.finish()
        let versions = try Read.list(
            packed.versions, packed.n_versions, limit: WireCap.leases, "lease_grant.versions"
        ) { (version) throws(WireError) in try VersionDescription(version) }
        self.init(
            leases: leases, retryAfterMilliseconds: packed.retry_after_milliseconds, versions: versions)
    }

    func validate() throws(WireError) {
        try Check.size(leases.count, limit: WireCap.leases, "lease_grant.leases")
        for lease in leases { try lease.validate() }
        try Check.size(versions.count, limit: WireCap.leases, "lease_grant.versions")
        for version in versions { try version.validate() }
        let described = Set(versions.map(\.number))
        for lease in leases {
            guard let exact = lease.exactVersion, !described.contains(exact) else { continue }
            throw .invalid(
                field: "lease_grant.versions", value: "\(described.sorted())", expected: "version \(exact) of a lease")
        }
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__LeaseGrant> {
        arena.attach("prompts", .int32, leases.flatMap(\.prompt))
        arena.attach("prompt_texts", .uint8, leases.flatMap { Array($0.promptText.utf8) })
        arena.attach("verification_payloads", .uint8, leases.flatMap(\.verificationPayload))
        return arena.make(apus__v1__lease_grant__init) {
            ($0.leases, $0.n_leases) = arena.list(leases.map { $0.pack(into: arena) })
            $0.retry_after_milliseconds = retryAfterMilliseconds
            ($0.versions, $0.n_versions) = arena.list(versions.map { $0.pack(into: arena) })
        }
    }
}

extension LeaseReturn: WireBody {
    init(_ packed: Apus__V1__LeaseReturn, _ tensors: inout TensorReader) throws(WireError) {
        self.init(
            leaseIDs: Read.array(packed.lease_ids, packed.n_lease_ids),
            reason: try Read.note(packed.reason, "lease_return.reason"), failed: packed.failed != 0)
    }

    func validate() throws(WireError) {
        try Check.size(leaseIDs.count, limit: WireCap.leaseIDs, "lease_return.lease_ids")
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__LeaseReturn> {
        arena.make(apus__v1__lease_return__init) {
            ($0.lease_ids, $0.n_lease_ids) = arena.array(leaseIDs)
            $0.reason = arena.note(reason)
            $0.failed = failed ? 1 : 0
        }
    }
}
