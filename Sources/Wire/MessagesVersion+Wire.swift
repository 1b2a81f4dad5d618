import CWire

extension VersionIdentity {
    init(_ packed: Apus__V1__VersionIdentity) {
        self.init(number: packed.number, sha256: Read.bytes(packed.sha256))
    }

    func validate() throws(WireError) {
        try Check.sha256(sha256, "version.sha256")
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__VersionIdentity> {
        arena.make(apus__v1__version_identity__init) {
            $0.number = number
            $0.sha256 = arena.bytes(sha256)
        }
    }
}

extension VersionDescription {
    init(_ packed: Apus__V1__VersionDescription) throws(WireError) {
        self.init(
            number: packed.number, sha256: Read.bytes(packed.sha256), byteCount: packed.byte_count,
            precision: try WeightPrecision(wire: packed.precision, "version.precision"))
    }

    func validate() throws(WireError) {
        try Check.sha256(sha256, "version.sha256")
        try Check.atLeast(1, byteCount, "version.byte_count")
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__VersionDescription> {
        arena.make(apus__v1__version_description__init) {
            $0.number = number
            $0.sha256 = arena.bytes(sha256)
            $0.byte_count = byteCount
            $0.precision = precision.wire
        }
    }
}

extension Publish: WireBody {
    init(_ packed: Apus__V1__Publish, _ tensors: inout TensorReader) throws(WireError) {
        self.init(
            version: try VersionDescription(try Read.message(packed.version, "publish.version")),
            chunkByteCount: packed.chunk_byte_count)
    }

    func validate() throws(WireError) {
        try version.validate()
        try Check.atLeast(1, chunkByteCount, "publish.chunk_byte_count")
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__Publish> {
        arena.make(apus__v1__publish__init) {
            $0.version = version.pack(into: arena)
            $0.chunk_byte_count = chunkByteCount
        }
    }
}

extension PublishReceipt: WireBody {
    init(_ packed: Apus__V1__PublishReceipt, _ tensors: inout TensorReader) throws(WireError) {
        self.init(version: VersionIdentity(try Read.message(packed.version, "publish_receipt.version")))
    }

    func validate() throws(WireError) {
        try version.validate()
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__PublishReceipt> {
        arena.make(apus__v1__publish_receipt__init) { $0.version = version.pack(into: arena) }
    }
}

extension VersionNotice: WireBody {
    init(_ packed: Apus__V1__VersionNotice, _ tensors: inout TensorReader) throws(WireError) {
        self.init(
            version: try VersionDescription(try Read.message(packed.version, "version_notice.version")),
            broadcasterID: try Read.text(packed.broadcaster_id, "version_notice.broadcaster_id"))
    }

    func validate() throws(WireError) {
        try version.validate()
        try Check.identifier(broadcasterID, "version_notice.broadcaster_id")
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__VersionNotice> {
        arena.make(apus__v1__version_notice__init) {
            $0.version = version.pack(into: arena)
            $0.broadcaster_id = arena.string(broadcasterID)
        }
    }
}

extension Fetch: WireBody {
    init(_ packed: Apus__V1__Fetch, _ tensors: inout TensorReader) throws(WireError) {
        self.init(versionNumber: packed.version_number, offset: packed.offset, byteCount: packed.byte_count)
    }

    func validate() throws(WireError) {
        try Check.atLeast(1, byteCount, "fetch.byte_count")
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__Fetch> {
        arena.make(apus__v1__fetch__init) {
            $0.version_number = versionNumber
            $0.offset = offset
            $0.byte_count = byteCount
        }
    }
}

extension Chunk: WireBody {
    init(_ packed: Apus__V1__Chunk, _ tensors: inout TensorReader) throws(WireError) {
        guard let content = try tensors.take("content", .uint8) else { throw .missing(field: "tensor content") }
        self.init(versionNumber: packed.version_number, offset: packed.offset, content: content.frame)
    }

    func validate() throws(WireError) {
        try Check.atLeast(1, content.count, "bytes of tensor content")
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__Chunk> {
        arena.attach(TensorPayload(name: "content", bytes: content))
        return arena.make(apus__v1__chunk__init) {
            $0.version_number = versionNumber
            $0.offset = offset
        }
    }
}
