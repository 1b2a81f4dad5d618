/// Where a prompt stands in a run: its place among all prompts, and the stage of the curriculum in which it was issued.
///
/// As one number the stage stands in bits 56 to 62, the place below. Without a curriculum the stage is 0, and the number is the
/// place.
package struct PromptNumber: Sendable, Equatable {
    /// As many as seven bits hold; the configuration allows no more sources.
    package static let maximumStages = 128
    private static let positionBits: UInt64 = 56

    package let stage: Int
    package let position: UInt64

    package init(stage: Int, position: UInt64) {
        precondition(
            stage < Self.maximumStages && position >> Self.positionBits == 0, "prompt \(position) of stage \(stage)")
        self.stage = stage
        self.position = position
    }

    package init(_ index: UInt64) {
        stage = Int(index >> Self.positionBits)
        position = index & (1 << Self.positionBits - 1)
    }

    package var index: UInt64 { UInt64(stage) << Self.positionBits | position }
}
