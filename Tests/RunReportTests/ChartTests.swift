import Foundation
import RunReport
import Testing

/// What is drawn is what was measured.
@Suite struct ChartTests {
    @Test func aPathHasGapsWhereThereIsNoValue() {
        let points: [(x: Double?, y: Double?)] = [(0, 1), (10, 2), (20, nil), (30, 4), (40, nil), (50, 5), (60, 6)]
        #expect(PathText.line(points) == "M0 1L10 2M30 4h0M50 5L60 6")
        #expect(PathText.line([]).isEmpty && PathText.line([(nil, nil)]).isEmpty)
    }

    @Test func aBandGoesAlongTheTopAndBackAlongTheBottom() {
        #expect(PathText.band(x: [0, 10], lower: [5, 6], upper: [1, 2]) == "M0 1L10 2L10 6L0 5Z")
        #expect(PathText.band(x: [0, nil], lower: [nil, 1], upper: [1, 1]).isEmpty)
    }

    @Test func longCurvesAreThinnedToMeans() {
        let count = 10_000
        let curve = Curve(x: (0..<count).map(Double.init), y: (0..<count).map { Double($0 % 2) })
        #expect(curve.x.count <= Curve.maximumPoints && curve.x.count == curve.y.count)
        #expect(curve.y.allSatisfy { abs($0 - 0.5) < 0.03 })
        #expect(Curve(x: [1, 2], y: [3, .nan]).y.count == 2 && Curve(x: [1, 2], y: [3, 4]).trend.isEmpty)
    }

    /// On a straight line the running mean is the line itself, up to its ends.
    @Test func theRunningMeanDoesNotLag() {
        let line = (0..<50).map { Double($0) * 2 }
        for (found, expected) in zip(Curve.runningMean(line, radius: 4), line) { #expect(abs(found - expected) < 1e-9) }
        #expect(Curve.runningMean([1, .nan, 3], radius: 1)[1].isNaN)
    }

    @Test func aLineChartDrawsEverySeriesInItsInk() {
        let runs = (0..<3).map { run in
            LineChart.Series(
                "run <\(run)>", .category(run), run: run, Curve(x: [1, 2, 3], y: [Double(run), 1, 2]))
        }
        let chart = LineChart(
            label: "a & b", series: runs, xQuantity: .count("step"), yQuantity: .number("nats"))
        let html = chart.markup.html
        for run in 0..<3 { #expect(html.contains("class=\"series c\(run) run-\(run)\"")) }
        #expect(
            html.contains("aria-label=\"a &amp; b\"") && html.contains(">nats</text>") && html.contains(">step</text>"))
        #expect(html.count { $0 == "\n" } == 0 && !html.contains("nan") && !html.contains("inf"))
        #expect(!chart.isEmpty)
        let nothing = LineChart(
            label: "", series: [.init("a", .category(0), Curve(x: [1], y: [.nan]))], xQuantity: .count(""),
            yQuantity: .share)
        #expect(nothing.isEmpty)
    }

    /// Parts of a whole fill the plot: the top of the last is at its upper edge throughout.
    @Test func stackedPartsReachTheTop() {
        var chart = StackedAreaChart(
            label: "", x: [0, 1, 2],
            parts: [.init("a", .category(0), [0.25, 0.5, 1]), .init("b", .category(1), [0.75, 0.5, 0])],
            xQuantity: .count("step"), yQuantity: .share)
        chart.maximum = 1
        let html = chart.markup.html
        let top = NumberFormat.coordinate(PlotFrame.yRange.end)
        #expect(html.contains("M52 \(top)L240 \(top)L428 \(top)L428"), "\(html)")
        #expect(StackedAreaChart(label: "", x: [], parts: [], xQuantity: .share, yQuantity: .share).isEmpty)
    }

    @Test func barsBeginAtTheBase() {
        let chart = BarChart(
            label: "", categories: ["0", "1", "2"],
            series: [.init("a", .category(0), run: 0, [1.5, 0.5, .nan])], xQuantity: .count("staleness"),
            yQuantity: .number, base: 1)
        let html = chart.markup.html
        #expect(html.components(separatedBy: "<rect").count == 3)
        #expect(html.contains("<title>a, 0: 1.5</title>") && html.contains("<title>a, 1: 0.5</title>"))
    }

    @Test func levelsCoverTheirScale() {
        #expect(Ink.level(0).name == "q0" && Ink.level(1).name == "q6" && Ink.level(7).name == "q6")
        #expect(Ink.category(9).name == "c1")
    }
}
