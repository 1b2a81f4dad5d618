import Foundation
import Model
import Testing

/// A head beside an embedding that it may be a copy of: left out if it is, and never if it is another.
@Suite struct TiedHeadTests {
    /// config.json says that they are one.
    @Test func aHeadInACheckpointIsACopyOrRefused() throws {
        let scratch = try TemporaryDirectory()
        let path = scratch.path + "/model"
        let tied = try ModelDirectory(path: Fixtures.root + "/qwen2_dense")
        try #require(tied.configuration.tiesEmbeddings)
        try tied.save(to: path)
        let (layout, format) = (tied.policy.layout, SafetensorsFormat(tied.policy.precision))
        var pieces = layout.tensors.map { (name: $0.name, shape: $0.shape, bytes: tied.policy.bytes(of: $0)) }
        pieces.append(("lm_head.weight", layout.embedding.shape, tied.policy.bytes(of: layout.embedding)))
        func load() throws -> ModelDirectory {
            let entries = pieces.map { piece in
                piece.bytes.withUnsafeBytes {
                    SafetensorsWriter.Entry(name: piece.name, format: format, shape: piece.shape, bytes: $0)
                }
            }
            try withExtendedLifetime(pieces) { try SafetensorsWriter.write(entries, to: path + "/model.safetensors") }
            return try ModelDirectory(path: path)
        }
        #expect(try load().policy.sha256 == tied.policy.sha256)
        var head = tied.policy.withTensor(layout.embedding) { Array($0) }
        head[head.count - 1] ^= 0x80
        pieces[pieces.count - 1].bytes = head.withUnsafeBytes { SharedBytes(copying: $0) }
        #expect(throws: ModelDirectoryError.headDiffers(path: path + "/model.safetensors")) { try load() }
    }

    /// GGUF does not say; the numbers do. Those that are stored exactly must be the same.
    @Test func aHeadInGGUFIsACopyOrKept() throws {
        let scratch = try TemporaryDirectory()
        let file = try GGUFFile(path: GGUFTests.root + "/qwen2moe.gguf")
        var bytes = try FileReading.read(file.path, limit: 1 << 24)
        let (head, embedding) = (try #require(file["output.weight"]), try #require(file["token_embd.weight"]))
        try #require(head.type == .f32 || head.type == .f16)
        try #require(head.type == embedding.type && head.shape == embedding.shape)
        func model() throws -> GGUFModel { try GGUFModel(path: scratch.write(bytes, to: "model.gguf")) }
        #expect(try !model().configuration.tiesEmbeddings)
        bytes.replaceSubrange(head.range, with: bytes[embedding.range])
        #expect(try model().configuration.tiesEmbeddings)
        // A training step that moved one weight.
        bytes[head.range.lowerBound + 2] ^= 1
        #expect(try !model().configuration.tiesEmbeddings)
    }
}
