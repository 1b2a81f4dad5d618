import JSON
import Model

/// What one quantity came out as, again and again.
struct Repetitions: Sendable {
    private let sorted: [Double]

    /// - Precondition: at least one value.
    init(_ values: [Double]) {
        precondition(!values.isEmpty, "nothing was measured")
        sorted = values.sorted()
    }

    var count: Int { sorted.count }
    var minimum: Double { sorted[0] }
    var maximum: Double { sorted[sorted.count - 1] }

    var median: Double {
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// "4,060 (3,910 … 4,120)".
    func text(_ format: (Double) -> String = NumberText.rate) -> String {
        "\(format(median)) (\(format(minimum)) … \(format(maximum)))"
    }

    var json: JSONValue {
        var object = JSONObject()
        object.append("median", .number(median))
        object.append("minimum", .number(minimum))
        object.append("maximum", .number(maximum))
        object.append("repetitions", .integer(count))
        return .object(object)
    }
}
