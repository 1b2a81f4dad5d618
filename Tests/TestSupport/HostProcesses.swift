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
}
