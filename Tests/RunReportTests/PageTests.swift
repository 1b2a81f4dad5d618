import Crypto
import Foundation
import RunReport
import RunStore
import Telemetry
import Testing

/// The page as a whole: complete, self-contained, and deaf to what runs would inject.
@Suite struct PageTests {
    private func page(_ runs: [RunData]) -> String {
        ReportPage(runs, defaults: ["objective.kind": "\"gspo\"", "run.seed": "1"], made: "2026-01-01 00:00 UTC").html
    }

    private func count(_ part: String, in html: String) -> Int { html.components(separatedBy: part).count - 1 }

    /// Every element that is opened is closed, in order.
    private func isBalanced(_ html: String) -> Bool {
        let void: Set<Substring> = ["meta", "br", "input", "col", "hr", "wbr", "!DOCTYPE"]
        var open: [Substring] = []
        var rest = Substring(html)
        while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
            let content = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            let name = content.prefix { $0 != " " }
            if name.hasPrefix("/") {
                guard open.popLast() == name.dropFirst() else { return false }
            } else if !void.contains(name) {
                open.append(name)
                // What is in there is not markup.
                if name == "style" || name == "script", let close = rest.range(of: "</\(name)>") {
                    rest = rest[close.lowerBound...]
                }
            }
        }
        return open.isEmpty
    }

    @Test func aPageHasEverySectionAndEveryRun() {
        let html = page([PageFixture.run("alpha"), PageFixture.run("beta", seed: 2)])
        for id in [
            "overview", "learning", "policy", "staleness", "lengths", "speed", "losses", "configuration", "samples",
        ] {
            #expect(html.contains("<section id=\"\(id)\">") && html.contains("href=\"#\(id)\""), "\(id)")
        }
        #expect(html.contains("<title>Apus: alpha, beta</title>") && isBalanced(html))
        #expect(count("<svg", in: html) > 40 && count("<svg", in: html) == count("</svg>", in: html))
        // Both runs lie over one another in a chart of a metric.
        let reward = html.components(separatedBy: "aria-label=\"Reward over steps\"")[1].prefix { $0 != "\n" }
        #expect(reward.contains("series c0 run-0") && reward.contains("series c1 run-1"))
        #expect(count("data-run=", in: html) == 2)
    }

    @Test func aRunWithoutStepsHasAPageToo() {
        let html = page([RunData(name: "empty")])
        #expect(isBalanced(html) && html.contains("No step yet") && !html.contains("<svg"))
    }

    @Test func nothingComesFromElsewhere() {
        let html = page([PageFixture.run("alpha")])
        let addresses = html.replacing("http://www.w3.org/2000/svg", with: "")
        for mark in ["http:", "https:", " src=", "url(", "@import", "<link", "<iframe", "<object", "fetch(", "//cdn"] {
            #expect(!addresses.contains(mark), "\(mark)")
        }
    }

    /// The policy of the page names exactly the style and the script that are in it.
    @Test func onlyTheOwnScriptMayRun() throws {
        let html = page([PageFixture.run("alpha")])
        func hash(_ text: String) -> String {
            "sha256-" + Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString()
        }
        let script = try #require(
            html.components(separatedBy: "<script>").last?.components(separatedBy: "</script>").first)
        let style = try #require(
            html.components(separatedBy: "<style>").last?.components(separatedBy: "</style>").first)
        #expect(html.contains("default-src &#39;none&#39;"))
        #expect(
            html.contains("script-src &#39;\(hash(script))&#39;") && html.contains("style-src &#39;\(hash(style))&#39;")
        )
        #expect(!html.contains("innerHTML") && !html.contains(" style=\"") && !html.contains(" onclick"))
    }

    /// Responses, prompts, reasons, names of runs and settings are hostile: the page has the same elements as with harmless ones.
    @Test(arguments: MarkupTests.hostile) func hostileContentAddsNoElement(_ hostile: String) {
        func elements(_ text: String) -> (count: Int, html: String) {
            var run = PageFixture.run(text, text: "x")
            run.samples = [PageFixture.sample(.best, text: "x")]
            run.samples[0].texts = [text]
            run.samples[0].text = text
            run.samples[0].prompt = text
            run.samples[0].verdict = StoredVerdict(
                judgement: text, score: nil, reason: text, detail: text, verifier: text)
            run.samples[0].finish = text
            run.configuration = ["objective.kind": text]
            run.state = text
            run.sha256 = text
            run.remarks = [text]
            for index in run.lives.indices { run.lives[index].software = text }
            run.steps.append(
                step: 61, time: run.end,
                fields: [
                    "dropped": ["\(text)": 3], "unknown": ["\(text)": 1], "wait_seconds": ["\(text)": 1],
                    "seconds_by_phase": ["\(text)": 1], "masked_fractions": ["\(text)": 0.5], "step_seconds": 3,
                ])
            let html = page([run])
            return (count("<", in: html), html)
        }
        let (harmless, hostile) = (elements("harmless"), elements(hostile))
        #expect(isBalanced(hostile.html))
        #expect(hostile.count == harmless.count)
        #expect(count("<script", in: hostile.html) == count("<script", in: harmless.html))
    }

    @Test func tokensCarryTheirNumbersAndColours() {
        let html = page([PageFixture.run("alpha", text: "a<é\n")])
        #expect(html.contains("<span class=\"token g0 h0\" data-t=\"0|-0|-0|-0|0\">a</span>"))
        #expect(html.contains("data-t=\"1|-0.25|-0.175|-0.15|1\">&lt;</span>"))
        #expect(html.contains(">↵\n</span>"))
    }

    @Test func withoutATokenizerIdsAreShown() {
        var run = PageFixture.run("alpha")
        for index in run.samples.indices { run.samples[index].texts = nil }
        #expect(page([run]).contains(" id\" data-t=\"5|"))
    }

    @Test func aLongResponseIsCutAndSaysSo() {
        let html = page([PageFixture.run("alpha", text: String(repeating: "x", count: SampleSection.maximumTokens + 7))]
        )
        #expect(html.contains("… 7 more tokens"))
    }

    @Test func settingsThatDifferAreATable() {
        let html = page([PageFixture.run("alpha"), PageFixture.run("beta", seed: 2)])
        let table = html.components(separatedBy: "settings different")[1].components(separatedBy: "</table>")[0]
        #expect(table.contains("<code>run.seed</code>") && !table.contains("objective.kind"))
        let same = page([PageFixture.run("alpha"), PageFixture.run("beta")])
        #expect(same.contains("The runs have the same settings."))
    }
}
