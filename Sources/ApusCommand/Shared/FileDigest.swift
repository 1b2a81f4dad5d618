import Crypto
import Model

/// SHA-256 of files.
enum FileDigest {
    /// In lower-case hexadecimal digits, as `sha256sum` prints it.
    static func sha256(_ path: String) throws(FileError) -> String {
        let bytes = try FileReading.map(path)
        return Hexadecimal.text(bytes.withUnsafeBytes { SHA256.hash(data: $0) })
    }
}
