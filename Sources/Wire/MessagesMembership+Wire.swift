import CProtobufC
import CWire

extension Member {
    init(_ packed: Apus__V1__Member) throws(WireError) {
        self.init(
            role: try Role(wire: packed.role, "member.role"), id: try Read.text(packed.id, "member.id"),
            incarnation: packed.incarnation,
            endpoints: try Read.list(
                packed.endpoints, packed.n_endpoints, limit: WireCap.endpoints, "member.endpoints"
            ) { (endpoint) throws(WireError) in
                Endpoint(
                    purpose: try Endpoint.Purpose(wire: endpoint.purpose, "endpoint.purpose"),
                    address: try Read.text(endpoint.address, "endpoint.address"),
                    serverKey: Read.bytes(endpoint.server_key))
            })
    }

    func validate() throws(WireError) {
        try Check.identifier(id, "member.id")
        try Check.size(endpoints.count, limit: WireCap.endpoints, "member.endpoints")
        for endpoint in endpoints {
            try Check.address(endpoint.address, "endpoint.address")
            try Check.serverKey(endpoint.serverKey, "endpoint.server_key")
        }
    }

    /// The rules of a list of members.
    static func validate(_ members: [Member]) throws(WireError) {
        try Check.size(members.count, limit: WireCap.members, "members")
        for member in members { try member.validate() }
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__Member> {
        arena.make(apus__v1__member__init) {
            $0.role = role.wire
            $0.id = arena.string(id)
            $0.incarnation = incarnation
            ($0.endpoints, $0.n_endpoints) = arena.list(
                endpoints.map { endpoint in
                    arena.make(apus__v1__endpoint__init) {
                        $0.purpose = endpoint.purpose.wire
                        $0.address = arena.string(endpoint.address)
                        $0.server_key = arena.bytes(endpoint.serverKey)
                    }
                })
        }
    }
}

extension Hello: WireBody {
    init(_ packed: Apus__V1__Hello, _ tensors: inout TensorReader) throws(WireError) {
        // `list` reads messages; these are strings.
        try Check.size(packed.n_verifier_kinds, limit: WireCap.verifierKinds, "hello.verifier_kinds")
        var kinds: [String] = []
        for kind in UnsafeBufferPointer(start: packed.verifier_kinds, count: packed.n_verifier_kinds) {
            kinds.append(try Read.text(kind, "hello.verifier_kinds"))
        }
        self.init(
            protocolVersion: packed.protocol_version, runID: try Read.text(packed.run_id, "hello.run_id"),
            member: try Member(try Read.message(packed.member, "hello.member")),
            software: try Read.note(packed.software, "hello.software"), verifierKinds: kinds)
    }

    func validate() throws(WireError) {
        guard protocolVersion == WireProtocol.version else {
            throw .incompatibleProtocol(theirs: protocolVersion, ours: WireProtocol.version)
        }
        try Check.optionalIdentifier(runID, "hello.run_id")
        try member.validate()
        try Check.size(verifierKinds.count, limit: WireCap.verifierKinds, "hello.verifier_kinds")
        for kind in verifierKinds { try Check.identifier(kind, "hello.verifier_kinds") }
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__Hello> {
        arena.make(apus__v1__hello__init) {
            $0.protocol_version = protocolVersion
            $0.run_id = arena.string(runID)
            $0.member = member.pack(into: arena)
            $0.software = arena.note(software)
            ($0.verifier_kinds, $0.n_verifier_kinds) = arena.list(verifierKinds.map(arena.string))
        }
    }
}

extension Welcome: WireBody {
    init(_ packed: Apus__V1__Welcome, _ tensors: inout TensorReader) throws(WireError) {
        var assets: [Asset] = []
        for tensor in tensors.takeAll() {
            guard tensor.type == .uint8, tensor.shape.count == 1 else {
                throw .tensorType(name: tensor.name, found: tensor.type, expected: "a vector of U8")
            }
            assets.append(Asset(name: tensor.name, content: tensor.frame))
        }
        self.init(
            runID: try Read.text(packed.run_id, "welcome.run_id"), runSeed: packed.run_seed,
            learnerIncarnation: packed.learner_incarnation, configurationJSON: Read.bytes(packed.configuration_json),
            heartbeatIntervalMilliseconds: packed.heartbeat_interval_milliseconds,
            newest: try packed.newest.map { (newest) throws(WireError) in try VersionDescription(newest.pointee) },
            membershipEpoch: packed.membership_epoch,
            members: try Read.list(packed.members, packed.n_members, limit: WireCap.members, "members", Member.init),
            assets: assets)
    }

    func validate() throws(WireError) {
        try Check.identifier(runID, "welcome.run_id")
        try Check.size(
            configurationJSON.count, limit: WireCap.configurationBytes, "bytes of welcome.configuration_json")
        try Check.atLeast(1, heartbeatIntervalMilliseconds, "welcome.heartbeat_interval_milliseconds")
        try newest?.validate()
        try Member.validate(members)
        for (index, asset) in assets.enumerated() {
            try Check.identifier(asset.name, "name of an asset")
            try Check.atLeast(1, asset.content.count, "bytes of asset \(asset.name)")
            guard !assets[..<index].contains(where: { $0.name == asset.name }) else {
                throw .duplicateTensor(name: asset.name)
            }
        }
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__Welcome> {
        for asset in assets { arena.attach(TensorPayload(name: asset.name, bytes: asset.content)) }
        return arena.make(apus__v1__welcome__init) {
            $0.run_id = arena.string(runID)
            $0.run_seed = runSeed
            $0.learner_incarnation = learnerIncarnation
            $0.configuration_json = arena.bytes(configurationJSON)
            $0.heartbeat_interval_milliseconds = heartbeatIntervalMilliseconds
            $0.newest = newest?.pack(into: arena)
            $0.membership_epoch = membershipEpoch
            ($0.members, $0.n_members) = arena.list(members.map { $0.pack(into: arena) })
        }
    }
}

extension Goodbye: WireBody {
    init(_ packed: Apus__V1__Goodbye, _ tensors: inout TensorReader) throws(WireError) {
        self.init(reason: try Read.note(packed.reason, "goodbye.reason"))
    }

    func validate() throws(WireError) {}

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__Goodbye> {
        arena.make(apus__v1__goodbye__init) { $0.reason = arena.note(reason) }
    }
}
