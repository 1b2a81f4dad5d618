import ArgumentParser
import Foundation
import JSON
import Model

/// `apus inspect`: what is in a model directory.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show architecture, tensors, sizes and hashes of a model directory.",
        discussion: """
            Loads the model completely, so a directory that passes is whole. The policy's SHA-256 is over the weights in \
            layout order, as logs and exchanged versions show it; that of a file is what `sha256sum` prints.

            EXAMPLES
              apus inspect --model Cluster/policies/countdown
              apus inspect --model DIR --tensors
            """)

    @OptionGroup var model: ModelOption

    @Flag(help: "List every tensor.")
    var tensors = false

    @Flag(help: "Print one JSON object, tensors included, instead of text.")
    var json = false

    func run() throws {
        let report = InspectionReport(path: model.model, directory: try model.load(), files: try weightFiles())
        if json {
            Console.output(String(decoding: JSONWriter.write(report.json, indented: true), as: UTF8.self))
        } else {
            Console.outputText(report.text(tensors: tensors))
        }
    }

    /// The files that hold weights, with their hashes.
    private func weightFiles() throws -> [InspectionReport.WeightFile] {
        let paths = model.isGGUF ? [model.model] : try safetensorsFiles()
        return try paths.map { path in
            InspectionReport.WeightFile(
                name: (path as NSString).lastPathComponent, bytes: try FileReading.map(path).count,
                sha256: try FileDigest.sha256(path))
        }
    }

    private func safetensorsFiles() throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: model.model)
        return names.filter { $0.hasSuffix(".safetensors") }.sorted().map { "\(model.model)/\($0)" }
    }
}
