/// The colour of a series, by its role; the style sheet has the colours for light and dark.
package enum Ink: Sendable, Equatable {
    /// One of several things of equal rank: runs, causes.
    case category(Int)
    /// A place on an ordered scale from 0 to 1: staleness.
    case level(Double)

    package static let categories = 8
    package static let levels = 7

    /// Its class in the style sheet.
    package var name: String {
        switch self {
        case .category(let index): "c\(index % Self.categories)"
        case .level(let share): "q\(Int((min(max(share, 0), 1) * Double(Self.levels - 1)).rounded()))"
        }
    }
}
