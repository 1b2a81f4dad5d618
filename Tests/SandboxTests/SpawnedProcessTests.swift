import Glibc
import Sandbox
import Testing

/// What a program that was started has of us.
@Suite struct SpawnedProcessTests {
    /// Descriptors are handed on even if nobody else holds on to them; closed too early, another file would take their place.
    @Test func descriptorsOfNobodyElseArriveAtTheProgram() throws {
        for _ in 0..<10 {
            let (reading, descriptors) = try standardErrorOnly()
            let process = try SpawnedProcess(
                path: "/bin/sh", arguments: ["-c", "echo hello >&2"], environment: [:], descriptors: descriptors)
            var bytes = [UInt8](repeating: 0, count: 16)
            let count = withExtendedLifetime(reading) { read(reading.number, &bytes, bytes.count) }
            try #require(count > 0, "the program's standard error was another file")
            #expect(String(decoding: bytes.prefix(count), as: UTF8.self) == "hello\n")
            process.killAll()
        }
    }

    private func standardErrorOnly() throws -> (reading: Descriptor, descriptors: [Descriptor?]) {
        let (reading, writing) = try Descriptor.pipe()
        return (reading, [nil, nil, writing])
    }
}
