import Telemetry
import Testing

/// The real executables, started by the scripts as a user would, over TCP loopback. One test at a time, so that each has the
/// machine to itself.
@Suite(.serialized) struct SystemTests {}

/// Promises 1, 3 and 5, which every step line must show, whatever else happens.
func expectPromises(
    _ steps: [LogLine], after former: Int = 0, maximumStaleness: Double = 4, location: SourceLocation = #_sourceLocation
) {
    for (index, step) in steps.enumerated() {
        let number = step.number("step") ?? -1
        #expect(number == Double(former + index + 1), "steps are counted", sourceLocation: location)
        #expect(step["conservation_ok"] == .boolean(true), "step \(number)", sourceLocation: location)
        let live = ["trained", "buffered", "in_flight"].reduce(0) { $0 + (step.number($1) ?? -1) }
        let dropped = step.numbers("dropped").values.reduce(0, +)
        #expect(step.number("issued") == live + dropped, "step \(number)", sourceLocation: location)
        #expect((step.number("audit_tokens_checked") ?? 0) > 0, "step \(number)", sourceLocation: location)
        #expect(step.number("audit_mismatches") == 0, "step \(number)", sourceLocation: location)
        #expect(
            (step.number("staleness_max") ?? 99) <= maximumStaleness, "step \(number)", sourceLocation: location)
    }
}

/// The run did all its steps, trained each group once, and accounts for every one.
func expectComplete(
    _ end: LogLine, steps: Int, groups: Int = 4, location: SourceLocation = #_sourceLocation
) {
    #expect(end.text("reason") == "steps" && end["conservation_ok"] == .boolean(true), sourceLocation: location)
    #expect(end.number("trained") == Double(steps * groups), sourceLocation: location)
    let dropped = end.numbers("dropped").values.reduce(0, +)
    let live = ["buffered", "in_flight"].reduce(0) { $0 + (end.number($1) ?? -1) }
    #expect(end.number("issued") == Double(steps * groups) + dropped + live, sourceLocation: location)
}
