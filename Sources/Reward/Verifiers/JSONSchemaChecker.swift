/// Checks a value against a schema that `JSONSchema` found usable, within a bounded number of steps.
struct JSONSchemaChecker {
    static let typeNames: Set<String> = ["null", "boolean", "number", "integer", "string", "array", "object"]
    /// Longest text that a pattern is matched against, in Unicode scalars.
    private static let maximumPatternText = 10_000

    /// At 0 the answer means nothing.
    private(set) var stepsLeft: Int

    private mutating func step(_ count: Int = 1) -> Bool {
        stepsLeft = max(0, stepsLeft - count)
        return stepsLeft > 0
    }

    mutating func accepts(_ value: PayloadValue, _ schema: PayloadValue) -> Bool {
        guard step() else { return false }
        if let verdict = schema.boolean { return verdict }
        guard let members = schema.object else { return false }
        for (keyword, rule) in members where !accepts(value, keyword, rule, members) { return false }
        return true
    }

    private mutating func accepts(
        _ value: PayloadValue, _ keyword: String, _ rule: PayloadValue, _ schema: [String: PayloadValue]
    ) -> Bool {
        switch keyword {
        case "type": return (rule.array ?? [rule]).contains { $0.string.map { Self.isType($0, value) } ?? false }
        case "const": return isEqual(value, rule)
        case "enum": return (rule.array ?? []).contains { isEqual(value, $0) }
        case "allOf": return (rule.array ?? []).allSatisfy { accepts(value, $0) }
        case "anyOf": return (rule.array ?? []).contains { accepts(value, $0) }
        case "oneOf": return (rule.array ?? []).count { accepts(value, $0) } == 1
        case "not": return !accepts(value, rule)
        default: break
        }
        switch value {
        case .number: return acceptsNumber(value.double ?? .infinity, keyword, rule)
        case .string(let text): return acceptsText(text, keyword, rule)
        case .array(let elements): return acceptsArray(elements, keyword, rule)
        case .object(let members): return acceptsObject(members, keyword, rule, schema)
        case .null, .boolean: return true
        }
    }

    private func acceptsNumber(_ number: Double, _ keyword: String, _ rule: PayloadValue) -> Bool {
        guard let bound = rule.double else { return true }
        return switch keyword {
        case "minimum": number >= bound
        case "maximum": number <= bound
        case "exclusiveMinimum": number > bound
        case "exclusiveMaximum": number < bound
        default: true
        }
    }

    private mutating func acceptsText(_ text: String, _ keyword: String, _ rule: PayloadValue) -> Bool {
        switch keyword {
        case "minLength": return text.unicodeScalars.count >= rule.integer ?? 0
        case "maxLength": return text.unicodeScalars.count <= rule.integer ?? 0
        case "pattern":
            guard text.unicodeScalars.count <= Self.maximumPatternText, step(1 + text.utf8.count) else { return false }
            do throws(PatternFailure) {
                let program = try PatternProgram(rule.string ?? "", ignoresCase: false)
                return PatternMatcher.matches(program, text, .search) == true
            } catch {
                // The schema's patterns were compiled before: an error here cannot be.
                return false
            }
        default: return true
        }
    }

    private mutating func acceptsArray(_ elements: [PayloadValue], _ keyword: String, _ rule: PayloadValue) -> Bool {
        switch keyword {
        case "minItems": return elements.count >= rule.integer ?? 0
        case "maxItems": return elements.count <= rule.integer ?? 0
        case "items": return elements.allSatisfy { accepts($0, rule) }
        case "uniqueItems":
            guard rule.boolean == true else { return true }
            for (index, element) in elements.enumerated() {
                if elements[..<index].contains(where: { isEqual($0, element) }) { return false }
            }
            return true
        default: return true
        }
    }

    private mutating func acceptsObject(
        _ members: [String: PayloadValue], _ keyword: String, _ rule: PayloadValue, _ schema: [String: PayloadValue]
    ) -> Bool {
        switch keyword {
        case "minProperties": return members.count >= rule.integer ?? 0
        case "maxProperties": return members.count <= rule.integer ?? 0
        case "required": return (rule.array ?? []).allSatisfy { $0.string.map { members[$0] != nil } ?? false }
        case "properties":
            for (name, schema) in rule.object ?? [:] {
                if let member = members[name], !accepts(member, schema) { return false }
            }
            return true
        case "additionalProperties":
            let named = schema["properties"]?.object ?? [:]
            for (name, member) in members where named[name] == nil && !accepts(member, rule) { return false }
            return true
        default: return true
        }
    }

    private static func isType(_ name: String, _ value: PayloadValue) -> Bool {
        switch value {
        case .null: name == "null"
        case .boolean: name == "boolean"
        case .number:
            // 1.0 is an integer, as the draft says.
            name == "number" || name == "integer" && value.double.map { $0 == $0.rounded() } ?? false
        case .string: name == "string"
        case .array: name == "array"
        case .object: name == "object"
        }
    }

    /// Equality as JSON Schema means it: numbers by value.
    mutating func isEqual(_ left: PayloadValue, _ right: PayloadValue) -> Bool {
        guard step() else { return false }
        switch (left, right) {
        case (.number(let one), .number(let other)): return one == other || left.double == right.double
        case (.array(let one), .array(let other)):
            return one.count == other.count && zip(one, other).allSatisfy { isEqual($0, $1) }
        case (.object(let one), .object(let other)):
            guard one.count == other.count else { return false }
            for (key, value) in one {
                guard let counterpart = other[key], isEqual(value, counterpart) else { return false }
            }
            return true
        default: return left == right
        }
    }
}
