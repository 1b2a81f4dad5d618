import JSON

/// Typed access to the fields of one object of config.json, with errors that name the field.
struct ConfigurationFields {
    let object: JSONObject
    /// Put before field names in errors: "rope_parameters." for a nested object.
    let prefix: String

    init(_ object: JSONObject, prefix: String = "") {
        self.object = object
        self.prefix = prefix
    }

    /// The value; nil when absent or null.
    func value(_ field: String) -> JSONValue? {
        guard let value = object[field], value != .null else { return nil }
        return value
    }

    func integer(_ field: String) throws(ConfigurationError) -> Int? {
        guard let value = value(field) else { return nil }
        guard let integer = value.integer else { throw wrongType(field, "an integer") }
        return integer
    }

    func number(_ field: String) throws(ConfigurationError) -> Double? {
        guard let value = value(field) else { return nil }
        guard let number = value.number else { throw wrongType(field, "a number") }
        return number
    }

    func boolean(_ field: String) throws(ConfigurationError) -> Bool? {
        guard let value = value(field) else { return nil }
        guard let boolean = value.boolean else { throw wrongType(field, "true or false") }
        return boolean
    }

    func string(_ field: String) throws(ConfigurationError) -> String? {
        guard let value = value(field) else { return nil }
        guard let string = value.string else { throw wrongType(field, "a string") }
        return string
    }

    func integers(_ field: String) throws(ConfigurationError) -> [Int]? {
        guard let value = value(field) else { return nil }
        guard let array = value.array else { throw wrongType(field, "a list of integers") }
        var integers: [Int] = []
        for element in array {
            guard let integer = element.integer else { throw wrongType(field, "a list of integers") }
            integers.append(integer)
        }
        return integers
    }

    /// A token id, a list of them, or none.
    func tokens(_ field: String) throws(ConfigurationError) -> [Int32] {
        guard let value = value(field) else { return [] }
        let listed = value.integer == nil ? try integers(field) : nil
        var tokens: [Int32] = []
        for integer in listed ?? [value.integer ?? -1] {
            guard let token = Int32(exactly: integer), token >= 0 else {
                throw .outOfRange(field: prefix + field, value: String(integer), allowed: "token ids")
            }
            tokens.append(token)
        }
        return tokens
    }

    /// Of several names of one field, the one that is present; the first when none is.
    func present(_ names: String...) -> String { names.first { value($0) != nil } ?? names[0] }

    func fields(_ field: String) throws(ConfigurationError) -> ConfigurationFields? {
        guard let value = value(field) else { return nil }
        guard let object = value.object else { throw wrongType(field, "an object") }
        return ConfigurationFields(object, prefix: prefix + field + ".")
    }

    func required<Value>(_ field: String, _ value: Value?) throws(ConfigurationError) -> Value {
        guard let value else { throw .missing(field: prefix + field) }
        return value
    }

    /// Refuses a flag of the reference implementation that changes the computation.
    func refuse(_ field: String, unless value: Bool) throws(ConfigurationError) {
        guard let found = try boolean(field), found != value else { return }
        throw .unsupported(field: prefix + field, value: String(found), supported: String(value))
    }

    private func wrongType(_ field: String, _ expected: String) -> ConfigurationError {
        .wrongType(field: prefix + field, expected: expected)
    }
}
