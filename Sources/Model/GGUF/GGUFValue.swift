/// A metadata value. Strings and arrays stay in the file until they are asked for, so a header costs no more memory than
/// its number of keys.
enum GGUFValue: Sendable, Equatable {
    case unsigned(UInt64)
    case signed(Int64)
    case float(Double)
    case boolean(Bool)
    case string(String)
    case array(Array)

    /// `count` elements of one type from `offset` on; their bytes were checked to lie within the file.
    struct Array: Sendable, Equatable {
        let element: ElementType
        let count: Int
        let offset: Int
    }

    enum ElementType: UInt32, Sendable {
        case uint8, int8, uint16, int16, uint32, int32, float32, boolean, string, array, uint64, int64, float64

        /// Bytes of one element; nil where that depends on the element.
        var size: Int? {
            switch self {
            case .uint8, .int8, .boolean: 1
            case .uint16, .int16: 2
            case .uint32, .int32, .float32: 4
            case .uint64, .int64, .float64: 8
            case .string, .array: nil
            }
        }
    }

    init(_ type: ElementType, _ cursor: inout GGUFCursor) throws(GGUFError.Problem) {
        switch type {
        case .uint8: self = .unsigned(UInt64(try cursor.integer(UInt8.self)))
        case .uint16: self = .unsigned(UInt64(try cursor.integer(UInt16.self)))
        case .uint32: self = .unsigned(UInt64(try cursor.integer(UInt32.self)))
        case .uint64: self = .unsigned(try cursor.integer())
        case .int8: self = .signed(Int64(try cursor.integer(Int8.self)))
        case .int16: self = .signed(Int64(try cursor.integer(Int16.self)))
        case .int32: self = .signed(Int64(try cursor.integer(Int32.self)))
        case .int64: self = .signed(try cursor.integer())
        case .float32: self = .float(Double(Float(bitPattern: try cursor.integer())))
        case .float64: self = .float(Double(bitPattern: try cursor.integer()))
        case .boolean: self = .boolean(try cursor.integer(UInt8.self) != 0)
        case .string: self = .string(try cursor.string())
        case .array: self = .array(try Self.array(&cursor))
        }
    }

    private static func array(_ cursor: inout GGUFCursor) throws(GGUFError.Problem) -> Array {
        let element = try elementType(&cursor)
        guard element != .array else { throw .malformed("arrays of arrays are not supported in metadata") }
        // A string takes the eight bytes of its length at least.
        let count = try cursor.count(of: "array elements", minimumBytes: element.size ?? 8)
        let array = Array(element: element, count: count, offset: cursor.offset)
        if let size = element.size {
            try cursor.skip(UInt64(count * size))
        } else {
            for _ in 0..<count { try cursor.skip(try cursor.integer(UInt64.self)) }
        }
        return array
    }

    static func elementType(_ cursor: inout GGUFCursor) throws(GGUFError.Problem) -> ElementType {
        let code = try cursor.integer(UInt32.self)
        guard let type = ElementType(rawValue: code) else { throw .malformed("\(code) is no type of metadata") }
        return type
    }

    /// For errors.
    var typeName: String {
        switch self {
        case .unsigned, .signed: "a whole number"
        case .float: "a number"
        case .boolean: "true or false"
        case .string: "a string"
        case .array(let array): "an array of \(array.element)"
        }
    }
}
