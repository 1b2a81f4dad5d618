import JSON

/// The parsed and checked header of a safetensors file.
struct SafetensorsHeader {
    private typealias Tensor = SafetensorsFile.Tensor

    let tensors: [SafetensorsFile.Tensor]
    let metadata: [String: String]

    init(file: UnsafeRawBufferPointer, path: String) throws(SafetensorsError) {
        func fail(_ problem: SafetensorsError.Problem) -> SafetensorsError {
            SafetensorsError(file: path, problem: problem)
        }
        guard file.count >= 8 else { throw fail(.truncated(size: file.count, needed: 8)) }
        let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(SafetensorsFile.maximumHeaderLength) else { throw fail(.headerTooLong(length)) }
        let dataStart = 8 + Int(length)
        guard file.count >= dataStart else { throw fail(.truncated(size: file.count, needed: dataStart)) }
        let document: JSONValue
        do throws(JSONError) {
            document = try JSONValue.parse(UnsafeRawBufferPointer(rebasing: file[8..<dataStart]))
        } catch {
            throw fail(.headerNotJSON(error))
        }
        guard case .object(let object) = document else { throw fail(.malformedHeader("not an object")) }
        var tensors: [Tensor] = []
        var metadata: [String: String] = [:]
        var names: Set<String> = []
        for member in object.members {
            do throws(SafetensorsError.Problem) {
                if member.key == "__metadata__" {
                    metadata = try Self.metadata(member.value)
                } else {
                    // JSON tells apart by bytes what strings do not: two ways to write an accent.
                    guard names.insert(member.key).inserted else {
                        throw .malformedHeader("the header names it twice")
                    }
                    tensors.append(
                        try Self.tensor(member.key, member.value, dataStart: dataStart, fileSize: file.count))
                }
            } catch {
                throw SafetensorsError(file: path, tensor: member.key, problem: error)
            }
        }
        // Empty tensors sort before the one that starts where they lie.
        tensors.sort { ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound) }
        self.tensors = tensors
        self.metadata = metadata
        try checkContiguous(dataStart: dataStart, fileSize: file.count, path: path)
    }

    private static func metadata(_ value: JSONValue) throws(SafetensorsError.Problem) -> [String: String] {
        guard case .object(let object) = value else { throw .malformedHeader("not an object") }
        var metadata: [String: String] = [:]
        for member in object.members {
            guard case .string(let text) = member.value else { throw .malformedHeader("metadata must be strings") }
            metadata[member.key] = text
        }
        return metadata
    }

    private static func tensor(
        _ name: String, _ value: JSONValue, dataStart: Int, fileSize: Int
    ) throws(SafetensorsError.Problem) -> Tensor {
        guard let formatName = value["dtype"]?.string else { throw .malformedHeader("dtype is missing") }
        guard let format = SafetensorsFormat(rawValue: formatName) else { throw .unknownFormat(formatName) }
        guard let shape = value["shape"]?.array?.map(\.integer),
            let offsets = value["data_offsets"]?.array?.map(\.integer)
        else { throw .malformedHeader("shape or data_offsets is missing") }
        guard offsets.count == 2, let begin = offsets[0], let end = offsets[1] else {
            throw .malformedHeader("data_offsets must be two integers")
        }
        var sizes: [Int] = []
        var byteCount = format.size
        for size in shape {
            guard let size, size >= 0 else { throw .malformedHeader("shape must be integers ≥ 0") }
            let (product, overflow) = byteCount.multipliedReportingOverflow(by: size)
            guard !overflow else { throw .malformedHeader("shape is too large") }
            sizes.append(size)
            byteCount = product
        }
        guard begin >= 0, end >= begin, end <= fileSize - dataStart else {
            throw .outOfRange(begin: begin, end: end, available: fileSize - dataStart)
        }
        guard byteCount == end - begin else { throw .wrongByteCount(expected: byteCount, found: end - begin) }
        return Tensor(name: name, format: format, shape: sizes, range: dataStart + begin..<dataStart + end)
    }

    private func checkContiguous(dataStart: Int, fileSize: Int, path: String) throws(SafetensorsError) {
        var end = dataStart
        for (index, tensor) in tensors.enumerated() {
            let begin = tensor.range.lowerBound
            if begin < end {
                throw SafetensorsError(
                    file: path, tensor: tensor.name, problem: .overlap(with: tensors[index - 1].name))
            }
            if begin > end {
                throw SafetensorsError(file: path, tensor: tensor.name, problem: .hole(bytes: begin - end))
            }
            end = tensor.range.upperBound
        }
        guard end == fileSize else {
            throw SafetensorsError(
                file: path, problem: .malformedHeader("\(fileSize - end) bytes at the end belong to no tensor"))
        }
    }
}
