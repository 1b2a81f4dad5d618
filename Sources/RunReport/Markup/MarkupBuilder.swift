/// Children of an element, written one below the other; a string is text.
@resultBuilder package enum MarkupBuilder {
    package static func buildExpression(_ markup: Markup) -> Markup { markup }
    package static func buildExpression(_ text: String) -> Markup { .text(text) }
    package static func buildExpression(_ parts: [Markup]) -> Markup { .list(parts) }
    package static func buildBlock(_ parts: Markup...) -> Markup { .list(parts) }
    package static func buildOptional(_ part: Markup?) -> Markup { part ?? .nothing }
    package static func buildEither(first part: Markup) -> Markup { part }
    package static func buildEither(second part: Markup) -> Markup { part }
    package static func buildArray(_ parts: [Markup]) -> Markup { .list(parts) }
}

/// An element with its children.
package func tag(
    _ name: StaticString, _ attributes: Attribute..., @MarkupBuilder children: () -> Markup = { .nothing }
) -> Markup {
    .element(name, attributes, [children()])
}

/// An element with attributes that were gathered before.
package func tag(
    _ name: StaticString, _ attributes: [Attribute], @MarkupBuilder children: () -> Markup = { .nothing }
) -> Markup {
    .element(name, attributes, [children()])
}
