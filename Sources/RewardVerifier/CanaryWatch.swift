package import Reward

/// Decides from canaries which kinds a verifier may offer; pure.
///
/// Owner: the verifier actor. Invariant: a kind that judged a canary wrongly is withdrawn for good. One that did not judge for
/// three rounds in a row is withdrawn until it passes a whole round. Kinds without canaries are never withdrawn.
package struct CanaryWatch: Sendable {
    /// What follows from a verdict.
    package enum Change: Sendable, Equatable {
        case withdraw(kind: String, reason: String)
        case offerAgain(kind: String)
    }

    private struct State: Sendable {
        var strikes = 0
        var isWithdrawn = false
        var isWithdrawnForGood = false
        /// Canaries of this round that are yet to pass.
        var open: Set<Int> = []
        var hasStruck = false
    }

    private static let mostStrikes = 3

    package let canaries: [Canary]
    private var states: [String: State] = [:]

    package init(_ canaries: [Canary]) {
        self.canaries = canaries
        for canary in canaries { states[canary.task.kind] = State() }
    }

    package func isWithdrawn(_ kind: String) -> Bool { states[kind]?.isWithdrawn == true }

    /// Begins a round; returns the canaries to judge, by number.
    package mutating func beginRound() -> [Int] {
        for (kind, state) in states {
            states[kind]?.open = Set(canaries.indices.filter { canaries[$0].task.kind == kind })
            states[kind]?.hasStruck = false
            if state.isWithdrawnForGood { states[kind]?.open = [] }
        }
        return canaries.indices.filter { states[canaries[$0].task.kind]?.open.isEmpty == false }
    }

    /// Books the verdict on canary `number`.
    /// - Parameter isBlameless: whether the verifier had no chance to judge, as when its queue was too long.
    package mutating func record(_ number: Int, _ judgement: Judgement, isBlameless: Bool = false) -> Change? {
        let canary = canaries[number]
        let kind = canary.task.kind
        guard var state = states[kind], !state.isWithdrawnForGood else { return nil }
        defer { states[kind] = state }
        let text = Self.text(judgement)
        switch canary.agrees(with: judgement.verdict) {
        case true?:
            state.open.remove(number)
            guard state.open.isEmpty, !state.hasStruck else { return nil }
            state.strikes = 0
            defer { state.isWithdrawn = false }
            return state.isWithdrawn ? .offerAgain(kind: kind) : nil
        case false?:
            defer { (state.isWithdrawn, state.isWithdrawnForGood) = (true, true) }
            return .withdraw(kind: kind, reason: "a response that is \(canary.expected.rawValue) was judged \(text)")
        case nil:
            guard !isBlameless, !state.hasStruck else { return nil }
            state.hasStruck = true
            state.strikes += 1
            guard state.strikes >= Self.mostStrikes, !state.isWithdrawn else { return nil }
            state.isWithdrawn = true
            return .withdraw(
                kind: kind, reason: "\(state.strikes) rounds of canaries without verdict, the last: \(text)")
        }
    }

    private static func text(_ judgement: Judgement) -> String {
        let verdict =
            switch judgement.verdict {
            case .correct: "correct"
            case .wrong: "wrong"
            case .unknown(let reason): "unknown (\(reason.rawValue))"
            }
        return judgement.reason.isEmpty ? verdict : "\(verdict): \(judgement.reason)"
    }
}
