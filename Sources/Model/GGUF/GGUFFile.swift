/// A memory-mapped GGUF file (version 3, the single-file format of llama.cpp) whose header was checked completely: every
/// metadata value and every tensor lies within the file.
///
/// Format: "GGUF", version, number of tensors, number of metadata entries; the entries; per tensor name, dimensions (fastest
/// first), type and offset; then, from the next multiple of the alignment on, the data.
package struct GGUFFile: Sendable {
    package struct Tensor: Sendable, Equatable {
        package let name: String
        package let type: GGUFTensorType
        /// Row-major, slowest dimension first: the reverse of the file's order.
        package let shape: [Int]
        /// Byte range within the file.
        package let range: Range<Int>

        /// Elements.
        package var count: Int { shape.reduce(1, *) }
    }

    private static let maximumMetadataEntries = 1 << 16
    private static let maximumTensors = 1 << 20
    private static let maximumDimensions = 4

    package let path: String
    /// In file order.
    package let tensors: [Tensor]
    private let metadata: [String: GGUFValue]
    private let bytes: SharedBytes
    private let indexByName: [String: Int]

    package init(path: String) throws(GGUFError) {
        do throws(FileError) {
            bytes = try FileReading.map(path)
        } catch {
            throw GGUFError(file: path, problem: .file(error))
        }
        self.path = path
        var name: String?
        do throws(GGUFError.Problem) {
            (metadata, tensors) = try bytes.withUnsafeBytes { (raw) throws(GGUFError.Problem) in
                var cursor = GGUFCursor(raw)
                let counts = try Self.counts(&cursor)
                let metadata = try Self.metadata(&cursor, count: counts.metadata)
                let tensors = try Self.tensors(
                    &cursor, count: counts.tensors, metadata, fileSize: raw.count, name: &name)
                return (metadata, tensors)
            }
        } catch {
            throw GGUFError(file: path, tensor: name, problem: error)
        }
        indexByName = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
    }

    /// The tensor of that name, in constant time.
    package subscript(name: String) -> Tensor? { indexByName[name].map { tensors[$0] } }

    func value(_ key: String) -> GGUFValue? { metadata[key] }

    /// The elements of a metadata array, decoded one by one.
    func forEachElement(
        of array: GGUFValue.Array, _ body: (GGUFValue) throws(GGUFError.Problem) -> Void
    ) throws(GGUFError.Problem) {
        try bytes.withUnsafeBytes { (raw) throws(GGUFError.Problem) in
            var cursor = GGUFCursor(raw, at: array.offset)
            for _ in 0..<array.count { try body(try GGUFValue(array.element, &cursor)) }
        }
    }

    /// The bytes of one of this file's tensors; any alignment.
    func withTensor<Result, Failure: Error>(
        _ tensor: Tensor, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withUnsafeBytes { (all) throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: all[tensor.range]))
        }
    }
}

// MARK: - Parsing

extension GGUFFile {
    private static func counts(_ cursor: inout GGUFCursor) throws(GGUFError.Problem) -> (metadata: Int, tensors: Int) {
        guard cursor.remaining >= 4, try cursor.integer(UInt32.self) == 0x4655_4747 else { throw .notGGUF }
        let version = try cursor.integer(UInt32.self)
        guard version == 3 else { throw .version(version) }
        // Least sizes: a tensor's name, dimensions, type and offset; a key, a type and a byte.
        let tensors = try cursor.count(of: "tensors", minimumBytes: 24)
        let metadata = try cursor.count(of: "metadata entries", minimumBytes: 13)
        guard tensors <= maximumTensors else { throw .absurdCount(what: "tensors", count: UInt64(tensors)) }
        guard metadata <= maximumMetadataEntries else {
            throw .absurdCount(what: "metadata entries", count: UInt64(metadata))
        }
        return (metadata, tensors)
    }

    private static func metadata(
        _ cursor: inout GGUFCursor, count: Int
    ) throws(GGUFError.Problem) -> [String: GGUFValue] {
        var metadata: [String: GGUFValue] = [:]
        for _ in 0..<count {
            let key = try cursor.string()
            let value = try GGUFValue(GGUFValue.elementType(&cursor), &cursor)
            guard metadata.updateValue(value, forKey: key) == nil else {
                throw .malformed("metadata \"\(key)\" is there twice")
            }
        }
        return metadata
    }

    /// - Parameter name: of the tensor being read, for errors.
    private static func tensors(
        _ cursor: inout GGUFCursor, count: Int, _ metadata: [String: GGUFValue], fileSize: Int, name: inout String?
    ) throws(GGUFError.Problem) -> [Tensor] {
        let alignment = try alignment(metadata)
        var infos: [(name: String, type: GGUFTensorType, shape: [Int], offset: UInt64)] = []
        var names: Set<String> = []
        for _ in 0..<count {
            let tensorName = try cursor.string()
            name = tensorName
            guard names.insert(tensorName).inserted else { throw .malformed("the name is there twice") }
            let shape = try shape(&cursor)
            let type = try tensorType(&cursor)
            guard (shape.last ?? 1) % type.blockElements == 0 else {
                throw .malformed("rows of \(shape.last ?? 1) elements do not divide into \(type.name) blocks")
            }
            infos.append((tensorName, type, shape, try cursor.integer(UInt64.self)))
        }
        let dataStart = (cursor.offset + alignment - 1) / alignment * alignment
        var tensors: [Tensor] = []
        for info in infos {
            name = info.name
            let length = info.shape.reduce(1, *) / info.type.blockElements * info.type.blockBytes
            guard info.offset % UInt64(alignment) == 0 else {
                throw .malformed("its data begins at \(info.offset), not at a multiple of \(alignment)")
            }
            let available = UInt64(max(0, fileSize - dataStart))
            guard info.offset <= available, UInt64(length) <= available - info.offset else {
                throw .truncated(offset: fileSize, needed: info.offset &+ UInt64(length) &- available)
            }
            let start = dataStart + Int(info.offset)
            tensors.append(Tensor(name: info.name, type: info.type, shape: info.shape, range: start..<start + length))
        }
        name = nil
        return tensors
    }

    private static func alignment(_ metadata: [String: GGUFValue]) throws(GGUFError.Problem) -> Int {
        guard let value = metadata["general.alignment"] else { return 32 }
        guard case .unsigned(let alignment) = value, (1...65536).contains(alignment) else {
            throw .malformed("general.alignment must be a whole number from 1 to 65536")
        }
        return Int(alignment)
    }

    /// Sizes whose product, and the product's bytes, stay far below overflow.
    private static func shape(_ cursor: inout GGUFCursor) throws(GGUFError.Problem) -> [Int] {
        let dimensions = Int(try cursor.integer(UInt32.self))
        guard (1...maximumDimensions).contains(dimensions) else {
            throw .malformed("\(dimensions) dimensions; 1 to \(maximumDimensions) are allowed")
        }
        var shape: [Int] = []
        var product: UInt64 = 1
        for _ in 0..<dimensions {
            let size = try cursor.integer(UInt64.self)
            let (next, overflows) = product.multipliedReportingOverflow(by: size)
            guard size > 0, !overflows, next <= 1 << 48 else { throw .absurdCount(what: "elements", count: size) }
            product = next
            shape.append(Int(size))
        }
        return shape.reversed()
    }

    private static func tensorType(_ cursor: inout GGUFCursor) throws(GGUFError.Problem) -> GGUFTensorType {
        let code = try cursor.integer(UInt32.self)
        guard let type = GGUFTensorType(rawValue: code) else {
            throw .unsupported(
                what: "tensor type", found: "\(code)",
                supported: GGUFTensorType.allCases.map(\.name).joined(separator: ", "))
        }
        return type
    }
}
