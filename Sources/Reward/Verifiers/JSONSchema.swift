/// A stated subset of JSON Schema (draft 2020-12), checked as the draft says.
///
/// Keywords: type, enum, const; properties, required, additionalProperties, minProperties, maxProperties; items, minItems,
/// maxItems, uniqueItems; minimum, maximum, exclusiveMinimum, exclusiveMaximum; minLength, maxLength, pattern; allOf, anyOf,
/// oneOf, not. Ignored: title, description, default, examples, $schema, $comment. Any other keyword makes the schema
/// unsupported, since leaving it out would accept what it forbids. Numbers are compared as doubles.
struct JSONSchema {
    /// Why a schema cannot be used.
    enum Failure: Error, Equatable {
        case malformed
        case unsupported
    }

    /// Checks of a value against a schema, and elements compared, in one verdict.
    private static let maximumSteps = 200_000
    private static let annotations: Set<String> = [
        "title", "description", "default", "examples", "$schema", "$comment",
    ]
    private static let keywords: Set<String> = [
        "type", "enum", "const", "properties", "required", "additionalProperties", "minProperties", "maxProperties",
        "items", "minItems", "maxItems", "uniqueItems", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
        "minLength", "maxLength", "pattern", "allOf", "anyOf", "oneOf", "not",
    ]

    private let schema: PayloadValue

    /// Checks the whole schema, so that a fault in it shows whatever the response is.
    init(_ schema: PayloadValue) throws(Failure) {
        self.schema = schema
        try Self.validate(schema)
    }

    /// Whether `value` conforms; nil if that would take too many steps.
    func accepts(_ value: PayloadValue) -> Bool? {
        var checker = JSONSchemaChecker(stepsLeft: Self.maximumSteps)
        let isAccepted = checker.accepts(value, schema)
        return checker.stepsLeft > 0 ? isAccepted : nil
    }

    private static func validate(_ schema: PayloadValue) throws(Failure) {
        if case .boolean = schema { return }
        guard let members = schema.object else { throw .malformed }
        for (keyword, value) in members where !annotations.contains(keyword) {
            guard keywords.contains(keyword) else { throw .unsupported }
            try validate(keyword, value)
        }
    }

    private static func validate(_ keyword: String, _ value: PayloadValue) throws(Failure) {
        switch keyword {
        case "const": break
        case "enum": guard value.array?.isEmpty == false else { throw .malformed }
        case "type":
            let names = value.array ?? [value]
            guard !names.isEmpty, names.allSatisfy({ $0.string.map(JSONSchemaChecker.typeNames.contains) ?? false })
            else { throw .malformed }
        case "properties":
            guard let members = value.object else { throw .malformed }
            for member in members.values { try validate(member) }
        case "required":
            guard let names = value.array, names.allSatisfy({ $0.string != nil }) else { throw .malformed }
        case "items", "not", "additionalProperties": try validate(value)
        case "allOf", "anyOf", "oneOf":
            guard let parts = value.array, !parts.isEmpty else { throw .malformed }
            for part in parts { try validate(part) }
        case "uniqueItems": guard value.boolean != nil else { throw .malformed }
        case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
            guard value.double != nil else { throw .malformed }
        case "pattern":
            guard let pattern = value.string else { throw .malformed }
            do throws(PatternFailure) {
                _ = try PatternProgram(pattern, ignoresCase: false)
            } catch {
                if case .malformed = error { throw .malformed }
                throw .unsupported
            }
        default:
            guard let count = value.integer, count >= 0 else { throw .malformed }
        }
    }
}
