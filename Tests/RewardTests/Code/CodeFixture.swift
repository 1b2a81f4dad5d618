import Glibc
import Reward
import Sandbox
import TestSupport
import Testing

/// Judges responses as the `code` verifier does, for tests.
enum CodeFixture {
    static let verifier: CodeVerifier? = (try? Sandbox()).map {
        CodeVerifier(sandbox: $0, toolchains: CodeToolchain.available())
    }

    static let hasPython = verifier?.languages.contains(.python) == true
    static let hasSwift = verifier?.languages.contains(.swift) == true

    /// A response with `program` in a fenced block, judged by `payload`.
    static func judge(
        _ program: String, _ payload: String, language: String = "python", deadline: Duration = .seconds(120)
    ) async -> Judgement {
        await judge(response: "Here it is:\n```\(language)\n\(program)\n```\nDone.", payload, deadline: deadline)
    }

    @BlockingThread static func judge(
        response: String, _ payload: String, deadline: Duration = .seconds(120)
    ) -> Judgement {
        guard let verifier else { return Judgement(.unknown(.unsupported), "no sandbox") }
        return verifier.judge(
            VerificationRequest(
                prompt: "", response: response, task: VerificationTask(kind: "code", payload: Array(payload.utf8)),
                deadline: .now + deadline))
    }
}
