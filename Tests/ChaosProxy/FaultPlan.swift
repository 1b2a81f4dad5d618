import Execution
import Foundation

/// What may happen to a frame.
enum Fault: String, CaseIterable, Sendable {
    case drop, duplicate, truncate, corrupt, delay, cut
}

/// How probable each fault is now, as a file says. Shared by all connections.
final class FaultPlan: Sendable {
    private let path: String
    private let probabilities = Lock<[Fault: Double]>([:])

    init(path: String) { self.path = path }

    /// Reads the file again; without one nothing is harmed, and a line that is no fault is none.
    func refresh() {
        let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
        var read: [Fault: Double] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, let fault = Fault(rawValue: String(words[0])), let probability = Double(words[1]) {
                read[fault] = probability
            }
        }
        probabilities.withLock { $0 = read }
    }

    /// The fault that meets the next frame, given a number in 0..<1.
    func fault(at draw: Double) -> Fault? {
        probabilities.withLock { probabilities in
            var sum = 0.0
            for fault in Fault.allCases {
                sum += probabilities[fault] ?? 0
                if draw < sum { return fault }
            }
            return nil
        }
    }
}

/// How many frames met which fate.
final class Tally: Sendable {
    private let counts = Lock<[String: Int]>([:])

    func count(_ fault: Fault?) {
        counts.withLock { $0[fault?.rawValue ?? "passed", default: 0] += 1 }
    }

    var text: String {
        counts.withLock { counts in counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined() }
    }
}
