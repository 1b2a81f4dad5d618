/// What a verifier needs to know besides the response. It travels with the prompt from whoever made the task.
package struct VerificationTask: Sendable, Equatable {
    /// Names the verifier, as registered: "countdown", "exact".
    package var kind: String
    /// A JSON object whose keys the kind defines.
    package var payload: [UInt8]

    package init(kind: String, payload: [UInt8]) {
        self.kind = kind
        self.payload = payload
    }
}

/// Judges responses to tasks of one kind.
///
/// Stateless and total: any response and any payload, however hostile, gives a verdict in bounded time and memory. A
/// payload that is not what the kind requires gives `unknown(.malformedTask)`, since nothing can be held against the
/// response.
package protocol Verifier: Sendable {
    var kind: String { get }
    func verify(response: String, task: VerificationTask) -> Verdict
}

/// The verifiers of a process, by kind, and compositions of them.
package struct VerifierRegistry: Sendable {
    private let verifiers: [String: any Verifier]
    private let blocking: [String: any BlockingVerifier]

    /// Two verifiers of one kind are a bug of the caller and stop the process.
    package init(_ verifiers: [any Verifier], blocking: [any BlockingVerifier] = []) {
        self.verifiers = Dictionary(uniqueKeysWithValues: verifiers.map { ($0.kind, $0) })
        self.blocking = Dictionary(uniqueKeysWithValues: blocking.map { ($0.kind, $0) })
        let shared = Set(self.verifiers.keys).intersection(self.blocking.keys)
        precondition(shared.isEmpty, "two verifiers of kind \(shared.sorted())")
    }

    /// Every verifier built in that needs no child process.
    package static let standard = VerifierRegistry([
        ArithmeticChainVerifier(), BaseConversionVerifier(), ChoiceVerifier(), CountdownVerifier(), ExactVerifier(),
        FormatVerifier(), JSONSchemaVerifier(), LetterCountVerifier(), LinearEquationVerifier(), MathVerifier(),
        NumericVerifier(), PermutationVerifier(), RegexVerifier(), SortedVerifier(),
    ])

    /// The same with more verifiers.
    package func adding(_ verifiers: [any BlockingVerifier]) -> VerifierRegistry {
        VerifierRegistry(Array(self.verifiers.values), blocking: Array(blocking.values) + verifiers)
    }

    /// The kinds that can be judged, sorted.
    package var kinds: [String] { (Array(verifiers.keys) + Array(blocking.keys) + [Composition.kind]).sorted() }

    /// Whether there is a verifier of a kind.
    package func judges(_ kind: String) -> Bool { verifiers[kind] != nil || blocking[kind] != nil }

    /// Whether any kind waits for child processes.
    package var hasBlocking: Bool { !blocking.isEmpty }

    /// Whether judging a task waits for child processes.
    package func isBlocking(_ task: VerificationTask) -> Bool {
        hasBlocking && Self.kinds(in: task).contains { blocking[$0] != nil }
    }

    /// The kinds of verifiers that judge a task: its own, or those of its parts.
    package static func kinds(in task: VerificationTask) -> [String] {
        guard task.kind == Composition.kind else { return [task.kind] }
        return Composition(task.payload)?.tasks.map(\.kind) ?? []
    }

    /// The verdict of the kind's verifier, or `unknown(.unsupported)` if there is none.
    ///
    /// A composite task is judged here, since its parts may be of any kind.
    package func judge(_ request: VerificationRequest) -> Judgement {
        if request.task.kind == Composition.kind { return judgeParts(request) }
        if let verifier = blocking[request.task.kind] { return verifier.judge(request) }
        guard let verifier = verifiers[request.task.kind] else {
            return Judgement(.unknown(.unsupported), "no verifier of this kind", isOffered: false)
        }
        return Judgement(verifier.verify(response: request.response, task: request.task))
    }

    private func judgeParts(_ request: VerificationRequest) -> Judgement {
        guard let composition = Composition(request.task.payload) else { return Judgement(.unknown(.malformedTask)) }
        var reasons: [String] = []
        var isOffered = true
        let verdict = composition.verdict { task in
            var part = request
            part.task = task
            let judgement = judge(part)
            isOffered = isOffered && judgement.isOffered
            if !judgement.reason.isEmpty { reasons.append("\(task.kind): \(judgement.reason)") }
            return judgement.verdict
        }
        isOffered = isOffered || verdict != .unknown(.unsupported)
        return Judgement(verdict, reasons.joined(separator: "; "), isOffered: isOffered)
    }

    /// The same without prompt, for callers with a minute's time.
    package func verify(response: String, task: VerificationTask) -> Verdict {
        judge(VerificationRequest(prompt: "", response: response, task: task, deadline: .now + .seconds(60))).verdict
    }

    /// Ends everything that verifiers wait for.
    package func stop() {
        for verifier in blocking.values { verifier.stop() }
    }
}
