import Foundation
import Model

/// Golden files of the repository.
enum Fixtures {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures").path
    static let models = ["qwen3_dense", "qwen3_moe", "qwen2_dense", "qwen2_moe", "qwen2_moe_mixed", "llama_dense"]
}

/// A directory of its own, removed when the test is over.
final class TemporaryDirectory {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("apus-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { print("left behind: \(path), \(error)") }
    }

    /// Writes a file and returns its path.
    func write(_ bytes: [UInt8], to name: String) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
        return path + "/" + name
    }

    func write(_ text: String, to name: String) throws -> String { try write(Array(text.utf8), to: name) }
}

extension ModelConfiguration {
    init(json text: String) throws {
        let bytes = Array(text.utf8)
        let result: Result<ModelConfiguration, ConfigurationError> = bytes.withUnsafeBytes { raw in
            do throws(ConfigurationError) { return .success(try .init(json: raw)) } catch { return .failure(error) }
        }
        self = try result.get()
    }
}

/// Applies a few random byte changes, deletions and repetitions.
func mutated(_ bytes: [UInt8], using generator: inout some RandomNumberGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
        let position = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[position] = .random(in: 0...255, using: &generator)
        case 1: bytes[position] = Array("0123456789\"{}[],:-eE\\u".utf8).randomElement(using: &generator) ?? 0
        case 2: bytes.removeSubrange(position..<min(bytes.count, position + 9))
        default: bytes.insert(contentsOf: bytes[position..<min(bytes.count, position + 9)], at: position)
        }
    }
    return bytes
}

/// The result, or nil when the input was refused, which for damaged input is as right as accepting it.
func unlessRefused<Value>(_ read: () throws -> Value) -> Value? {
    do { return try read() } catch { return nil }
}
