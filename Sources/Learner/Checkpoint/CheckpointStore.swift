import Foundation
package import Model
import Tensor

/// The checkpoints of a run: directories `step-N` with the policy as a Hugging Face model, the optimizer's state and the run's
/// progress.
///
/// Owner: the learner. Invariants: a checkpoint appears under its name only when it is whole and synced; the newest one whose
/// content hashes right is the one to go on from.
package struct CheckpointStore: Sendable {
    package let directory: String
    /// Checkpoints kept; older ones are deleted after a newer one is whole.
    let keep: Int

    package init(directory: String, keep: Int) {
        self.directory = directory
        self.keep = keep
    }

    /// Where the checkpoint of a step lies.
    package func path(step: Int) -> String { "\(directory)/step-\(step)" }

    package func write(_ progress: RunProgress, model: ModelDirectory, optimizer: AdamW) throws {
        let staging = "\(directory)/.writing-\(progress.step)"
        let files = FileManager.default
        try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
        if files.fileExists(atPath: staging) { try files.removeItem(atPath: staging) }
        try files.createDirectory(atPath: staging, withIntermediateDirectories: false)
        try model.save(to: staging + "/model")
        try writeOptimizer(optimizer, to: staging + "/optimizer.safetensors")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try AtomicFile.write(Array(try encoder.encode(progress)), to: staging + "/progress.json")
        let path = path(step: progress.step)
        if files.fileExists(atPath: path) { try files.removeItem(atPath: path) }
        try files.moveItem(atPath: staging, toPath: path)
        try retire()
    }

    /// The newest whole checkpoint, and for each newer damaged one why it was passed over. Nil without any.
    package func newest(
        precision: ParameterPrecision
    ) -> (found: (model: ModelDirectory, state: TrainingState, progress: RunProgress)?, passedOver: [String]) {
        var passedOver: [String] = []
        for step in steps().reversed() {
            do {
                return (try read(path(step: step), precision: precision), passedOver)
            } catch {
                passedOver.append("\(path(step: step)): \(error)")
            }
        }
        return (nil, passedOver)
    }

    private func read(
        _ path: String, precision: ParameterPrecision
    ) throws -> (model: ModelDirectory, state: TrainingState, progress: RunProgress) {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path + "/progress.json"))
        let progress = try JSONDecoder().decode(RunProgress.self, from: bytes)
        let model = try ModelDirectory(path: path + "/model", precision: precision, version: progress.version)
        guard Hexadecimal.text(model.policy.sha256) == progress.sha256 else {
            throw CheckpointError.wrongHash(expected: progress.sha256, found: Hexadecimal.text(model.policy.sha256))
        }
        let file = try SafetensorsFile(path: path + "/optimizer.safetensors")
        let layout = model.policy.layout
        let optimizer = OptimizerState(
            master: try arena("master", layout, file), firstMoment: try arena("first_moment", layout, file),
            secondMoment: try arena("second_moment", layout, file), stepCount: progress.optimizerSteps,
            updates: progress.updates)
        return (model, TrainingState(policy: model.policy, optimizer: optimizer), progress)
    }

    private func writeOptimizer(_ optimizer: AdamW, to path: String) throws {
        let arenas = [
            ("master", optimizer.master), ("first_moment", optimizer.firstMoment),
            ("second_moment", optimizer.secondMoment),
        ]
        try SafetensorsWriter.write(
            arenas.map { name, arena in
                let bytes = UnsafeRawBufferPointer(start: arena.buffer.pointer, count: arena.buffer.count * 4)
                return .init(name: name, format: .float32, shape: [arena.buffer.count], bytes: bytes)
            }, to: path)
    }

    private func arena(_ name: String, _ layout: ParameterLayout, _ file: SafetensorsFile) throws -> ParameterArena {
        let arena = ParameterArena(layout: layout)
        guard let tensor = file[name], tensor.format == .float32, tensor.shape == [layout.elementCount] else {
            throw CheckpointError.wrongShape(name: name, expected: layout.elementCount, found: file[name]?.shape)
        }
        let destination = UnsafeMutableRawBufferPointer(
            start: arena.buffer.pointer, count: arena.buffer.count * MemoryLayout<Float>.size)
        file.withTensor(tensor) { destination.copyMemory(from: $0) }
        return arena
    }

    private func retire() throws {
        for step in steps().dropLast(keep) { try FileManager.default.removeItem(atPath: path(step: step)) }
    }

    /// Steps with a checkpoint, ascending.
    private func steps() -> [Int] {
        guard let names = FileManager.default.enumerator(atPath: directory) else { return [] }
        names.skipDescendants()
        var steps: [Int] = []
        for case let name as String in names {
            names.skipDescendants()
            if name.hasPrefix("step-"), let step = Int(name.dropFirst(5)) { steps.append(step) }
        }
        return steps.sorted()
    }
}

package enum CheckpointError: Error, CustomStringConvertible {
    case wrongHash(expected: String, found: String)
    case wrongShape(name: String, expected: Int, found: [Int]?)

    package var description: String {
        switch self {
        case .wrongHash(let expected, let found): "the weights hash to \(found), progress.json says \(expected)"
        case .wrongShape(let name, let expected, let found):
            "optimizer.safetensors: \(name) has shape \(found.map { "\($0)" } ?? "none"), the model needs [\(expected)] in fp32"
        }
    }
}

extension ModelDirectory {
    /// The same model with other weights.
    func with(_ policy: PolicySnapshot) throws -> ModelDirectory {
        try ModelDirectory(configuration: configuration, policy: policy, companions: companions)
    }
}
