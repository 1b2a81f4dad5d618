extension RouteTensor {
    /// Reads [rows, layers, topK] of U8 or U16, if it came.
    static func take(_ name: String, from tensors: inout TensorReader) throws(WireError) -> RouteTensor? {
        guard let tensor = try tensors.take(name, .uint8, .uint16, dimensions: 3) else { return nil }
        let ids =
            tensor.type == .uint8
            ? tensor.elements(as: UInt8.self).map { $0 == .max ? -1 : Int16($0) }
            : try wide(tensor.elements(as: UInt16.self), name)
        return RouteTensor(rows: tensor.shape[0], layers: tensor.shape[1], topK: tensor.shape[2], ids: ids)
    }

    private static func wide(_ elements: [UInt16], _ name: String) throws(WireError) -> [Int16] {
        if let impossible = elements.first(where: { $0 > Int16.max && $0 != .max }) {
            throw .invalid(field: "expert id in \(name)", value: "\(impossible)", expected: "≤ \(Int16.max)")
        }
        return elements.map(Int16.init(bitPattern:))
    }

    /// The tensor's own consistency, and the number of rows that the message asks for, if it does.
    func validate(_ name: String, rows expected: Int? = nil) throws(WireError) {
        try Check.atLeast(0, rows, "rows of \(name)")
        try Check.size(rows, limit: Int(Int32.max), "rows of \(name)")
        try Check.atLeast(1, layers, "layers of \(name)")
        try Check.size(layers, limit: WireCap.routeLayers, "layers of \(name)")
        try Check.atLeast(1, topK, "top k of \(name)")
        try Check.size(topK, limit: WireCap.routeTopK, "top k of \(name)")
        if let expected, rows != expected {
            throw .invalid(field: "rows of \(name)", value: "\(rows)", expected: "\(expected)")
        }
        guard ids.count == rows * layers * topK else {
            throw .shares(tensor: name, sum: rows * layers * topK, elements: ids.count)
        }
        if let impossible = ids.first(where: { $0 < -1 }) {
            throw .invalid(field: "expert id in \(name)", value: "\(impossible)", expected: "≥ −1")
        }
    }

    /// The tensor in its narrowest form.
    func payload(_ name: String) -> TensorPayload {
        let isNarrow = ids.allSatisfy { $0 < Int16(UInt8.max) }
        return TensorPayload(
            name: name, type: isNarrow ? .uint8 : .uint16, shape: [rows, layers, topK],
            frame: isNarrow
                ? Frame(copying: ids.map(UInt8.init(truncatingIfNeeded:)))
                : Frame(copying: ids.map(UInt16.init(bitPattern:))))
    }
}
