/// Where an endpoint binds or connects: `tcp://host:port` or `ipc:///path`.
///
/// Invariant: what it holds is well formed, so that ZeroMQ's own "Invalid argument" is never the message a person sees.
/// For binding, the host may be `*` and the port 0 (any free port); for connecting, neither.
package struct EndpointAddress: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        /// An IPv6 host is kept in its brackets.
        case tcp(host: String, port: UInt16)
        case ipc(path: String)
    }

    /// The kernel's limit for the path of a Unix socket, terminator excluded (unix(7)).
    package static let longestPath = 107

    package let kind: Kind

    /// Reads `tcp://host:port` or `ipc:///path`; anything else is refused with the reason.
    package init(_ text: String) throws(TransportError) {
        func refuse(_ reason: String) -> TransportError { .invalidAddress(text, reason: reason) }
        if let rest = text.removingPrefix("tcp://") {
            guard let colon = rest.lastIndex(of: ":") else { throw refuse("the port is missing: tcp://host:port") }
            let host = String(rest[..<colon])
            let digits = rest[rest.index(after: colon)...]
            guard let port = UInt16(digits), digits.allSatisfy({ $0.isASCII && $0.isNumber }) else {
                throw refuse("the port \"\(digits)\" is not a number from 0 to 65535")
            }
            guard Self.isHost(host) else {
                throw refuse("the host \"\(host)\" is not a name, an IPv4 address, an IPv6 address in brackets or *")
            }
            kind = .tcp(host: host, port: port)
        } else if let path = text.removingPrefix("ipc://") {
            guard path.hasPrefix("/") else { throw refuse("the path \"\(path)\" is not absolute: ipc:///path") }
            guard path.utf8.count <= Self.longestPath else {
                throw refuse("the path has \(path.utf8.count) bytes; the kernel takes \(Self.longestPath)")
            }
            guard !path.utf8.contains(0) else { throw refuse("the path contains a zero byte") }
            kind = .ipc(path: String(path))
        } else {
            throw refuse("it must start with tcp:// or ipc://")
        }
    }

    package var description: String {
        switch kind {
        case .tcp(let host, let port): "tcp://\(host):\(port)"
        case .ipc(let path): "ipc://\(path)"
        }
    }

    /// Whether nothing sent there leaves this machine. A name other than `localhost` could resolve to anything.
    package var isLocal: Bool {
        switch kind {
        case .ipc: true
        case .tcp(let host, _): host == "localhost" || host == "[::1]" || Self.isLoopback(host)
        }
    }

    /// The address under which others reach what is bound to `*` or `0.0.0.0`; any other address stays as it is.
    package func advertised(as host: String) throws(TransportError) -> EndpointAddress {
        guard case .tcp(let own, let port) = kind, Self.wildcards.contains(own) else { return self }
        return try EndpointAddress("tcp://\(host):\(port)")
    }

    /// What others are told to connect to: this bound address, or `other` where they reach it by a way of its own (address
    /// translation, a proxy); port 0 of that stands for this one's. Throws unless one can connect there.
    package func announced(as other: EndpointAddress?) throws(TransportError) -> EndpointAddress {
        guard let other else {
            do throws(TransportError) {
                try requireConnectable()
            } catch {
                throw .invalidAddress(
                    description,
                    reason: "nobody can connect to all addresses: bind to one, or give --advertise tcp://HOST:0")
            }
            return self
        }
        guard case .tcp(let host, 0) = other.kind, case .tcp(_, let port) = kind else { return other }
        return try EndpointAddress("tcp://\(host):\(port)")
    }

    /// Throws unless one can connect there.
    func requireConnectable() throws(TransportError) {
        guard case .tcp(let host, let port) = kind else { return }
        if Self.wildcards.contains(host) {
            throw .invalidAddress(description, reason: "one can bind to the host \(host), but not connect to it")
        }
        if port == 0 {
            throw .invalidAddress(description, reason: "port 0 means any free port and is for binding only")
        }
    }

    var usesIPv6: Bool {
        if case .tcp(let host, _) = kind { host.hasPrefix("[") } else { false }
    }

    private static let wildcards: Set<String> = ["*", "0.0.0.0", "[::]"]

    private static func isHost(_ host: String) -> Bool {
        if host == "*" { return true }
        if host.hasPrefix("[") && host.hasSuffix("]") {
            return host.count > 2 && host.dropFirst().dropLast().allSatisfy { $0.isHexDigit || ":.%".contains($0) }
        }
        return !host.isEmpty && host.utf8.count <= 253
            && host.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
    }

    private static func isLoopback(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}

extension StringProtocol {
    fileprivate func removingPrefix(_ prefix: String) -> SubSequence? {
        hasPrefix(prefix) ? dropFirst(prefix.count) : nil
    }
}
