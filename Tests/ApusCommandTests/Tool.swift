import Foundation
import JSON
import Model

/// The built `apus`, run as a user would.
enum Tool {
    struct Outcome {
        let status: Int32
        let output: String
        let errors: String

        /// The JSON document on standard output.
        func json() throws -> JSONValue { try JSONValue.parse(output) }
    }

    struct NotBuilt: Error { let path: String }

    /// Beside the test bundle, where SwiftPM puts every product.
    static let path = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appendingPathComponent("apus").path

    /// Runs `apus` with `arguments` to its end, without anybody at its terminal.
    static func run(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

    /// - Parameter input: what is typed; nothing and its end when nil.
    static func run(_ arguments: [String], input: String? = nil) async throws -> Outcome {
        guard FileManager.default.isExecutableFile(atPath: path) else { throw NotBuilt(path: path) }
        let scratch = try ScratchDirectory()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.standardInput =
            try input.map { try FileHandle(forReadingAtPath: scratch.write($0, to: "input")) }
            ?? FileHandle.nullDevice
        process.standardOutput = try scratch.handle("output")
        process.standardError = try scratch.handle("errors")
        try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in ended.resume() }
            do {
                try process.run()
            } catch {
                ended.resume(throwing: error)
            }
        }
        return Outcome(
            status: process.terminationStatus, output: try scratch.text("output"), errors: try scratch.text("errors"))
    }
}

/// A directory that disappears with the test that made it.
final class ScratchDirectory {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // Best effort: what stays behind is small and in the temporary directory.
        do { try FileManager.default.removeItem(atPath: path) } catch { return }
    }

    func file(_ name: String) -> String { path + "/" + name }

    func makeDirectory(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: file(name), withIntermediateDirectories: true)
    }

    /// Writes `text` to a file and returns its path.
    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    func text(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: file(name))), as: UTF8.self)
    }

    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: file(name)))) }

    /// A new file to write to.
    func handle(_ name: String) throws -> FileHandle {
        try Data().write(to: URL(fileURLWithPath: file(name)))
        return try FileHandle(forWritingTo: URL(fileURLWithPath: file(name)))
    }
}

extension JSONValue {
    /// The numbers of a list.
    var numbers: [Double] { array?.compactMap(\.number) ?? [] }
}

/// Directories of the golden models.
enum Fixtures {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures").path

    static func path(_ name: String) -> String { root + "/" + name }
}
