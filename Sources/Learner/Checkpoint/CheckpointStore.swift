import Execution
import Foundation
package import Model
import Tensor

/// The checkpoints of a run: directories `step-N` with the policy as a Hugging Face model, the optimizer's state, the versions
/// that leases may still name, the run's progress and configuration, and the hashes of all these files.
///
/// Owner: the learner's checkpoint writer. Synchronous. Invariants: a checkpoint appears under its name only when it is whole
/// and on disk; the newest one whose files hash right is the one to go on from.
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

    /// Steps with a checkpoint, ascending.
    package func steps() throws -> [Int] {
        guard FileReading.exists(directory) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: directory).compactMap { name in
            name.hasPrefix("step-") ? Int(name.dropFirst(5)) : nil
        }.sorted()
    }

    // MARK: Writing

    /// Writes a checkpoint, then deletes what is beyond `keep`. On an error nothing is left of it, and nothing else is changed.
    package func write(_ content: CheckpointContent) throws {
        let path = path(step: content.progress.step)
        let staging = "\(directory)/.writing-\(content.progress.step)"
        let files = FileManager.default
        try files.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try clean()
        do {
            try files.createDirectory(atPath: staging, withIntermediateDirectories: false)
            try writeFiles(content, to: staging)
            try CheckpointManifest(of: staging).write(to: staging)
            HoldPoint.checkpoint.reach()
            // A step that was done again after a restart has the same checkpoint; the former may be damaged.
            if files.fileExists(atPath: path) { try files.moveItem(atPath: path, toPath: retired(path)) }
            try files.moveItem(atPath: staging, toPath: path)
            try AtomicFile.synchroniseDirectory(of: path)
        } catch {
            try clean()
            throw error
        }
        for step in try steps().dropLast(keep) {
            try files.moveItem(atPath: self.path(step: step), toPath: retired(self.path(step: step)))
        }
        try clean()
    }

    private func writeFiles(_ content: CheckpointContent, to path: String) throws {
        try content.model.save(to: path + "/model")
        let count = content.model.policy.layout.elementCount
        try SafetensorsWriter.write(
            content.optimizer.arenas.map { name, arena in
                .init(
                    name: name, format: .float32, shape: [count],
                    bytes: UnsafeRawBufferPointer(start: arena.buffer.pointer, count: count * 4))
            }, to: path + "/optimizer.safetensors")
        if !content.earlier.isEmpty { try writeVersions(content.earlier, to: path + "/versions.safetensors") }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try AtomicFile.write(Array(try encoder.encode(content.progress)), to: path + "/progress.json")
        try AtomicFile.write(Array(content.configuration.utf8), to: path + "/run.yaml")
    }

    private func writeVersions(_ versions: [PolicySnapshot], to path: String) throws {
        // The writer borrows the bytes of all versions at once, so they are borrowed one within the other.
        func write(_ rest: ArraySlice<PolicySnapshot>, _ entries: [SafetensorsWriter.Entry]) throws {
            guard let version = rest.first else { return try SafetensorsWriter.write(entries, to: path) }
            try version.bytes.withUnsafeBytes { bytes in
                let entry = SafetensorsWriter.Entry(
                    name: "version_\(version.version)", format: SafetensorsFormat(version.precision),
                    shape: [version.layout.elementCount], bytes: bytes)
                try write(rest.dropFirst(), entries + [entry])
            }
        }
        try write(versions[...], [])
    }

    private func retired(_ path: String) -> String {
        "\(directory)/.retired-\(path.split(separator: "/").last ?? "")"
    }

    /// Removes what a crash, an error or a retirement left behind.
    private func clean() throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: directory)
        where name.hasPrefix(".writing-") || name.hasPrefix(".retired-") {
            try FileManager.default.removeItem(atPath: directory + "/" + name)
        }
    }

    // MARK: Reading

    /// The newest whole checkpoint, and for each newer one why it was passed over. Nil without any.
    ///
    /// - Parameter last: the step at which the journal ends. A later checkpoint is of no use, since the journal would have its
    ///   batches trained again: it comes from a copy of a run that went on meanwhile, or from a journal that a power failure
    ///   cut. It is set aside, under a name that no checkpoint has, so that it never stands before those to come.
    package func newest(
        precision: ParameterPrecision, through last: Int = .max
    ) throws -> (found: FoundCheckpoint?, passedOver: [String]) {
        try takeBackRetired()
        var passedOver: [String] = []
        for step in try steps().reversed() {
            guard step <= last else {
                let reason = "newer than the run's database, which ends at step \(last); set aside as"
                passedOver.append("\(path(step: step)): \(reason) \(try setAside(step))")
                continue
            }
            do {
                return (try read(path(step: step), precision: precision), passedOver)
            } catch {
                passedOver.append("\(path(step: step)): \(error)")
            }
        }
        return (nil, passedOver)
    }

    private func setAside(_ step: Int) throws -> String {
        let aside = "\(directory)/.ahead-step-\(step)"
        if FileReading.exists(aside) { try FileManager.default.removeItem(atPath: aside) }
        try FileManager.default.moveItem(atPath: path(step: step), toPath: aside)
        return aside
    }

    /// Gives a checkpoint its name again that a crash left retired while its successor had none yet.
    private func takeBackRetired() throws {
        guard FileReading.exists(directory) else { return }
        let prefix = ".retired-"
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasPrefix(prefix) {
            let path = directory + "/" + name.dropFirst(prefix.count)
            guard !FileReading.exists(path) else { continue }
            try FileManager.default.moveItem(atPath: directory + "/" + name, toPath: path)
        }
    }

    /// Checks the hashes of all checkpoints. Returns how many there are, and what is wrong with those that are damaged.
    package func verifyAll() throws -> (count: Int, damaged: [String]) {
        let steps = try steps()
        let damaged = steps.compactMap { step -> String? in
            let path = path(step: step)
            do {
                try CheckpointManifest(at: path).verify(path)
                return nil
            } catch {
                return "\(path): \(error)"
            }
        }
        return (steps.count, damaged)
    }

    private func read(_ path: String, precision: ParameterPrecision) throws -> FoundCheckpoint {
        try CheckpointManifest(at: path).verify(path)
        let bytes = try FileReading.read(path + "/progress.json", limit: 1 << 24)
        let progress = try JSONDecoder().decode(RunProgress.self, from: Data(bytes))
        let model = try ModelDirectory(path: path + "/model", precision: precision, version: progress.version)
        guard Hexadecimal.text(model.policy.sha256) == progress.sha256 else {
            throw CheckpointError.wrongHash(
                file: "model", expected: progress.sha256, found: Hexadecimal.text(model.policy.sha256))
        }
        let file = try SafetensorsFile(path: path + "/optimizer.safetensors")
        let layout = model.policy.layout
        let optimizer = OptimizerState(
            master: try arena("master", layout, file), firstMoment: try arena("first_moment", layout, file),
            secondMoment: try arena("second_moment", layout, file), stepCount: progress.optimizerSteps,
            updates: progress.updates)
        return FoundCheckpoint(
            model: model, state: TrainingState(policy: model.policy, optimizer: optimizer), progress: progress,
            earlier: try versions(path + "/versions.safetensors", before: model.policy))
    }

    private func arena(_ name: String, _ layout: ParameterLayout, _ file: SafetensorsFile) throws -> ParameterArena {
        let arena = ParameterArena(layout: layout)
        guard let tensor = file[name], tensor.format == .float32, tensor.shape == [layout.elementCount] else {
            throw CheckpointError.wrongShape(name: name, expected: layout.elementCount, found: file[name]?.shape)
        }
        file.withTensor(tensor) { bytes in
            UnsafeMutableRawBufferPointer(start: arena.buffer.pointer, count: bytes.count).copyMemory(from: bytes)
        }
        return arena
    }

    private func versions(_ path: String, before policy: PolicySnapshot) throws -> [PolicySnapshot] {
        guard FileReading.exists(path) else { return [] }
        let file = try SafetensorsFile(path: path)
        return try file.tensors.compactMap { tensor -> PolicySnapshot? in
            guard let number = UInt64(tensor.name.dropFirst("version_".count)) else { return nil }
            return try file.withTensor(tensor) { bytes in
                try PolicySnapshot(
                    version: number, precision: policy.precision, layout: policy.layout,
                    bytes: SharedBytes(copying: bytes))
            }
        }.sorted { $0.version < $1.version }
    }
}

/// A whole checkpoint in memory.
package struct FoundCheckpoint: Sendable {
    package let model: ModelDirectory
    package let state: TrainingState
    package let progress: RunProgress
    /// Versions before the policy's that leases may name, oldest first.
    package let earlier: [PolicySnapshot]
}

extension ModelDirectory {
    /// The same model with other weights.
    func with(_ policy: PolicySnapshot) throws -> ModelDirectory {
        try ModelDirectory(configuration: configuration, policy: policy, companions: companions)
    }
}
