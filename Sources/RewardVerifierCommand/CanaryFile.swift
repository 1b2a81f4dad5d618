import FoundationEssentials
import Reward

/// Canaries of somebody's own: a JSON object a line,
/// `{"kind": "command:mine", "payload": {…}, "response": "…", "verdict": "correct"}`.
enum CanaryFile {
    /// A line that is not of this form, or a file that cannot be read.
    struct Failure: Error, CustomStringConvertible { let description: String }

    private static let maximumBytes = 16 << 20

    static func read(_ path: String) throws -> [Canary] {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw Failure(description: "\(path): \(error)")
        }
        guard data.count <= maximumBytes else {
            throw Failure(description: "\(path) has \(data.count) bytes; at most \(maximumBytes) are read")
        }
        let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        return try lines.enumerated().compactMap { index, line in
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return nil }
            guard let canary = Canary(line: Array(line)) else {
                throw Failure(
                    description:
                        "\(path):\(index + 1): not {\"kind\": …, \"payload\": {…}, \"response\": …, \"verdict\": "
                        + "\"correct\" or \"wrong\"}")
            }
            return canary
        }
    }
}
