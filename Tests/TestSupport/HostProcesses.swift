import Foundation

/// Processes of this machine, for tests that look for what is left of one.
package enum HostProcesses {
    /// Those with `text` among their arguments.
    package static func containing(_ text: String) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init).filter { process in
            let arguments = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
            return String(decoding: arguments, as: UTF8.self).contains(text)
        }
    }

    /// The children of a process that have ended and that nobody has collected, or those that run.
    package static func children(of parent: Int32, ended: Bool) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init).filter { process in
            let stat = FileManager.default.contents(atPath: "/proc/\(process)/stat") ?? Data()
            // "PID (NAME) STATE PARENT …", where the name may hold spaces.
            let fields = String(decoding: stat, as: UTF8.self).split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 && Int32(fields[1]) == parent && (fields[0] == "Z") == ended
        }
    }
}
