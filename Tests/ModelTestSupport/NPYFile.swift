import Foundation

/// A little-endian fp32 array in NumPy's .npy format, version 1 or 2, C order: enough for the golden values.
package struct NPYFile: Sendable {
    package let shape: [Int]
    package let values: [Float]

    package struct Malformed: Error {
        let path: String
        let reason: String
    }

    package init(path: String) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        guard data.count > 12, data.prefix(6) == Data([0x93] + Array("NUMPY".utf8)) else {
            throw Malformed(path: path, reason: "no magic")
        }
        let isVersionOne = data[6] == 1
        let lengthBytes = isVersionOne ? 2 : 4
        let headerLength = data[8..<8 + lengthBytes].reversed().reduce(0) { $0 << 8 | Int($1) }
        let start = 8 + lengthBytes + headerLength
        let header = String(decoding: data[8 + lengthBytes..<start], as: UTF8.self)
        guard header.contains("'<f4'"), header.contains("'fortran_order': False"),
            let open = header.firstIndex(of: "("), let close = header.firstIndex(of: ")")
        else { throw Malformed(path: path, reason: header) }
        shape = header[header.index(after: open)..<close].split(separator: ",").compactMap {
            Int($0.trimmingCharacters(in: .whitespaces))
        }
        let count = shape.reduce(1, *)
        guard data.count - start == 4 * count else { throw Malformed(path: path, reason: "wrong size") }
        values = data.withUnsafeBytes { raw in
            (0..<count).map { raw.loadUnaligned(fromByteOffset: start + 4 * $0, as: Float.self) }
        }
    }
}
