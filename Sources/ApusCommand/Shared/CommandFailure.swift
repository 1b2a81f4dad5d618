/// Input or circumstances a command cannot work with. The text names the offending value and what to do; the exit code is 1.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
