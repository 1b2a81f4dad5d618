/// Number type of a version's weights.
package enum WeightPrecision: String, Sendable, Equatable, CaseIterable {
    case bf16
    case fp32
}

/// A version by its name: number and hash.
package struct VersionIdentity: Sendable, Equatable, Hashable {
    package var number: UInt64
    /// SHA-256 of the weights' flat bytes; 32 bytes.
    package var sha256: [UInt8]

    package init(number: UInt64, sha256: [UInt8]) {
        self.number = number
        self.sha256 = sha256
    }
}

/// A published policy: its flat parameter bytes, little endian, tensors in layout order.
package struct VersionDescription: Sendable, Equatable {
    package var number: UInt64
    /// SHA-256 of the bytes; 32 bytes.
    package var sha256: [UInt8]
    /// Length of the bytes, > 0.
    package var byteCount: UInt64
    package var precision: WeightPrecision

    package init(number: UInt64, sha256: [UInt8], byteCount: UInt64, precision: WeightPrecision) {
        self.number = number
        self.sha256 = sha256
        self.byteCount = byteCount
        self.precision = precision
    }

    package var identity: VersionIdentity { VersionIdentity(number: number, sha256: sha256) }
}

/// A version is out; fetch it. See `Message.publish`.
package struct Publish: Sendable, Equatable {
    package var version: VersionDescription
    /// The chunk size that the learner would like to be asked for.
    package var chunkByteCount: UInt64

    package init(version: VersionDescription, chunkByteCount: UInt64) {
        self.version = version
        self.chunkByteCount = chunkByteCount
    }
}

/// The broadcaster holds and serves a version. See `Message.publishReceipt`.
package struct PublishReceipt: Sendable, Equatable {
    package var version: VersionIdentity

    package init(version: VersionIdentity) {
        self.version = version
    }
}

/// A version can be fetched from the sender. See `Message.versionNotice`.
package struct VersionNotice: Sendable, Equatable {
    package var version: VersionDescription
    /// Member id of the broadcaster that serves it.
    package var broadcasterID: String

    package init(version: VersionDescription, broadcasterID: String) {
        self.version = version
        self.broadcasterID = broadcasterID
    }
}

/// Asks for `byteCount` bytes of a version, from `offset`. See `Message.fetch`.
package struct Fetch: Sendable, Equatable {
    package var versionNumber: UInt64
    package var offset: UInt64
    /// ≥ 1; the answer may hold fewer only at the end of the version.
    package var byteCount: UInt64

    package init(versionNumber: UInt64, offset: UInt64, byteCount: UInt64) {
        self.versionNumber = versionNumber
        self.offset = offset
        self.byteCount = byteCount
    }
}

/// Bytes of a version; they travel as one tensor frame and are copied neither by the sender nor by the decoder.
package struct Chunk: Sendable, Equatable {
    package var versionNumber: UInt64
    package var offset: UInt64
    /// At least one byte.
    package var content: Frame

    package init(versionNumber: UInt64, offset: UInt64, content: Frame) {
        self.versionNumber = versionNumber
        self.offset = offset
        self.content = content
    }
}
