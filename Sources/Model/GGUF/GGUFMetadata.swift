/// Typed access to the metadata of one file, with errors that name the key.
struct GGUFMetadata {
    let file: GGUFFile
    /// `general.architecture`: the prefix of the architecture's own keys.
    let architecture: String

    init(_ file: GGUFFile) throws(GGUFError.Problem) {
        self.file = file
        guard let value = file.value("general.architecture") else { throw .missing(key: "general.architecture") }
        guard case .string(let architecture) = value else {
            throw .wrongType(key: "general.architecture", expected: "a string", found: value.typeName)
        }
        self.architecture = architecture
    }

    /// The full name of a key of the architecture.
    func own(_ key: String) -> String { architecture + "." + key }

    func integer(_ key: String) throws(GGUFError.Problem) -> Int? {
        switch file.value(key) {
        case nil: return nil
        case .unsigned(let value)? where value <= UInt64(Int.max): return Int(value)
        case .signed(let value)?: return Int(value)
        case let other?: throw .wrongType(key: key, expected: "a whole number", found: other.typeName)
        }
    }

    func number(_ key: String) throws(GGUFError.Problem) -> Double? {
        switch file.value(key) {
        case nil: return nil
        case .float(let value)?: return value
        case .unsigned(let value)?: return Double(value)
        case .signed(let value)?: return Double(value)
        case let other?: throw .wrongType(key: key, expected: "a number", found: other.typeName)
        }
    }

    func boolean(_ key: String) throws(GGUFError.Problem) -> Bool? {
        switch file.value(key) {
        case nil: return nil
        case .boolean(let value)?: return value
        case let other?: throw .wrongType(key: key, expected: "true or false", found: other.typeName)
        }
    }

    func string(_ key: String) throws(GGUFError.Problem) -> String? {
        switch file.value(key) {
        case nil: return nil
        case .string(let value)?: return value
        case let other?: throw .wrongType(key: key, expected: "a string", found: other.typeName)
        }
    }

    /// The elements of an array of strings.
    func strings(_ key: String) throws(GGUFError.Problem) -> [String] {
        var strings: [String] = []
        try forEachElement(of: key, expected: "an array of strings") { (value) throws(GGUFError.Problem) in
            guard case .string(let text) = value else {
                throw .wrongType(key: key, expected: "an array of strings", found: "an array of others")
            }
            strings.append(text)
        }
        return strings
    }

    /// The elements of an array of whole numbers.
    func integers(_ key: String) throws(GGUFError.Problem) -> [Int] {
        var integers: [Int] = []
        try forEachElement(of: key, expected: "an array of whole numbers") { (value) throws(GGUFError.Problem) in
            switch value {
            case .unsigned(let element) where element <= UInt64(Int.max): integers.append(Int(element))
            case .signed(let element): integers.append(Int(element))
            default: throw .wrongType(key: key, expected: "an array of whole numbers", found: "an array of others")
            }
        }
        return integers
    }

    private func forEachElement(
        of key: String, expected: String, _ body: (GGUFValue) throws(GGUFError.Problem) -> Void
    ) throws(GGUFError.Problem) {
        guard let value = file.value(key) else { throw .missing(key: key) }
        guard case .array(let array) = value else {
            throw .wrongType(key: key, expected: expected, found: value.typeName)
        }
        try file.forEachElement(of: array, body)
    }

    func required<Value>(_ key: String, _ value: Value?) throws(GGUFError.Problem) -> Value {
        guard let value else { throw .missing(key: key) }
        return value
    }
}
