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

    /// Two verifiers of one kind are a bug of the caller and stop the process.
    package init(_ verifiers: [any Verifier]) {
        self.verifiers = Dictionary(uniqueKeysWithValues: verifiers.map { ($0.kind, $0) })
    }

    /// Every verifier built in.
    package static let standard = VerifierRegistry([
        ArithmeticChainVerifier(), BaseConversionVerifier(), ChoiceVerifier(), CountdownVerifier(), ExactVerifier(),
        FormatVerifier(), JSONSchemaVerifier(), LetterCountVerifier(), LinearEquationVerifier(), MathVerifier(),
        NumericVerifier(), PermutationVerifier(), RegexVerifier(), SortedVerifier(),
    ])

    /// The kinds that can be judged, sorted.
    package var kinds: [String] { (verifiers.keys + [Composition.kind]).sorted() }

    /// The verdict of the kind's verifier, or `unknown(.unsupported)` if there is none.
    ///
    /// A composite task is judged here, since its parts may be of any kind.
    package func verify(response: String, task: VerificationTask) -> Verdict {
        if task.kind == Composition.kind {
            guard let composition = Composition(task.payload) else { return .unknown(.malformedTask) }
            return composition.verdict { verify(response: response, task: $0) }
        }
        guard let verifier = verifiers[task.kind] else { return .unknown(.unsupported) }
        return verifier.verify(response: response, task: task)
    }
}
