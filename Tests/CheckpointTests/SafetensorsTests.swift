import Foundation
import Model
import TestSupport
import Testing

@Suite struct SafetensorsTests {
    /// A file from header text and data, the length prefix being `length` or what is right.
    private static func file(_ header: String, data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
        let length = length ?? UInt64(header.utf8.count)
        return withUnsafeBytes(of: length.littleEndian) { Array($0) } + Array(header.utf8) + data
    }

    private func problem(_ bytes: [UInt8]) throws -> SafetensorsError.Problem? {
        let directory = try TemporaryDirectory()
        let path = try directory.write(bytes, to: "model.safetensors")
        let error = #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: path) }
        #expect(error?.file == path)
        #expect(error?.description.contains(path) == true)
        return error?.problem
    }

    private static let eight = [UInt8](repeating: 0, count: 8)

    @Test func truncatedFilesAreRefused() throws {
        #expect(try problem([]) == .truncated(size: 0, needed: 8))
        #expect(try problem([1, 2, 3]) == .truncated(size: 3, needed: 8))
        #expect(try problem(Self.file("{}", length: 1000)) == .truncated(size: 10, needed: 1008))
        let header = #"{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#
        #expect(try problem(Self.file(header, data: Self.eight)) == .outOfRange(begin: 0, end: 16, available: 8))
    }

    @Test func headerBombsAreRefused() throws {
        #expect(try problem(Self.file("{}", length: .max)) == .headerTooLong(.max))
        #expect(try problem(Self.file("{}", length: 100_000_001)) == .headerTooLong(100_000_001))
        guard case .headerNotJSON = try problem(Self.file(String(repeating: "[", count: 100_000))) else {
            Issue.record("a nesting bomb is no JSON")
            return
        }
    }

    @Test(arguments: [
        ("[]", "not an object"), (#"{"a":1}"#, "dtype"), (#"{"a":{"dtype":"F32"}}"#, "shape"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, "two integers"),
        (#"{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}"#, "integers"),
        (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, "integers"),
        (#"{"a":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,8]}}"#, "too large"),
        (#"{"__metadata__":{"a":1}}"#, "metadata"),
        // Two ways to write é: other bytes, the same string.
        (
            #"{"\u00e9":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"#
                + #""e\u0301":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, "twice"
        ),
    ])
    func malformedHeadersAreRefused(_ header: String, _ reason: String) throws {
        guard case .malformedHeader(let found) = try problem(Self.file(header, data: Self.eight)) else {
            Issue.record("not refused as malformed: \(header)")
            return
        }
        #expect(found.contains(reason))
    }

    @Test func contradictionsAreRefused() throws {
        func tensor(_ shape: String, _ offsets: String, _ dtype: String = "F32") -> String {
            #"{"dtype":"\#(dtype)","shape":[\#(shape)],"data_offsets":[\#(offsets)]}"#
        }
        func problem(_ header: String) throws -> SafetensorsError.Problem? {
            try self.problem(Self.file(header, data: Self.eight))
        }
        #expect(try problem(#"{"a":\#(tensor("2", "0,8", "F31"))}"#) == .unknownFormat("F31"))
        #expect(try problem(#"{"a":\#(tensor("3", "0,8"))}"#) == .wrongByteCount(expected: 12, found: 8))
        #expect(try problem(#"{"a":\#(tensor("2", "4,12"))}"#) == .outOfRange(begin: 4, end: 12, available: 8))
        #expect(try problem(#"{"a":\#(tensor("2", "-8,0"))}"#) == .outOfRange(begin: -8, end: 0, available: 8))
        #expect(try problem(#"{"a":\#(tensor("0", "8,0"))}"#) == .outOfRange(begin: 8, end: 0, available: 8))
        #expect(try problem(#"{"a":\#(tensor("2", "0,8")),"b":\#(tensor("1", "4,8"))}"#) == .overlap(with: "a"))
        #expect(try problem(#"{"a":\#(tensor("2", "0,8")),"b":\#(tensor("2", "0,8"))}"#) == .overlap(with: "a"))
        #expect(try problem(#"{"a":\#(tensor("1", "4,8"))}"#) == .hole(bytes: 4))
        #expect(
            try problem(#"{"a":\#(tensor("1", "0,4"))}"#) == .malformedHeader("4 bytes at the end belong to no tensor"))
        guard case .headerNotJSON = try problem(#"{"a":\#(tensor("1", "0,4")),"a":\#(tensor("1", "4,8"))}"#) else {
            Issue.record("a duplicate name was accepted")
            return
        }
    }

    @Test func missingFileAndDirectoryAreNamed() throws {
        let error = #expect(throws: SafetensorsError.self) {
            try SafetensorsFile(path: "/nonexistent/model.safetensors")
        }
        #expect(error?.description.contains("/nonexistent/model.safetensors") == true)
        #expect(throws: SafetensorsError.self) { try SafetensorsFile(path: "/tmp") }
    }

    @Test func writingIsTheInverseOfReadingAndDeterministic() throws {
        let directory = try TemporaryDirectory()
        let values: [Float] = [1, -2.5, .infinity, 0x1p-149, 0, -0.0]
        let empty: [UInt8] = []
        for name in ["one", "two"] {
            try values.withUnsafeBytes { raw in
                try empty.withUnsafeBytes { nothing in
                    let entries: [SafetensorsWriter.Entry] = [
                        .init(name: "b", format: .float32, shape: [2, 3], bytes: raw),
                        .init(name: "nothing", format: .bfloat16, shape: [0, 7], bytes: nothing),
                        .init(
                            name: "a", format: .uint8, shape: [3], bytes: UnsafeRawBufferPointer(rebasing: raw[..<3])),
                    ]
                    try SafetensorsWriter.write(entries, to: directory.path + "/" + name)
                }
            }
        }
        let first = try FileReading.read(directory.path + "/one", limit: 1 << 20)
        #expect(first == (try FileReading.read(directory.path + "/two", limit: 1 << 20)))
        let file = try SafetensorsFile(path: directory.path + "/one")
        #expect(file.tensors.map(\.name) == ["b", "nothing", "a"])
        #expect(file.metadata == ["format": "pt"])
        let tensor = try #require(file["b"])
        #expect(tensor.range.lowerBound % 8 == 0)
        #expect(tensor.shape == [2, 3])
        #expect(file.withTensor(tensor) { Array($0) } == values.withUnsafeBytes { Array($0) })
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == ["one", "two"])
    }

    @Test func onlyWeightsLoadAsWeights() throws {
        let directory = try TemporaryDirectory()
        let header = #"{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#
        let file = try SafetensorsFile(path: try directory.write(Self.file(header, data: Self.eight), to: "a"))
        let tensor = try #require(file["a"])
        var value: [Float] = [0]
        value.withUnsafeMutableBytes { target in
            _ = #expect(throws: SafetensorsError(file: file.path, tensor: "a", problem: .notFloatingPoint("I64"))) {
                try file.load(tensor, as: .fp32, to: target)
            }
        }
    }

    @Test func mutatedFilesNeverCrash() throws {
        var generator = SplitMix64(seed: 3)
        let directory = try TemporaryDirectory()
        let header = """
            {"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},\
            "b":{"dtype":"BF16","shape":[4],"data_offsets":[16,24]}}
            """
        let original = Self.file(header, data: [UInt8](repeating: 7, count: 24))
        var accepted = 0
        for _ in 0..<3_000 {
            let path = try directory.write(mutated(original, using: &generator), to: "file")
            guard let file = unlessRefused({ try SafetensorsFile(path: path) }) else { continue }
            accepted += 1
            for tensor in file.tensors { #expect(file.withTensor(tensor) { $0.count } == tensor.range.count) }
        }
        #expect(accepted > 10)
    }
}
