import Foundation
import Testing
import Wire

/// Writes the corpus of the fuzzer (Tests/Fuzz/Corpora/wire) when APUS_WRITE_CORPUS names its directory, and always checks that
/// what it would write is read.
@Suite struct CorpusTests {
    @Test func everyKindOfMessageIsInTheCorpus() throws {
        let directory = ProcessInfo.processInfo.environment["APUS_WRITE_CORPUS"]
        var random = RandomMessages(seed: 5)
        for kind in 0..<RandomMessages.kinds {
            let envelope = random.envelope(kind: kind)
            let frames = try WireCoder.encode(envelope)
            #expect(try WireCoder.decode(frames) == envelope)
            guard let directory else { continue }
            var bytes: [UInt8] = []
            for frame in frames {
                let length = UInt32(frame.count)
                bytes += (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + frame.bytes
            }
            try Data(bytes).write(to: URL(fileURLWithPath: "\(directory)/kind-\(kind)"))
        }
    }
}
