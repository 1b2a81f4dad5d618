import RunStore

/// Responses with their tokens coloured by how far apart sampler and learner are, or by entropy.
package struct SampleSection {
    let runs: [RunData]
    /// Tokens of a response that are shown.
    package static let maximumTokens = 2_000

    var section: Section? {
        guard runs.contains(where: { !$0.samples.isEmpty }) else { return nil }
        return Section(
            id: "samples", title: "Samples",
            lead:
                "Responses that the learner kept token by token (logging.sample_responses), from early to late. Point at a token for its numbers.",
            content: controls
                + .list(
                    runs.enumerated().map { index, run in
                        tag("div", .classes("run-\(index)")) { samples(of: run, index) }
                    }))
    }

    private var controls: Markup {
        tag("fieldset", .classes("modes")) {
            tag("legend") { "Colour tokens by" }
            mode("gap", "log-probability gap", isChosen: true)
            mode("entropy", "entropy", isChosen: false)
            mode("none", "nothing", isChosen: false)
            key("gap", "log μ − log π_old, nats", SampleToken.gapNames)
            key("entropy", "entropy, nats", SampleToken.entropyNames)
        }
    }

    private func mode(_ name: String, _ label: String, isChosen: Bool) -> Markup {
        let state = isChosen ? [Attribute("checked", "checked")] : []
        return tag("label") {
            tag("input", [Attribute("type", "radio"), Attribute("name", "colour"), Attribute("value", name)] + state)
            label
        }
    }

    private func key(_ mode: String, _ title: String, _ entries: [(name: String, label: String)]) -> Markup {
        tag("span", .classes("scale for-\(mode)")) {
            tag("span") { Markup.symbols(title) }
            for entry in entries { tag("span", .classes("token \(entry.name)")) { entry.label } }
        }
    }

    private func samples(of run: RunData, _ index: Int) -> Markup {
        .list(
            [("best", "Best"), ("worst", "Worst"), ("random", "At random")].map { kind, title in
                let those = run.samples.filter { $0.stored.kind.rawValue == kind }
                guard !those.isEmpty else { return .nothing }
                return tag("h3", .classes("part")) {
                    if runs.count > 1 {
                        OverviewSection.name(run, index)
                        " · "
                    }
                    title
                } + tag("div", .classes("samples")) { those.map(card) }
            })
    }

    private func card(_ sample: ReportedSample) -> Markup {
        tag("article", .classes("sample")) {
            tag("header") {
                tag("span", .classes("verdict \(Self.verdictClass(sample.verdict.judgement))")) { verdict(sample) }
                tag("span", .classes("where")) {
                    "step \(sample.step) · group \(sample.stored.groupID) · response \(sample.stored.sample)"
                }
            }
            tag("div", .classes("prompt")) { sample.prompt }
            tag("div", .classes("response")) { tokens(sample) }
            if sample.texts == nil, let text = sample.text { tag("div", .classes("prompt")) { text } }
            tag("footer") { numbers(sample) }
        }
    }

    private func tokens(_ sample: ReportedSample) -> [Markup] {
        let stored = sample.stored
        let shown = stored.tokens.indices.prefix(Self.maximumTokens).map { index in
            SampleToken(stored, index, text: sample.texts?[index]).markup
        }
        let left = stored.tokens.count - shown.count
        return shown + (left > 0 ? [tag("span", .classes("rest")) { " … \(left) more tokens" }] : [])
    }

    private func verdict(_ sample: ReportedSample) -> String {
        let verdict = sample.verdict
        let score = verdict.score.map { " " + NumberFormat.short($0) } ?? ""
        return verdict.judgement + score + (verdict.reason.map { ": \($0)" } ?? "")
    }

    /// Verdicts come from processes that anybody may write: only known names become classes.
    private static func verdictClass(_ judgement: String) -> String {
        ["correct", "wrong"].contains(judgement) ? judgement : "unknown"
    }

    private func numbers(_ sample: ReportedSample) -> String {
        var parts = ["\(sample.stored.tokens.count) tokens", "ended by \(sample.finish)"]
        if let outcome = sample.outcome {
            parts.append("staleness \(outcome.staleness)")
            if let advantage = outcome.advantage { parts.append("advantage \(NumberFormat.short(advantage))") }
            if let ratio = outcome.ratio { parts.append("ratio \(NumberFormat.significant(ratio, 5))") }
            if let clipped = outcome.clippedFraction { parts.append("clipped \(NumberFormat.percent(clipped))") }
        }
        return parts.joined(separator: " · ")
    }
}
