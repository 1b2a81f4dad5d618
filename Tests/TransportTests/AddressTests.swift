import Foundation
import Glibc
import Testing
import Transport

@Suite struct AddressTests {
    @Test(arguments: [
        "tcp://127.0.0.1:0", "tcp://*:5555", "tcp://node-7.cluster:65535", "tcp://[::1]:80", "ipc:///run/apus/learner",
    ])
    func goodAddressesKeepTheirText(text: String) throws {
        #expect(try EndpointAddress(text).description == text)
    }

    @Test(arguments: [
        ("127.0.0.1:5555", "must start with"), ("tcp://127.0.0.1", "port is missing"), ("tcp://host:65536", "65536"),
        ("tcp://host:-1", "-1"), ("tcp://host:+1", "+1"), ("tcp://host:", "not a number"),
        ("tcp://:5555", "the host \"\""),
        ("tcp://ho st:5555", "ho st"), ("tcp://::1:5555", "brackets"), ("tcp://[xyz]:1", "[xyz]"),
        ("ipc://relative/path", "not absolute"), ("udp://host:1", "must start with"), ("", "must start with"),
    ])
    func badAddressesAreNamedWithTheReason(text: String, part: String) throws {
        let error = #expect(throws: TransportError.self) { try EndpointAddress(text) }
        let description = try #require(error?.description)
        #expect(description.contains(part) && description.contains("\"\(text)\""))
    }

    @Test func socketPathsHaveTheKernelsLimit() throws {
        let longest = "ipc:///" + String(repeating: "x", count: 106)
        #expect(try EndpointAddress(longest).description == longest)
        let error = #expect(throws: TransportError.self) { try EndpointAddress(longest + "x") }
        #expect(error?.description.contains("108 bytes; the kernel takes 107") == true)
    }

    @Test func socketPathsHaveNoZeroByte() {
        let error = #expect(throws: TransportError.self) { try EndpointAddress("ipc:///a\0b") }
        #expect(error?.description.contains("zero byte") == true)
    }

    @Test func theLongestSocketPathWorks() async throws {
        let directory = "/tmp/apus-\(getpid())-"
        let path = directory + String(repeating: "y", count: EndpointAddress.longestPath - directory.utf8.count)
        let server = Node(), client = Node()
        try await client.connect(to: server.serve(at: "ipc://\(path)") { $0 })
        #expect(try await client.request(numbered(1)) == numbered(1))
        await client.reactor.shutdown()
        await server.reactor.shutdown()
    }

    @Test(arguments: [
        ("tcp://127.0.0.1:1", true), ("tcp://127.9.8.7:1", true), ("tcp://localhost:1", true), ("tcp://[::1]:1", true),
        ("ipc:///x", true), ("tcp://*:1", false), ("tcp://10.0.0.1:1", false), ("tcp://127.0.0.1.example:1", false),
        ("tcp://127.0.0:1", false),
    ])
    func onlyLoopbackAndIPCAreLocal(text: String, isLocal: Bool) throws {
        #expect(try EndpointAddress(text).isLocal == isLocal)
    }

    @Test func wildcardsAreAdvertisedUnderAName() throws {
        #expect(try EndpointAddress("tcp://0.0.0.0:4711").advertised(as: "node-3").description == "tcp://node-3:4711")
        #expect(
            try EndpointAddress("tcp://10.0.0.1:4711").advertised(as: "node-3").description == "tcp://10.0.0.1:4711")
    }

    @Test func clearTextStaysOnThisMachine() async throws {
        let node = Node()
        let everywhere = try EndpointAddress("tcp://*:0"), remote = try EndpointAddress("tcp://10.0.0.1:5555")
        await #expect(throws: TransportError.cleartextRefused(everywhere)) { try await node.serve(at: "tcp://*:0") }
        await #expect(throws: TransportError.cleartextRefused(remote)) { try await node.connect(to: remote) }
        await node.reactor.shutdown()
    }

    @Test func oneCannotConnectToPortZero() async throws {
        let node = Node()
        let error = await #expect(throws: TransportError.self) {
            try await node.connect(to: EndpointAddress("tcp://127.0.0.1:0"))
        }
        #expect(error?.description.contains("for binding only") == true)
        await node.reactor.shutdown()
    }

    @Test func aPortInUseIsNamedWithItsOwner() async throws {
        let first = Node(), second = Node()
        let address = try await first.serve()
        let error = await #expect(throws: TransportError.self) { try await second.serve(at: address.description) }
        let description = try #require(error?.description)
        #expect(description.contains(":\(address.port) is in use by process \(getpid()) ("))
        await first.reactor.shutdown()
        await second.reactor.shutdown()
    }

    @Test func aSocketFileInUseIsNamedWithItsOwner() async throws {
        let first = Node(), second = Node(), client = Node()
        let address = try await first.serve(at: temporaryIPC()) { $0 }
        let error = await #expect(throws: TransportError.self) { try await second.serve(at: address.description) }
        #expect(error?.description.contains("\(address) is in use by process \(getpid()) (") == true)
        // The one who was there first still is.
        try await client.connect(to: address)
        #expect(try await client.request(numbered(1)) == numbered(1))
        for node in [client, first, second] { await node.reactor.shutdown() }
    }

    @Test func aDeadSocketFileIsTakenOver() async throws {
        let text = temporaryIPC()
        let path = String(text.dropFirst("ipc://".count))
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        close(descriptor)
        #expect(access(path, F_OK) == 0)
        let server = Node()
        _ = try await server.serve(at: text)
        await server.reactor.shutdown()
        // And it is taken away in the end.
        #expect(access(path, F_OK) != 0)
    }

    @Test func aFileThatIsNoSocketIsLeftAlone() async throws {
        let text = temporaryIPC()
        let path = String(text.dropFirst("ipc://".count))
        try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
        let server = Node()
        let error = await #expect(throws: TransportError.self) { try await server.serve(at: text) }
        #expect(error?.description.contains("not a socket") == true)
        #expect(FileManager.default.contents(atPath: path) == Data("precious".utf8))
        unlink(path)
        await server.reactor.shutdown()
    }
}
