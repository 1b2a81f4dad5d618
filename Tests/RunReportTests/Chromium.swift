import Foundation
import TestSupport

/// Headless Chromium, where the machine has it (Debian package `chromium`).
struct Chromium {
    enum Scheme: Int {
        case dark = 0
        case light = 1
    }

    struct Failure: Error { let description: String }

    private static let names = ["chromium", "chromium-browser", "google-chrome"]
    private let program: String
    private let directory: String

    /// Nil without Chromium.
    static var program: String? {
        let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
        return paths.flatMap { path in names.map { "\(path)/\($0)" } }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// - Parameter directory: for its profile and what it writes.
    init(program: String, directory: String) {
        self.program = program
        self.directory = directory
    }

    /// The document after its scripts have run, as HTML; and what was written to the console.
    func dump(_ page: String, _ scheme: Scheme) throws -> (html: String, console: [String]) {
        let text = try run(["--dump-dom"], page, scheme)
        return (text, text.split(separator: "\n").filter { $0.contains(":CONSOLE") }.map(String.init))
    }

    /// Writes what a window of this size shows as PNG.
    func screenshot(_ page: String, _ scheme: Scheme, width: Int, height: Int, to path: String) throws {
        _ = try run(["--window-size=\(width),\(height)", "--screenshot=\(path)"], page, scheme)
    }

    private func run(_ arguments: [String], _ page: String, _ scheme: Scheme) throws -> String {
        let output = directory + "/chromium-\(UUID().uuidString).log"
        // As root its sandbox does not work; what it opens here was made here.
        let process = try ChildProcess(
            program,
            arguments: [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                "--no-first-run", "--user-data-dir=\(directory)/profile", "--virtual-time-budget=2000",
                "--enable-logging=stderr", "--blink-settings=preferredColorScheme=\(scheme.rawValue)",
            ] + arguments + ["file://\(page)"],
            environment: ["HOME": directory, "PATH": "/usr/bin:/bin"], directory: directory, output: output)
        let deadline = Date.now.addingTimeInterval(90)
        while Date.now < deadline {
            if let status = try process.statusIfEnded() {
                guard status == 0 else { throw Failure(description: "Chromium ended with \(status); see \(output)") }
                return String(decoding: try Data(contentsOf: URL(fileURLWithPath: output)), as: UTF8.self)
            }
            usleep(20_000)
        }
        process.signal(SIGKILL)
        _ = try process.wait()
        throw Failure(description: "Chromium did not end within 90 s")
    }
}
