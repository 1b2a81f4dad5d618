import Foundation
import RunReport
import Testing

/// The page as a browser draws it: in light and in dark, with charts that show something, and without any complaint.
///
/// Needs the Debian package `chromium`, which nothing else of Apus does; without it the tests are skipped.
@Suite(.enabled(if: Chromium.program != nil, "skipped, no Chromium"), .serialized)
final class ScreenshotTests {
    private let directory: String
    private let chromium: Chromium

    init() throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("apus-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        chromium = Chromium(program: try #require(Chromium.program), directory: directory)
    }

    deinit {
        // What is left lies in the system's temporary directory.
        try? FileManager.default.removeItem(atPath: directory)
    }

    private func write(_ html: String, _ name: String) throws -> String {
        let path = directory + "/" + name
        try Data(html.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    /// Statistics of a picture, computed where it can be decoded: in a page of its own.
    private struct Picture {
        /// Mean luminance of the corner, where only the ground is, from 0 to 255.
        let ground: Double
        /// Shares of the pixels: with a colour of their own, and with a luminance far from the ground's.
        let coloured: Double
        let contrasting: Double
    }

    private func look(at path: String) throws -> Picture {
        let data = try Data(contentsOf: URL(fileURLWithPath: path)).base64EncodedString()
        let page = """
            <!DOCTYPE html><p id="result"></p><img id="picture" src="data:image/png;base64,\(data)"><script>
            const picture = document.getElementById("picture");
            window.addEventListener("load", () => {
              const canvas = document.createElement("canvas");
              canvas.width = picture.naturalWidth; canvas.height = picture.naturalHeight;
              const context = canvas.getContext("2d");
              context.drawImage(picture, 0, 0);
              const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
              const light = (i) => 0.2126 * pixels[i] + 0.7152 * pixels[i + 1] + 0.0722 * pixels[i + 2];
              let coloured = 0, contrasting = 0;
              for (let i = 0; i < pixels.length; i += 4) {
                const [r, g, b] = [pixels[i], pixels[i + 1], pixels[i + 2]];
                if (Math.max(r, g, b) - Math.min(r, g, b) > 60) coloured += 1;
                if (Math.abs(light(i) - light(0)) > 90) contrasting += 1;
              }
              const all = pixels.length / 4;
              document.getElementById("result").textContent = "=" + [light(0), coloured / all, contrasting / all].join(",") + "=";
            });
            </script>
            """
        let html = try chromium.dump(try write(page, "look.html"), .light).html
        let numbers = html.components(separatedBy: "id=\"result\">=").last?.prefix { $0 != "=" }.split(separator: ",")
        let values = try #require(numbers).compactMap { Double($0) }
        try #require(values.count == 3)
        return Picture(ground: values[0], coloured: values[1], contrasting: values[2])
    }

    @Test(.timeLimit(.minutes(5))) func chartsShowInLightAndInDark() throws {
        let runs = [PageFixture.run("alpha"), PageFixture.run("beta", seed: 2)]
        let page = try write(ReportPage(runs, defaults: [:], made: "2026-01-01 00:00 UTC").html, "report.html")
        func picture(_ scheme: Chromium.Scheme) throws -> Picture {
            let path = directory + "/\(scheme).png"
            try chromium.screenshot(page, scheme, width: 1280, height: 2400, to: path)
            return try look(at: path)
        }
        let (light, dark) = (try picture(.light), try picture(.dark))
        #expect(light.ground > 240 && dark.ground < 40, "light \(light.ground), dark \(dark.ground)")
        for picture in [light, dark] {
            #expect(picture.coloured > 0.002 && picture.coloured < 0.3, "\(picture)")
            #expect(picture.contrasting > 0.01 && picture.contrasting < 0.4, "\(picture)")
        }
    }

    /// The same measure on a page without charts, so that it is known to tell them apart.
    @Test(.timeLimit(.minutes(5))) func aPageWithoutChartsHasNoColours() throws {
        let page = try write(
            ReportPage([RunData(name: "empty")], defaults: [:], made: "").html
                .replacing("class=\"swatch", with: "class=\"nothing"), "empty.html")
        let path = directory + "/empty.png"
        try chromium.screenshot(page, .light, width: 1280, height: 2400, to: path)
        #expect(try look(at: path).coloured < 0.002)
    }

    @Test(.timeLimit(.minutes(5))) func nothingComplainsAndTheScriptWorks() throws {
        let html = ReportPage([PageFixture.run("alpha"), PageFixture.run("beta", seed: 2)], defaults: [:], made: "")
            .html
        let found = try chromium.dump(try write(html, "report.html"), .light)
        #expect(found.console.isEmpty, "\(found.console)")
        #expect(found.html.contains("Reward over steps"))
    }

    /// A page whose own content would run a script, put there past the escaping: its policy refuses.
    @Test(.timeLimit(.minutes(5))) func thePolicyRefusesForeignScripts() throws {
        let html = ReportPage([PageFixture.run("alpha")], defaults: [:], made: "MARK").html
            .replacing(
                "MARK",
                with: "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">")
        let found = try chromium.dump(try write(html, "foreign.html"), .light)
        #expect(!found.html.contains("<title>taken") && found.html.contains("<title>Apus: alpha</title>"))
        #expect(!found.console.isEmpty)
    }

    /// Moving over a chart and choosing a colour, by the page's own script; done by a script of the test in a page without policy.
    @Test(.timeLimit(.minutes(5))) func theReadOutNamesTheValues() throws {
        let html = ReportPage([PageFixture.run("alpha"), PageFixture.run("beta", seed: 2)], defaults: [:], made: "")
            .html
        let probe = """
            <script>
            const chart = document.querySelector("svg.chart"), box = chart.getBoundingClientRect();
            chart.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + box.width / 2, clientY: box.top + 9 }));
            const seen = document.getElementById("readout").textContent;
            const toggle = document.querySelector("input[data-run='1']");
            toggle.click();
            const left = document.querySelectorAll(".series.run-1:not(.gone)").length;
            document.querySelector("input[value=entropy]").click();
            document.title = "=" + [seen, left, document.body.dataset.colour].join("|") + "=";
            </script></body>
            """
        let open = html.replacing("Content-Security-Policy", with: "Ignored").replacing("</body>", with: probe)
        let found = try chromium.dump(try write(open, "probe.html"), .light)
        let title = try #require(found.html.components(separatedBy: "<title>=").last?.prefix { $0 != "=" })
        #expect(title.hasPrefix("step ") && title.contains("alpha") && title.contains("beta"), "\(title)")
        #expect(title.hasSuffix("|0|entropy"), "\(title)")
    }
}
