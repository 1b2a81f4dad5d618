/// Why a file of tasks cannot be used: what is wrong, where, and what to do.
package enum DatasetError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Lines that cannot be used, the first ones by number.
    case badLines(path: String, faults: [Fault])
    /// The file as a whole gives no prompt.
    case noPrompts(path: String, split: TaskSplit, reason: String)

    package struct Fault: Sendable, Equatable {
        package let line: Int
        package let reason: String
    }

    package var description: String {
        switch self {
        case .badLines(let path, let faults): faults.map { "\(path):\($0.line): \($0.reason)" }.joined(separator: "\n")
        case .noPrompts(let path, let split, let reason):
            "\(path) gives no prompt for \(split == .training ? "training" : "evaluation"): \(reason)"
        }
    }
}

/// What is wrong with one line.
struct LineFault: Error, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
