import Sandbox

/// Languages in which the `code` verifier runs programs.
package enum CodeLanguage: String, Sendable, Equatable, CaseIterable, Codable {
    case python
    case swift

    /// What fenced code blocks of the language are marked with.
    var tags: Set<String> {
        switch self {
        case .python: ["python", "py", "python3"]
        case .swift: ["swift"]
        }
    }
}

/// The payload of a task of kind "code", and whether it makes sense.
struct CodeTask {
    /// A run of the program: what it reads, and what it must print.
    struct Test {
        let input: String
        let output: String
    }

    /// Longest payload, as the wire allows.
    static let maximumBytes = 448 << 10
    static let maximumTests = 256

    let language: String
    let tests: [Test]?
    let asserts: [String]?
    let setup: String?
    let entry: [String]?
    /// Whether a program that passes some tests has a share of the score.
    let isPartial: Bool
    private let seconds: Double?
    private let megabytes: Int?
    private let compare: String?
    private let tolerance: Double?

    /// nil if the payload has other keys, or values of other types, than docs/verifiers.md says.
    init?(_ payload: [UInt8]) {
        guard var reader = PayloadReader(payload, limit: Self.maximumBytes) else { return nil }
        language = reader.string("language") ?? CodeLanguage.python.rawValue
        let tests = reader.array("tests")
        self.tests = tests?.compactMap(Self.test)
        asserts = reader.strings("asserts")
        setup = reader.string("setup")
        entry = reader.strings("entry")
        seconds = reader.double("time_limit_seconds")
        megabytes = reader.integer("memory_megabytes")
        compare = reader.string("compare")
        tolerance = reader.double("tolerance")
        isPartial = reader.boolean("partial")
        guard reader.isExhausted, self.tests?.count == tests?.count else { return nil }
    }

    private static func test(_ value: PayloadValue) -> Test? {
        guard let members = value.object else { return nil }
        var reader = PayloadReader(members)
        guard let input = reader.string("input"), let output = reader.string("output"), reader.isExhausted else {
            return nil
        }
        return Test(input: input, output: output)
    }

    var comparison: OutputComparison? {
        switch compare ?? "lines" {
        case "exact": .exact
        case "lines": .lines
        case "tokens": .tokens(tolerance: tolerance ?? 0)
        default: nil
        }
    }

    var limits: ResourceLimits {
        var limits = ResourceLimits()
        limits.seconds = seconds ?? limits.seconds
        limits.memoryBytes = megabytes.map { $0 << 20 } ?? limits.memoryBytes
        return limits
    }

    /// Why nothing can be judged by this task, or nil.
    var defect: String? {
        let count = tests?.count ?? asserts?.count ?? 0
        if (tests == nil) == (asserts == nil) { return "give either \"tests\" or \"asserts\"" }
        if !(1...Self.maximumTests).contains(count) { return "\(count) tests; give 1 to \(Self.maximumTests)" }
        if let tests, tests.allSatisfy({ $0.output.allSatisfy(\.isWhitespace) }) {
            return "every expected output is empty, so a program that does nothing would pass"
        }
        if tests != nil, setup != nil || entry != nil { return "\"setup\" and \"entry\" belong to \"asserts\"" }
        if asserts != nil, language != CodeLanguage.python.rawValue { return "\"asserts\" are Python only" }
        if asserts != nil, compare != nil || tolerance != nil {
            return "\"compare\" and \"tolerance\" belong to \"tests\""
        }
        if comparison == nil { return "\"compare\" is \"\(compare ?? "")\"; give exact, lines or tokens" }
        if let tolerance, !(0...1).contains(tolerance) { return "\"tolerance\" is \(tolerance); give 0 to 1" }
        if tolerance != nil, compare != "tokens" { return "\"tolerance\" needs \"compare\": \"tokens\"" }
        let seconds = seconds ?? 1, megabytes = megabytes ?? 512
        if !(0.1...60).contains(seconds) { return "\"time_limit_seconds\" is \(seconds); give 0.1 to 60" }
        return (16...8_192).contains(megabytes) ? nil : "\"memory_megabytes\" is \(megabytes); give 16 to 8192"
    }
}
