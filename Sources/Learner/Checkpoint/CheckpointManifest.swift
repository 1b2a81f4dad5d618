import Foundation
import Model

/// Size and SHA-256 of every file of a checkpoint: `manifest.json`, written last.
struct CheckpointManifest: Codable {
    struct File: Codable, Equatable {
        let bytes: Int
        /// In hexadecimal.
        let sha256: String
    }

    /// By path within the checkpoint.
    let files: [String: File]

    private static let name = "manifest.json"

    /// Describes the files that lie in a directory.
    init(of directory: String) throws {
        var files: [String: File] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: directory)
        where !FileReading.isDirectory(directory + "/" + name) {
            files[name] = try Self.describe(directory + "/" + name)
        }
        self.files = files
    }

    /// Reads a checkpoint's manifest.
    init(at directory: String) throws {
        let bytes = try FileReading.read(directory + "/" + Self.name, limit: 1 << 24)
        self = try JSONDecoder().decode(Self.self, from: Data(bytes))
    }

    func write(to directory: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try AtomicFile.write(Array(try encoder.encode(self)), to: directory + "/" + Self.name)
    }

    /// Throws unless every file is there and is what it was.
    func verify(_ directory: String) throws {
        for (name, expected) in files.sorted(by: { $0.key < $1.key }) {
            let found = try Self.describe(directory + "/" + name)
            guard found == expected else {
                throw CheckpointError.wrongHash(file: name, expected: expected.sha256, found: found.sha256)
            }
        }
    }

    private static func describe(_ path: String) throws -> File {
        File(bytes: try FileReading.map(path).count, sha256: try FileDigest.sha256(path))
    }
}

package enum CheckpointError: Error, CustomStringConvertible {
    case wrongHash(file: String, expected: String, found: String)
    case wrongShape(name: String, expected: Int, found: [Int]?)

    package var description: String {
        switch self {
        case .wrongHash(let file, let expected, let found):
            "\(file) hashes to \(found.prefix(12)), it was written as \(expected.prefix(12))"
        case .wrongShape(let name, let expected, let found):
            "optimizer.safetensors: \(name) has shape \(found.map { "\($0)" } ?? "none"), the model needs [\(expected)] in fp32"
        }
    }
}
