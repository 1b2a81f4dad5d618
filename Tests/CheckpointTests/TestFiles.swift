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

extension PolicySnapshot {
    /// The tensors' bytes, one after another.
    func bytes(of tensors: ParameterTensor...) -> SharedBytes { bytes(of: tensors) }

    func bytes(of tensors: [ParameterTensor]) -> SharedBytes {
        tensors.flatMap { withTensor($0) { Array($0) } }.withUnsafeBytes { SharedBytes(copying: $0) }
    }
}

/// The bytes of values in a GGUF file.
enum GGUFBytes {
    static func integer(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    static func string(_ text: String) -> [UInt8] { integer(UInt64(text.utf8.count)) + Array(text.utf8) }
}
