import Crypto
import Foundation

/// The report as one HTML document that needs nothing else: no file beside it, no network.
///
/// A policy within the page (Content-Security-Policy) allows its own style and script by their hashes and nothing besides, so that
/// even an error in the escaping of a response would run nothing and reach nobody.
package struct ReportPage: Sendable {
    private let runs: [RunData]
    private let defaults: [String: String]
    private let made: String

    /// - Parameters:
    ///   - defaults: the configuration without any file: path of a key and the value as JSON.
    ///   - made: when the report was made, for people.
    package init(_ runs: [RunData], defaults: [String: String], made: String) {
        self.runs = runs
        self.defaults = defaults
        self.made = made
    }

    package var html: String { "<!DOCTYPE html>\n" + document.html + "\n" }

    private var sections: [Section] {
        [
            OverviewSection(runs: runs).section, MetricSections.learning(runs), MetricSections.policy(runs),
            StalenessSection(runs: runs).section, LengthSection(runs: runs).section, SpeedSection(runs: runs).section,
            LossSection(runs: runs).section, ConfigurationSection(runs: runs, defaults: defaults).section,
            SampleSection(runs: runs).section,
        ].compactMap(\.self)
    }

    private var title: String { runs.map(\.name).joined(separator: ", ") }

    private var document: Markup {
        let sections = sections
        return tag("html", Attribute("lang", "en")) {
            tag("head") {
                tag("meta", Attribute("charset", "utf-8"))
                tag("meta", Attribute("http-equiv", "Content-Security-Policy"), Attribute("content", policy))
                tag("meta", Attribute("name", "viewport"), Attribute("content", "width=device-width, initial-scale=1"))
                tag("meta", Attribute("name", "color-scheme"), Attribute("content", "light dark"))
                tag("title") { "Apus: \(title)" }
                tag("style") { Markup.verbatim(StyleSheet.text) }
            }
            tag("body", Attribute("data-colour", "gap")) {
                top(sections)
                tag("main") { sections.map(\.markup) }
                tag("div", .id("readout"), Attribute("role", "status"), Attribute("hidden", "hidden"))
                tag("script") { Markup.verbatim(PageScript.text) }
            }
        }
    }

    private func top(_ sections: [Section]) -> Markup {
        tag("header", .classes("top")) {
            tag("div", .classes("title")) {
                tag("h1") { title }
                tag("p") { "Apus run report · \(made)" }
            }
            tag("nav", Attribute("aria-label", "Sections")) {
                sections.map { section in tag("a", Attribute("href", "#" + section.id)) { section.title } }
            }
            if runs.count > 1 {
                tag("div", .classes("runs"), Attribute("role", "group"), Attribute("aria-label", "Runs shown")) {
                    runs.enumerated().map { toggle($1, $0) }
                }
            }
        }
    }

    private func toggle(_ run: RunData, _ index: Int) -> Markup {
        tag("label") {
            tag(
                "input", Attribute("type", "checkbox"), Attribute("checked", "checked"),
                Attribute("data-run", "\(index)"))
            OverviewSection.name(run, index)
        }
    }

    private var policy: String {
        func hash(_ text: StaticString) -> String {
            "'sha256-" + Data(SHA256.hash(data: Data("\(text)".utf8))).base64EncodedString() + "'"
        }
        return "default-src 'none'; style-src \(hash(StyleSheet.text)); script-src \(hash(PageScript.text)); "
            + "base-uri 'none'; form-action 'none'"
    }
}
