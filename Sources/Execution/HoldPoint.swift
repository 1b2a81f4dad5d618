import Glibc

/// Named places at which a test can hold a process, to disturb a run in a phase of its choice.
///
/// `APUS_HOLD=NAME:COUNT:FILE[,…]` makes the process that reaches the place NAME for the COUNTth time write its process id to
/// FILE, which must not exist, and stop itself as SIGSTOP does; SIGCONT lets it go on. Of several processes that are told so the
/// first one that gets there is held. Without the variable a place costs one comparison.
package enum HoldPoint: String, Sendable {
    /// A rollout worker was told that there is no work.
    case idle
    /// A rollout worker has made a decode step and goes on.
    case generation
    /// A rollout worker has sent a group and has no receipt yet.
    case submission
    /// A learner has decided for a batch and begins to train on it.
    case step
    /// A learner has made a version and is about to publish it.
    case publication
    /// A learner has written the files of a checkpoint, which does not have its name yet.
    case checkpoint

    package func reach() {
        guard Self.isUsed else { return }
        let file = Self.holds.withLock { holds -> String? in
            guard var hold = holds[self] else { return nil }
            hold.remaining -= 1
            holds[self] = hold.remaining > 0 ? hold : nil
            return hold.remaining == 0 ? hold.file : nil
        }
        guard let file else { return }
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        // Another process was here first.
        guard descriptor >= 0 else { return }
        let text = "\(getpid())\n"
        let written = text.withCString { write(descriptor, $0, strlen($0)) }
        close(descriptor)
        precondition(written == text.utf8.count, "\(file) cannot be written")
        raise(SIGSTOP)
    }

    private struct Hold {
        var remaining: Int
        let file: String
    }

    private static let holds = Lock(parse(getenv("APUS_HOLD").map { String(cString: $0) } ?? ""))
    private static let isUsed = getenv("APUS_HOLD") != nil

    private static func parse(_ text: String) -> [HoldPoint: Hold] {
        var holds: [HoldPoint: Hold] = [:]
        for part in text.split(separator: ",") {
            let fields = part.split(separator: ":", maxSplits: 2).map(String.init)
            guard fields.count == 3, let place = HoldPoint(rawValue: fields[0]), let count = Int(fields[1]), count > 0
            else { preconditionFailure("APUS_HOLD: '\(part)' is not NAME:COUNT:FILE") }
            holds[place] = Hold(remaining: count, file: fields[2])
        }
        return holds
    }
}
