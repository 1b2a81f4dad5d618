import Foundation
import Sandbox
import TestSupport
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

    /// Also those that left the group, and without this process having become the parent of anybody else's children.
    @Test func nothingRunsOnceAllIsKilled() throws {
        let mark = "600.\(getpid())"
        let process = try SpawnedProcess(
            path: "/bin/sh", arguments: ["-c", "setsid sleep \(mark) & sleep \(mark) & sleep \(mark)"],
            environment: [:],
            descriptors: [nil, nil, nil])
        let deadline = ContinuousClock.now + .seconds(30)
        while try HostProcesses.containing(mark).count < 4 {
            try #require(ContinuousClock.now < deadline, "the programs did not start")
            // Nothing tells when a grandchild has become its program.
            usleep(10_000)
        }
        process.killAll()
        #expect(try HostProcesses.containing(mark).isEmpty)
    }

    /// A library that took in orphans would leave them uncollected in a process that knows nothing of them, as the one of these
    /// tests: a test of swift-testing that waits for its child waits for ever behind such a zombie.
    @Test func orphansAreNotTakenInUnasked() throws {
        let (reading, writing) = try Descriptor.pipe()
        let process = try SpawnedProcess(
            path: "/bin/sh", arguments: ["-c", "sleep 30 >/dev/null & echo $!"], environment: [:],
            descriptors: [nil, writing, nil])
        var bytes = [UInt8](repeating: 0, count: 16)
        let count = withExtendedLifetime(reading) { read(reading.number, &bytes, bytes.count) }
        let orphan = try #require(pid_t(String(decoding: bytes.prefix(max(0, count - 1)), as: UTF8.self)))
        defer { kill(orphan, SIGKILL) }
        let deadline = ContinuousClock.now + .seconds(30)
        while process.endIfEnded() == nil {
            try #require(ContinuousClock.now < deadline, "the shell did not end")
            // The question must not block: with a blocking one the test could not end at its deadline.
            usleep(1_000)
        }
        let stat = try String(contentsOfFile: "/proc/\(orphan)/stat", encoding: .utf8)
        // "PID (sleep) STATE PARENT …"
        let parent = pid_t(stat.split(separator: " ")[3])
        #expect(parent != nil && parent != getpid())
    }

    private func standardErrorOnly() throws -> (reading: Descriptor, descriptors: [Descriptor?]) {
        let (reading, writing) = try Descriptor.pipe()
        return (reading, [nil, nil, writing])
    }
}
