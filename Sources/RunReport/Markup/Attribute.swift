/// An attribute of an element; its value is escaped when it is written.
package struct Attribute: Sendable {
    let name: StaticString
    let value: String

    package init(_ name: StaticString, _ value: String) {
        self.name = name
        self.value = value
    }

    /// A length or coordinate, to a tenth of a pixel.
    init(_ name: StaticString, _ value: Double) {
        self.init(name, NumberFormat.coordinate(value))
    }

    package static func classes(_ names: String) -> Attribute { Attribute("class", names) }
    package static func id(_ name: String) -> Attribute { Attribute("id", name) }
}
