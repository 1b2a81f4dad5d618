import Crypto

/// SHA-256 of files.
package enum FileDigest {
    /// In lower-case hexadecimal digits, as `sha256sum` prints it.
    package static func sha256(_ path: String) throws(FileError) -> String {
        let bytes = try FileReading.map(path)
        return Hexadecimal.text(bytes.withUnsafeBytes { SHA256.hash(data: $0) })
    }
}
