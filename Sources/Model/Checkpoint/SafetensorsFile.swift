/// A memory-mapped safetensors file whose header was checked completely: every tensor lies within the file, none overlap,
/// no byte is unaccounted for.
///
/// The format (huggingface/safetensors): header length as little-endian UInt64, JSON header, data.
package struct SafetensorsFile: Sendable {
    package struct Tensor: Sendable, Equatable {
        package let name: String
        package let format: SafetensorsFormat
        package let shape: [Int]
        /// Byte range within the file.
        package let range: Range<Int>

        /// Elements.
        package var count: Int { range.count / format.size }
    }

    package static let maximumHeaderLength = 100_000_000

    package let path: String
    /// In the order of their data.
    package let tensors: [Tensor]
    /// The free-text `__metadata__` member.
    package let metadata: [String: String]
    private let bytes: SharedBytes
    private let indexByName: [String: Int]

    package init(path: String) throws(SafetensorsError) {
        do throws(FileError) {
            bytes = try FileReading.map(path)
        } catch {
            throw SafetensorsError(file: path, problem: .file(error))
        }
        self.path = path
        let header = try bytes.withUnsafeBytes { (raw) throws(SafetensorsError) in
            try SafetensorsHeader(file: raw, path: path)
        }
        tensors = header.tensors
        metadata = header.metadata
        indexByName = Dictionary(uniqueKeysWithValues: header.tensors.enumerated().map { ($1.name, $0) })
    }

    /// The tensor of that name, in constant time.
    package subscript(name: String) -> Tensor? { indexByName[name].map { tensors[$0] } }

    /// The bytes of one of this file's tensors; any alignment.
    package func withTensor<Result, Failure: Error>(
        _ tensor: Tensor, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try bytes.withUnsafeBytes { (all) throws(Failure) in
            try body(UnsafeRawBufferPointer(rebasing: all[tensor.range]))
        }
    }

    /// The bytes from the beginning of the first of `tensors` to the end of the last, without a copy; they stay valid after
    /// the file object is gone. Nil unless the tensors lie back to back in this order.
    package func contiguousBytes(_ tensors: [Tensor]) -> SharedBytes? {
        guard let first = tensors.first, let last = tensors.last,
            zip(tensors, tensors.dropFirst()).allSatisfy({ $0.range.upperBound == $1.range.lowerBound })
        else { return nil }
        return SharedBytes(bytes, range: first.range.lowerBound..<last.range.upperBound)
    }

    /// `elements` of a floating-point tensor.
    func floats(_ tensor: Tensor, _ elements: Range<Int>) throws(SafetensorsError) -> [Float] {
        var values = [Float](repeating: 0, count: elements.count)
        // Arrays rethrow untyped.
        let result = values.withUnsafeMutableBytes { destination in
            do throws(SafetensorsError) {
                try load(tensor, elements: elements, as: .fp32, to: destination)
                return Result<Void, SafetensorsError>.success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        return values
    }

    /// Converts `elements` (all when nil) of a floating-point tensor to `precision` at `destination`.
    package func load(
        _ tensor: Tensor, elements: Range<Int>? = nil, as precision: ParameterPrecision,
        to destination: UnsafeMutableRawBufferPointer
    ) throws(SafetensorsError) {
        guard tensor.format.isWeightFormat else {
            throw SafetensorsError(
                file: path, tensor: tensor.name, problem: .notFloatingPoint(tensor.format.rawValue))
        }
        let elements = elements ?? 0..<tensor.count
        precondition(elements.lowerBound >= 0 && elements.upperBound <= tensor.count, "elements outside the tensor")
        withTensor(tensor) { all in
            let size = tensor.format.size
            let source = UnsafeRawBufferPointer(rebasing: all[elements.lowerBound * size..<elements.upperBound * size])
            FloatConversion.convert(source, from: tensor.format, to: precision, destination)
        }
    }
}
