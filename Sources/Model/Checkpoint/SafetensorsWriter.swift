import JSON

/// Writes safetensors files, deterministically: the same tensors give the same bytes.
package enum SafetensorsWriter {
    /// A tensor to write; the bytes (little endian) must stay valid during the call.
    package struct Entry {
        package let name: String
        package let format: SafetensorsFormat
        package let shape: [Int]
        package let bytes: UnsafeRawBufferPointer

        /// - Precondition: `bytes` has the size that shape and format need.
        package init(name: String, format: SafetensorsFormat, shape: [Int], bytes: UnsafeRawBufferPointer) {
            precondition(bytes.count == shape.reduce(format.size, *), "\(name): bytes and shape differ")
            self.name = name
            self.format = format
            self.shape = shape
            self.bytes = bytes
        }
    }

    /// Entries for `tensors` of a layout whose whole flat buffer (weights, or a gradient in fp32) is `buffer`.
    package static func entries(
        _ tensors: some Sequence<ParameterTensor>, _ precision: ParameterPrecision, in buffer: UnsafeRawBufferPointer
    ) -> [Entry] {
        tensors.map { tensor in
            let range = tensor.offset * precision.size..<(tensor.offset + tensor.count) * precision.size
            return Entry(
                name: tensor.name, format: SafetensorsFormat(precision), shape: tensor.shape,
                bytes: UnsafeRawBufferPointer(rebasing: buffer[range]))
        }
    }

    /// Writes the entries in their order, atomically. `metadata` says "pt" because transformers refuses files without it.
    /// - Precondition: names are distinct.
    package static func write(
        _ entries: [Entry], metadata: [(key: String, value: String)] = [("format", "pt")], to path: String
    ) throws(FileError) {
        let header = header(entries, metadata: metadata)
        let result: Result<Void, FileError> = header.withUnsafeBytes { raw in
            do throws(FileError) {
                return .success(try AtomicFile.write([raw] + entries.map(\.bytes), to: path))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Length, JSON and the spaces that make the data start at a multiple of 8.
    private static func header(_ entries: [Entry], metadata: [(key: String, value: String)]) -> [UInt8] {
        var object = JSONObject()
        if !metadata.isEmpty {
            object.append(
                "__metadata__",
                .object(JSONObject(members: metadata.map { .init(key: $0.key, value: .string($0.value)) })))
        }
        var offset = 0
        for entry in entries {
            var tensor = JSONObject()
            tensor.append("dtype", .string(entry.format.rawValue))
            tensor.append("shape", .array(entry.shape.map { .integer($0) }))
            tensor.append("data_offsets", .array([.integer(offset), .integer(offset + entry.bytes.count)]))
            object.append(entry.name, .object(tensor))
            offset += entry.bytes.count
        }
        var json = JSONWriter.write(.object(object))
        json.append(contentsOf: repeatElement(0x20, count: (8 - json.count % 8) % 8))
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    }
}
