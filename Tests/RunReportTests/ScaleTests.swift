import RunReport
import Testing

/// Values find their place, and axes have round numbers.
@Suite struct ScaleTests {
    @Test func aLinearScaleMapsItsEndsOntoTheRange() {
        let scale = Scale(.linear, domain: -2...6, range: (start: 200, end: 0))
        #expect(scale.place(-2) == 200 && scale.place(6) == 0 && scale.place(0) == 150)
        #expect(scale.place(.nan) == nil && scale.place(.infinity) == nil)
        // What lies outside is drawn at the edge, not beyond it.
        #expect(scale.place(100) == 0 && scale.place(-100) == 200)
    }

    @Test func aLogarithmicScaleHasNoPlaceForZero() throws {
        let scale = Scale(.logarithmic, domain: 0.01...100, range: (start: 0, end: 400))
        #expect(scale.place(0) == nil && scale.place(-1) == nil)
        let (one, ten) = (try #require(scale.place(1)), try #require(scale.place(10)))
        #expect(abs(one - 200) < 1e-9 && abs(ten - 300) < 1e-9)
    }

    @Test func theDomainFitsTheValues() {
        func domain(_ values: [Double], _ kind: Scale.Kind = .linear, includesZero: Bool = false) -> ClosedRange<Double>
        {
            Scale(kind, fitting: values, includesZero: includesZero, range: (start: 0, end: 1)).domain
        }
        let fitted = domain([0.13, 0.87, .nan])
        #expect(abs(fitted.lowerBound - 0.1) < 1e-9 && abs(fitted.upperBound - 0.9) < 1e-9)
        #expect(domain([3, 4.1], includesZero: true) == 0...5)
        #expect(domain([]) == 0...1)
        #expect(domain([0, 0]) == 0...1)
        #expect(domain([1, 1]).lowerBound < 1 && domain([1, 1]).upperBound > 1)
        #expect(domain([0, 0.004, 900, -1], .logarithmic) == 0.001...1000)
        // A constant learning rate must not become an axis of rounding noise.
        #expect(domain([2e-4, 2e-4 * (1 + 1e-14)]).upperBound - domain([2e-4, 2e-4]).lowerBound > 1e-5)
    }

    @Test(arguments: [0.0...1.0, -3.0...17.0, 0.0...0.00037, 998.0...1002.0, -5e9...2e9, 0.123...0.124])
    func ticksAreRoundAscendingWithinAndFew(_ domain: ClosedRange<Double>) throws {
        let ticks = Ticks.values(domain)
        #expect((3...9).contains(ticks.count), "\(ticks)")
        #expect(
            ticks.allSatisfy {
                domain.lowerBound - 1e-9 * abs(domain.lowerBound) <= $0 && $0 <= domain.upperBound * 1.000_001
                    || $0 == 0
            })
        let step = ticks[1] - ticks[0]
        for (left, right) in zip(ticks, ticks.dropFirst()) { #expect(abs(right - left - step) < step * 1e-6) }
        let digits = NumberFormat.significant(step, 12).filter { "125".contains($0) || ("346789").contains($0) }
        #expect(["1", "2", "5"].contains(String(digits.prefix(1))), "\(step)")
    }

    @Test func wholeTicksForCounts() {
        #expect(Ticks.values(0...2, isWhole: true) == [0, 1, 2])
        #expect(Ticks.values(1...120, count: 7, isWhole: true) == [20, 40, 60, 80, 100, 120])
    }

    @Test func logarithmicTicksAreDecades() {
        #expect(Ticks.values(0.001...1000, .logarithmic, count: 6).count == 7)
        let within = Ticks.values(1.5...9, .logarithmic)
        #expect(within.count >= 2 && within.allSatisfy { 1.5...9 ~= $0 }, "\(within)")
        #expect(Ticks.values(1e-12...1e12, .logarithmic, count: 5).count <= 7)
    }

    @Test func numbersForPeople() {
        let expected: [(Double, String)] = [
            (0, "0"), (0.25, "0.25"), (1.0 / 3, "0.333"), (12, "12"), (1234.5, "1234"), (12_345, "12.3k"),
            (2_000_000, "2M"),
            (-0.5, "−0.5"), (0.000_25, "2.5e−4"), (1e-7, "1e−7"), (3e15, "3e15"), (0.003, "0.003"), (100, "100"),
        ]
        for (value, text) in expected { #expect(NumberFormat.short(value) == text) }
        #expect(NumberFormat.short(.nan) == "–" && NumberFormat.percent(0.123) == "12.3 %")
        #expect(NumberFormat.coordinate(-0.04) == "0" && NumberFormat.coordinate(12.34) == "12.3")
        #expect(NumberFormat.coordinate(-7.5) == "-7.5" && NumberFormat.coordinate(.nan) == "0")
    }
}
