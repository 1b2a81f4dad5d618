/// A token that is found in the text as it stands, before any split: `<|im_end|>`, `<think>`.
package struct AddedToken: Sendable, Equatable {
    package let content: String
    package let id: Int32
    /// Control token, as opposed to a word added later.
    package let isSpecial: Bool
    /// Takes the whitespace before it along.
    package let stripsLeft: Bool
    /// Takes the whitespace behind it along.
    package let stripsRight: Bool
    /// Is looked for in the normalised text.
    package let isNormalized: Bool

    package init(
        content: String, id: Int32, isSpecial: Bool = true, stripsLeft: Bool = false, stripsRight: Bool = false,
        isNormalized: Bool = false
    ) {
        self.content = content
        self.id = id
        self.isSpecial = isSpecial
        self.stripsLeft = stripsLeft
        self.stripsRight = stripsRight
        self.isNormalized = isNormalized
    }
}
