import Sandbox
import TestSupport
import Testing

@Suite struct LineConnectionTests {
    /// Somebody who comes long after the deadline, because the machine was busy, still finds what was said in time: a program
    /// that has been ready for a minute is not one that never started.
    @Test func whatIsThereIsReadHoweverLate() async throws {
        #expect(try await lateLine() == Array("hello".utf8))
    }

    @BlockingThread private func lateLine() throws -> [UInt8]? {
        let connection = try LineConnection(
            command: ["/bin/sh", "-c", "echo hello; exec sleep 1000"], environment: [:])
        defer { connection.kill() }
        let past = ContinuousClock.now
        while .now < past + .seconds(60) {
            do throws(LineConnection.Failure) {
                return try connection.receive(deadline: past) { false }
            } catch .timeout {
                continue
            }
        }
        return nil
    }
}
