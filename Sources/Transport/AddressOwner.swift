import Foundation
import Glibc

/// Finds who listens on an address that is in use, so that the error can name the culprit.
enum AddressOwner {
    /// For example "process 4711 (learner)"; nil when it cannot be found, for example because it belongs to another user.
    static func find(of address: EndpointAddress) -> String? {
        let inodes =
            switch address.kind {
            case .tcp(_, let port): listeningInodes(port: port)
            case .ipc(let path): listeningInodes(path: path)
            }
        guard !inodes.isEmpty else { return nil }
        let links = Set(inodes.map { "socket:[\($0)]" })
        for process in list("/proc") where process.allSatisfy(\.isNumber) {
            for descriptor in list("/proc/\(process)/fd") {
                guard let link = destination(of: "/proc/\(process)/fd/\(descriptor)"), links.contains(link) else {
                    continue
                }
                return "process \(process) (\(read("/proc/\(process)/comm").first ?? "name unknown"))"
            }
        }
        return nil
    }

    /// Columns of /proc/net/tcp: number, local address:port in hexadecimal, remote, state (0A = listening), …, inode (10th).
    private static func listeningInodes(port: UInt16) -> [Substring] {
        ["/proc/net/tcp", "/proc/net/tcp6"].flatMap(read).compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 9, fields[3] == "0A", let local = fields[1].split(separator: ":").last else {
                return nil
            }
            return UInt16(local, radix: 16) == port ? fields[9] : nil
        }
    }

    /// Columns of /proc/net/unix: …, inode (7th), path (8th).
    private static func listeningInodes(path: String) -> [Substring] {
        read("/proc/net/unix").compactMap { line in
            let fields = line.split(separator: " ", maxSplits: 7)
            return fields.count == 8 && fields[7] == path ? fields[6] : nil
        }
    }

    /// The lines of a file in /proc. The kernel gives them out a page at a time, which Foundation takes for the whole.
    private static func read(_ path: String) -> [Substring] {
        // A process may end, or be another user's, while we look: then there is nothing to tell about it.
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { content += buffer.prefix(count) }
        return String(decoding: content, as: UTF8.self).split(separator: "\n")
    }

    private static func list(_ directory: String) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            // Not readable means another user's process: the search goes on without it.
            return []
        }
    }

    private static func destination(of link: String) -> String? {
        do {
            return try FileManager.default.destinationOfSymbolicLink(atPath: link)
        } catch {
            // The descriptor was closed while we looked.
            return nil
        }
    }
}
