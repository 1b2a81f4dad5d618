package import Configuration
import Glibc
package import Transport
package import Wire

/// What a worker, a verifier or a broadcaster is started with: its name, its place in the network, the learner's address.
package struct MemberContext: Sendable {
    package let reactor: Reactor
    package let learner: EndpointAddress
    package let id: String
    package let incarnation: UInt64

    /// - Parameter id: unique among the members of the role; the incarnation is taken from the clock, so that a process which
    ///   is started again counts as a newer life of the same member.
    package init(reactor: Reactor, learner: EndpointAddress, id: String) {
        self.reactor = reactor
        self.learner = learner
        self.id = id
        incarnation = Self.newIncarnation()
    }

    /// Microseconds since 1970: later starts on one host, or on hosts with clocks in step, have higher numbers.
    package static func newIncarnation() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1_000
    }

    /// - Parameter endpoints: what this process has bound; its own key is added to them.
    package func hello(_ role: Role, endpoints: [Endpoint] = [], verifierKinds: [String] = []) -> Hello {
        let endpoints = endpoints.map {
            Endpoint(purpose: $0.purpose, address: $0.address, serverKey: reactor.security.serverKey)
        }
        return Hello(
            member: Member(role: role, id: id, incarnation: incarnation, endpoints: endpoints),
            software: "apus \(ApusVersion.current)", verifierKinds: verifierKinds)
    }
}

/// Release of this build.
package enum ApusVersion {
    package static let current = "0.1.0"
}

extension RunConfiguration {
    /// The learner's configuration as a member hears of it.
    package init(_ welcome: Welcome) throws(ConfigurationError) {
        try self.init(json: String(decoding: welcome.configurationJSON, as: UTF8.self))
    }

    /// Bounds of every endpoint of this run.
    package var transportLimits: TransportLimits {
        var limits = TransportLimits()
        limits.wire.messageBytes = cluster.maxMessageBytes
        limits.wire.tensorBytes = min(limits.wire.tensorBytes, cluster.maxMessageBytes)
        return limits
    }

    /// How versions are fetched in this run.
    package var fetchSettings: SnapshotFetch.Settings {
        SnapshotFetch.Settings(
            pieceByteCount: cluster.chunkBytes, window: cluster.chunkCredits,
            pieceTimeout: .seconds(cluster.requestTimeoutSeconds))
    }

    package var sessionSettings: LearnerSession.Settings {
        var settings = LearnerSession.Settings()
        settings.requestTimeout = .seconds(cluster.requestTimeoutSeconds)
        settings.patience = .seconds(cluster.joinTimeoutSeconds)
        return settings
    }
}

extension EndpointAddress {
    /// Another address beside this one, for a second socket of the same process: any free port of the host, or the path with a
    /// suffix.
    package var sibling: EndpointAddress {
        get throws(TransportError) {
            switch kind {
            case .tcp(let host, _): try EndpointAddress("tcp://\(host):0")
            case .ipc(let path): try EndpointAddress("ipc://\(path).notices")
            }
        }
    }
}
