import RunStore
import Telemetry

/// A card for each run: how it stands, what it reached, and whether the promises held.
struct OverviewSection {
    let runs: [RunData]

    var section: Section {
        Section(
            id: "overview", title: "Overview",
            lead: "From the mean of the first tenth of the steps to that of the last.",
            content: tag("div", .classes("cards")) { runs.enumerated().map { card($1, $0) } })
    }

    /// A run's name beside its colour.
    static func name(_ run: RunData, _ index: Int) -> Markup {
        tag("span", .classes("name")) {
            tag("span", .classes("swatch \(Ink.category(index).name)"))
            run.name
        }
    }

    private func card(_ run: RunData, _ index: Int) -> Markup {
        tag("article", .classes("card")) {
            tag("header") {
                tag("h3") { Self.name(run, index) }
                tag("span", .classes("state")) { run.state }
            }
            tag("div", .classes("tiles")) { tiles(run) }
            tag("dl", .classes("facts")) {
                for fact in facts(run) {
                    tag("div") {
                        tag("dt") { fact.0 }
                        tag("dd") { fact.1 }
                    }
                }
            }
            tag("ul", .classes("checks")) { checks(run) }
            for remark in run.remarks { tag("p", .classes("remark")) { remark } }
        }
    }

    private func tiles(_ run: RunData) -> [Markup] {
        let held = run.evaluation.after.map { after in
            tile("Held-out accuracy", run.evaluation.before ?? .nan, after, .share)
        }
        return [
            held, tile("Accuracy", "accuracy", .share, run), tile("Reward", "reward_mean", .number, run),
            tile("Entropy", "entropy", .number("nats"), run),
        ].compactMap(\.self)
    }

    private func tile(_ title: String, _ column: String, _ quantity: Quantity, _ run: RunData) -> Markup? {
        guard run.steps.has(column) else { return nil }
        return tile(title, run.steps.mean(column, atEnd: false), run.steps.mean(column, atEnd: true), quantity)
    }

    private func tile(_ title: String, _ early: Double, _ late: Double, _ quantity: Quantity) -> Markup {
        tag("div", .classes("tile")) {
            tag("span", .classes("label")) { title }
            tag("strong") { quantity.text(late) }
            tag("span", .classes("from")) { early.isFinite ? "from \(quantity.text(early))" : "" }
        }
    }

    private func facts(_ run: RunData) -> [(String, String)] {
        let steps = run.steps
        let seconds = Double(run.end - run.start) / 1000
        let tokens = run.rollout?.total ?? .nan
        func rate(_ count: Double) -> String {
            seconds > 0 && count.isFinite ? NumberFormat.short(count / seconds) : "–"
        }
        return [
            ("Steps", "\(steps.steps.last ?? 0)"), ("Duration", NumberFormat.duration(seconds)),
            ("Started", Timestamp(milliseconds: run.start).description.prefix(16).replacing("T", with: " ") + " UTC"),
            ("Lives of the learner", "\(max(1, run.lives.count))"),
            ("Generated", "\(NumberFormat.short(tokens)) tokens, \(rate(tokens)) tokens/s"),
            (
                "Trained",
                "\(NumberFormat.short(steps.sum("trained_tokens"))) tokens, \(rate(steps.sum("trained_tokens"))) tokens/s"
            ),
            ("Mean staleness", Quantity.number("versions").text(steps.mean("staleness_mean", weightedBy: "responses"))),
            ("Software", run.lives.last?.software ?? "–"),
            ("Last version", run.sha256.map { String($0.prefix(16)) } ?? "–"),
        ]
    }

    /// What must always hold, and whether it did.
    private func checks(_ run: RunData) -> [Markup] {
        let steps = run.steps
        guard !steps.isEmpty else { return [check("No step yet", holds: true)] }
        let mismatches = steps.sum("audit_mismatches")
        let refused = steps.sum("skipped_updates")
        return [
            check("Conservation of groups", holds: steps["conservation_ok"].allSatisfy { $0 != 0 }),
            steps.sum("audit_tokens_checked") > 0
                ? check(
                    "Log-probabilities bit for bit: \(NumberFormat.short(mismatches)) of "
                        + "\(NumberFormat.short(steps.sum("audit_tokens_checked"))) differ", holds: mismatches == 0)
                : .nothing,
            check(
                refused == 0 ? "All updates finite" : "\(NumberFormat.short(refused)) updates refused",
                holds: refused == 0),
        ]
    }

    private func check(_ text: String, holds: Bool) -> Markup {
        tag("li", .classes(holds ? "good" : "bad")) {
            tag("span", .classes("mark"), Attribute("aria-hidden", "true")) { holds ? "✓" : "✗" }
            text
        }
    }
}
