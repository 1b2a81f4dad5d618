import Configuration
import Model
import Session
import Wire

/// What a worker learns from the learner's welcome: the run's settings, the model's shape, the tokenizer.
struct WorkerAssets: Sendable {
    let run: RunConfiguration
    let runSeed: UInt64
    let configuration: ModelConfiguration
    let tokenizer: Tokenizer

    /// Throws when the welcome lacks a file or holds one that cannot be read.
    init(_ welcome: Welcome) throws {
        run = try RunConfiguration(welcome)
        runSeed = welcome.runSeed
        let modelFile = try Self.asset("config.json", of: welcome)
        configuration = try modelFile.withUnsafeBytes { try ModelConfiguration(json: $0) }
        tokenizer = try Tokenizer(json: try Self.asset("tokenizer.json", of: welcome))
    }

    private static func asset(_ name: String, of welcome: Welcome) throws -> [UInt8] {
        guard let asset = welcome.assets.first(where: { $0.name == name }) else {
            throw AssetMissing(name: name)
        }
        return asset.content.bytes
    }
}

/// A file that every worker needs did not come with the welcome.
struct AssetMissing: Error, CustomStringConvertible {
    let name: String

    var description: String {
        "the learner sent no \(name): add it to the policy's directory and start the learner again"
    }
}
