import CKernels
import Crypto

/// A policy: its published weights and nothing else (promise 4).
///
/// `bytes` are the tensors of `layout` back to back, little endian, in `precision`. Version number and SHA-256 of the bytes
/// identify it everywhere. Invariant: `bytes` has exactly the layout's size and hashes to `sha256`.
package struct PolicySnapshot: Sendable {
    package let version: UInt64
    package let precision: ParameterPrecision
    package let layout: ParameterLayout
    package let bytes: SharedBytes
    /// 32 bytes, over `bytes`.
    package let sha256: [UInt8]

    /// Hashes `bytes`. Throws when their count is not what the layout needs.
    package init(
        version: UInt64, precision: ParameterPrecision, layout: ParameterLayout, bytes: SharedBytes
    ) throws(PolicySnapshotError) {
        let expected = layout.byteCount(precision)
        guard bytes.count == expected else { throw .wrongSize(expected: expected, found: bytes.count) }
        self.version = version
        self.precision = precision
        self.layout = layout
        self.bytes = bytes
        sha256 = bytes.withUnsafeBytes { Array(SHA256.hash(data: $0)) }
    }

    /// As above for bytes that came from elsewhere: throws unless they hash to `sha256`.
    package init(
        version: UInt64, precision: ParameterPrecision, layout: ParameterLayout, bytes: SharedBytes, sha256: [UInt8]
    ) throws(PolicySnapshotError) {
        try self.init(version: version, precision: precision, layout: layout, bytes: bytes)
        guard self.sha256 == sha256 else { throw .wrongHash(expected: sha256, found: self.sha256) }
    }

    /// Rounds (bf16) or copies (fp32) a flat master copy of `layout.elementCount` weights.
    package init(
        version: UInt64, precision: ParameterPrecision, layout: ParameterLayout, master: UnsafeBufferPointer<Float>
    ) {
        precondition(master.count == layout.elementCount, "the master copy has another layout")
        let bytes = SharedBytes(count: layout.byteCount(precision)) { destination in
            FloatConversion.store(master, as: precision, to: destination)
        }
        self.version = version
        self.precision = precision
        self.layout = layout
        self.bytes = bytes
        sha256 = bytes.withUnsafeBytes { Array(SHA256.hash(data: $0)) }
    }

    /// The same weights under another version number.
    package func renumbered(_ version: UInt64) -> PolicySnapshot {
        PolicySnapshot(renumbering: self, version: version)
    }

    private init(renumbering other: PolicySnapshot, version: UInt64) {
        self.version = version
        precision = other.precision
        layout = other.layout
        bytes = other.bytes
        sha256 = other.sha256
    }

    /// The bytes of one tensor of the layout.
    package func withTensor<Result, Failure: Error>(
        _ tensor: ParameterTensor, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withUnsafeBytes { (all) throws(Failure) in
            let range = tensor.offset * precision.size..<(tensor.offset + tensor.count) * precision.size
            return try body(UnsafeRawBufferPointer(rebasing: all[range]))
        }
    }

    /// Writes the weights as fp32, exactly, to `destination` of `layout.elementCount` elements.
    package func copy(to destination: UnsafeMutableBufferPointer<Float>) {
        precondition(destination.count == layout.elementCount, "the destination has another layout")
        bytes.withUnsafeBytes { FloatConversion.load($0, as: precision, to: destination) }
    }

    /// The first 12 hexadecimal digits of the hash, for logs.
    package var shortHash: String { Hexadecimal.text(sha256.prefix(6)) }
}

package enum PolicySnapshotError: Error, Equatable, CustomStringConvertible {
    case wrongSize(expected: Int, found: Int)
    case wrongHash(expected: [UInt8], found: [UInt8])

    package var description: String {
        switch self {
        case .wrongSize(let expected, let found):
            "the policy needs \(expected) bytes, got \(found); both sides must run the same model configuration"
        case .wrongHash(let expected, let found):
            "the policy hashes to \(Hexadecimal.text(found)), announced was \(Hexadecimal.text(expected)); fetch it again"
        }
    }
}
