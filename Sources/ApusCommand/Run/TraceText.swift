import Foundation
import Reward
import RunStore

/// A group's life as people read it.
struct TraceText {
    private let trace: GroupTrace

    init(_ trace: GroupTrace) { self.trace = trace }

    var text: String {
        ([head, prompt] + trace.leases.map(line) + [training] + trace.responses.map(block)).joined(separator: "\n")
            + "\n"
    }

    private var head: String {
        let batch = trace.batch.map { ", candidate of batch \($0)" } ?? ""
        let issue = trace.issue > 0 ? ", issued for the \(trace.issue + 1). time" : ""
        let issued = Date(timeIntervalSince1970: Double(trace.issuedAt) / 1000).formatted(.iso8601)
        return "group \(trace.groupID): \(trace.state)\(trace.dropReason.map { " (\($0))" } ?? "")\(batch)\(issue)\n"
            + "  issued    \(issued)"
    }

    private var prompt: String {
        "  prompt    \(promptNumber), \(trace.promptTokens) tokens: \(quoted(trace.promptText))"
    }

    private var promptNumber: String {
        let number = PromptNumber(trace.promptIndex)
        return number.stage == 0 ? "\(number.position)" : "\(number.position) of the curriculum's stage \(number.stage)"
    }

    private func line(_ lease: GroupTrace.Lease) -> String {
        let version = lease.lease.exactVersion.map { ", by version \($0)" } ?? ""
        let end = lease.endedAt.map { "\(lease.outcome ?? "ended") at \(seconds($0))" } ?? "under way"
        return
            "  lease     \(lease.lease.leaseID) to \(lease.lease.worker) at \(seconds(lease.grantedAt))\(version): \(end)"
    }

    private var training: String {
        guard let step = trace.step else {
            return trace.endedAt.map { "  ended     at \(seconds($0)), not trained" } ?? "  step      none yet"
        }
        let result = step.sha256.map { "version \(step.version ?? 0), \($0.prefix(12))" } ?? "under way"
        return "  step      \(step.number), place \(step.position) of its batch, consumed by version "
            + "\(step.consumingVersion); made \(result)\(step.finishedAt.map { " at \(seconds($0))" } ?? "")"
    }

    private func block(_ response: GroupTrace.Response) -> String {
        let spans = response.spans.map { "\($0.count) by version \($0.version)" }.joined(separator: ", ")
        let verdict = response.verdict
        let score = verdict.score.map { String(format: " %.4g", $0) } ?? ""
        let reason = [verdict.reason, verdict.detail.isEmpty ? nil : verdict.detail].compactMap(\.self)
        var lines = [
            "  response  \(response.sample): \(response.tokenCount) tokens (\(spans)), ended by \(response.finish)",
            "    verdict \(verdict.judgement)\(score)"
                + (reason.isEmpty ? "" : " (\(reason.joined(separator: ": ")))")
                + (verdict.verifier.isEmpty ? "" : " by \(verdict.verifier)"),
        ]
        if let outcome = response.outcome { lines.append("    trained \(describe(outcome))") }
        if let text = response.text { lines.append("    text    \(quoted(text))") }
        return lines.joined(separator: "\n")
    }

    private func describe(_ outcome: ResponseOutcome) -> String {
        guard let advantage = outcome.advantage else { return "masked, staleness \(outcome.staleness) versions" }
        func number(_ value: Double?) -> String { value.map { String(format: "%.6g", $0) } ?? "–" }
        return "advantage \(number(advantage)), ratio π_θ/π_old \(number(outcome.ratio)), log μ − log π_old "
            + "\(number(outcome.divergence)) per token, clipped \(NumberText.percent(outcome.clippedFraction ?? 0)), "
            + "staleness \(outcome.staleness) versions"
    }

    /// Since the group was issued.
    private func seconds(_ time: Int64) -> String {
        String(format: "%.3f s", Double(time - trace.issuedAt) / 1000)
    }

    /// One line, however long the text.
    private func quoted(_ text: String) -> String {
        let shown = text.count > 200 ? text.prefix(200) + "…" : Substring(text)
        return "\"" + shown.replacingOccurrences(of: "\n", with: "\\n") + "\""
    }
}
