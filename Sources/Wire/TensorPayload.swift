import CKernels
import CWire

/// Element type of a tensor on the wire; little endian.
package enum DataType: String, Sendable, Equatable, CaseIterable {
    case float32 = "F32"
    case bfloat16 = "BF16"
    case int32 = "I32"
    case int16 = "I16"
    case uint8 = "U8"
    case uint16 = "U16"

    /// Bytes per element.
    package var size: Int {
        switch self {
        case .float32, .int32: 4
        case .bfloat16, .int16, .uint16: 2
        case .uint8: 1
        }
    }
}

/// A tensor of a message: what its header says, and the frame that holds its elements row-major.
struct TensorPayload {
    var name: String
    var type: DataType
    var shape: [Int]
    var frame: Frame

    init(name: String, type: DataType, shape: [Int], frame: Frame) {
        self.name = name
        self.type = type
        self.shape = shape
        self.frame = frame
    }

    /// A vector of `frame.count` bytes, sharing the frame.
    init(name: String, bytes frame: Frame) {
        self.init(name: name, type: .uint8, shape: [frame.count], frame: frame)
    }

    /// The received tensor, once header and frame agree in every respect.
    init(_ header: Apus__V1__TensorHeader, frame: Frame) throws(WireError) {
        name = try Read.text(header.name, "tensor.name")
        try Check.identifier(name, "tensor.name")
        type = try DataType(wire: header.data_type, "tensor.data_type")
        shape = try TensorPayload.shape(header, name: name)
        self.frame = frame

        var count = type.size
        for dimension in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw .tensorBytes(name: name, found: frame.count, expected: "far more (\(shape))") }
            count = product
        }
        guard count == frame.count else {
            throw .tensorBytes(name: name, found: frame.count, expected: "\(count), shape \(shape) of \(type.rawValue)")
        }
        guard header.byte_count == UInt64(frame.count) else {
            throw .tensorBytes(name: name, found: frame.count, expected: "\(header.byte_count), as announced")
        }
        let found = checksum
        guard found == header.crc32c else { throw .checksum(tensor: name, found: found, expected: header.crc32c) }
    }

    private static func shape(_ header: Apus__V1__TensorHeader, name: String) throws(WireError) -> [Int] {
        let dimensions = Read.array(header.shape, header.n_shape)
        try Check.atLeast(1, dimensions.count, "dimensions of tensor \(name)")
        try Check.size(dimensions.count, limit: WireCap.tensorDimensions, "dimensions of tensor \(name)")
        var shape: [Int] = []
        for dimension in dimensions {
            guard let dimension = Int(exactly: dimension) else {
                throw .invalid(field: "tensor.shape of \(name)", value: "\(dimension)", expected: "a possible size")
            }
            shape.append(dimension)
        }
        return shape
    }

    /// CRC-32C of the frame.
    var checksum: UInt32 {
        frame.withUnsafeBytes { apus_crc32c(0, $0.baseAddress, $0.count) }
    }

    /// A copy of the elements. `Element` is the Swift type of `type`.
    func elements<Element: BitwiseCopyable>(as: Element.Type) -> [Element] {
        let size = MemoryLayout<Element>.size
        precondition(size == type.size, "\(Element.self) for elements of \(type.rawValue)")
        // All empty arrays are one, and this initialiser writes the count of elements into it: a race between threads.
        guard frame.count > 0 else { return [] }
        return frame.withUnsafeBytes { bytes in
            Array(unsafeUninitializedCapacity: bytes.count / size) { elements, count in
                UnsafeMutableRawBufferPointer(elements).copyMemory(from: bytes)
                count = bytes.count / size
            }
        }
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__TensorHeader> {
        arena.make(apus__v1__tensor_header__init) {
            $0.name = arena.string(name)
            $0.data_type = type.wire
            ($0.shape, $0.n_shape) = arena.array(shape.map(UInt64.init))
            $0.crc32c = checksum
            $0.byte_count = UInt64(frame.count)
        }
    }
}

/// The tensors of a received message, taken one by one by whoever reads the body.
struct TensorReader {
    private var tensors: [TensorPayload]

    init(_ tensors: [TensorPayload]) throws(WireError) {
        self.tensors = []
        for tensor in tensors {
            guard !self.tensors.contains(where: { $0.name == tensor.name }) else {
                throw .duplicateTensor(name: tensor.name)
            }
            self.tensors.append(tensor)
        }
    }

    /// All tensors that are left, in order.
    mutating func takeAll() -> [TensorPayload] {
        defer { tensors = [] }
        return tensors
    }

    /// The tensor `name`, if it came; it has `dimensions` and one of `types`.
    mutating func take(_ name: String, _ types: DataType..., dimensions: Int = 1) throws(WireError) -> TensorPayload? {
        guard let index = tensors.firstIndex(where: { $0.name == name }) else { return nil }
        let tensor = tensors.remove(at: index)
        guard types.contains(tensor.type) else {
            let expected = types.map(\.rawValue).joined(separator: " or ")
            throw .tensorType(name: name, found: tensor.type, expected: expected)
        }
        guard tensor.shape.count == dimensions else {
            throw .invalid(
                field: "shape of tensor \(name)", value: "\(tensor.shape)", expected: "\(dimensions) dimensions")
        }
        return tensor
    }

    /// The elements of the vector `name`; empty if it did not come.
    mutating func vector<Element: BitwiseCopyable>(
        _ name: String, _ type: DataType, of element: Element.Type
    ) throws(WireError) -> [Element] {
        try take(name, type)?.elements(as: element) ?? []
    }

    /// Nothing came that the message does not describe.
    func finish() throws(WireError) {
        if let tensor = tensors.first { throw .unexpectedTensor(name: tensor.name) }
    }
}

/// Deals out a vector that concatenates the shares of several records.
struct TensorShares<Element> {
    private let name: String
    private let elements: [Element]
    private var taken = 0

    init(_ name: String, _ elements: [Element]) {
        self.name = name
        self.elements = elements
    }

    mutating func next(_ count: UInt32) throws(WireError) -> ArraySlice<Element> {
        let start = min(taken, elements.count)
        taken += Int(count)
        guard taken <= elements.count else { throw .shares(tensor: name, sum: taken, elements: elements.count) }
        return elements[start..<taken]
    }

    /// Everything was dealt out.
    func finish() throws(WireError) {
        guard taken == elements.count else { throw .shares(tensor: name, sum: taken, elements: elements.count) }
    }
}
