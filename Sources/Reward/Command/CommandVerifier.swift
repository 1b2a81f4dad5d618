import Dispatch
import Execution
import Sandbox

/// Has a program of somebody's own judge responses. Kind "command:NAME".
///
/// The program reads questions from its standard input and writes answers to its standard output, a JSON object a line; see
/// docs/verifiers.md. Several of them are kept alive, each with one question at a time. One that hangs or dies costs its question
/// `unknown(timeout)` or `unknown(crash)` and is started again, after a pause that grows while it keeps failing.
package final class CommandVerifier: BlockingVerifier {
    package struct Settings: Sendable, Equatable {
        package var name: String
        /// The program, looked for in PATH, and its arguments.
        package var command: [String]
        /// Programs kept alive.
        package var count = 1
        /// How long a program may take before its first line.
        package var startTimeout: Duration = .seconds(60)

        package init(name: String, command: [String]) {
            self.name = name
            self.command = command
        }

        /// Reads "NAME=PROGRAM ARGUMENT…"; arguments are separated by spaces and cannot contain any. nil if it is not of that
        /// form or the name is no identifier.
        package init?(_ text: String) {
            guard let equals = text.firstIndex(of: "=") else { return nil }
            let name = text[..<equals]
            let command = text[text.index(after: equals)...].split(separator: " ").map(String.init)
            let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
            guard (1...64).contains(name.count), name.allSatisfy(letters.contains), !command.isEmpty else { return nil }
            self.init(name: String(name), command: command)
        }
    }

    package let kind: String
    private let settings: Settings
    private let stopFlag = StopFlag()
    /// Slots that nobody uses, and how many there are.
    private let free: Lock<[CommandSlot]>
    private let freeCount: DispatchSemaphore

    package init(_ settings: Settings) {
        precondition(settings.count > 0, "a pool without programs would judge nothing")
        kind = "command:\(settings.name)"
        self.settings = settings
        let stop = stopFlag
        free = Lock((0..<settings.count).map { _ in CommandSlot(settings, stop: stop) })
        freeCount = DispatchSemaphore(value: settings.count)
    }

    package func judge(_ request: VerificationRequest) -> Judgement {
        let left = request.deadline - .now
        guard left > .zero, freeCount.wait(timeout: .now() + left / .seconds(1)) == .success else {
            return Judgement(.unknown(.overload), "all \(settings.count) programs are busy")
        }
        guard let slot = free.withLock({ $0.popLast() }) else { preconditionFailure("fewer slots than were counted") }
        defer {
            free.withLock { $0.append(slot) }
            freeCount.signal()
        }
        guard !stopFlag.isSet else { return Judgement(.unknown(.overload), "the verifier is being stopped") }
        return slot.judge(request)
    }

    package func stop() {
        stopFlag.set()
        // Those in use come back soon, since they look at the flag.
        var taken: [CommandSlot] = []
        while taken.count < settings.count, freeCount.wait(timeout: .now() + 5) == .success {
            guard let slot = free.withLock({ $0.popLast() }) else { break }
            slot.kill()
            taken.append(slot)
        }
        for slot in taken {
            free.withLock { $0.append(slot) }
            freeCount.signal()
        }
    }
}
