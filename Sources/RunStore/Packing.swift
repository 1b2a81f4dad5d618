import Foundation

/// Numbers as the database keeps them: little endian, one after another.
enum Packing {
    static func bytes(_ numbers: [some BitwiseCopyable]) -> Data {
        numbers.withUnsafeBytes { Data($0) }
    }

    /// Nil if the bytes are not whole numbers.
    static func numbers<Number: BitwiseCopyable>(_ bytes: Data, of: Number.Type) -> [Number]? {
        let size = MemoryLayout<Number>.size
        guard bytes.count.isMultiple(of: size) else { return nil }
        // All empty arrays are one, and this initialiser writes the count of elements into it: a race between threads.
        guard !bytes.isEmpty else { return [] }
        return [Number](unsafeUninitializedCapacity: bytes.count / size) { buffer, count in
            count = bytes.copyBytes(to: buffer) / size
        }
    }

    /// Expert ids in one byte each where they fit, which leaves 255 for "not recorded"; else in two.
    static func experts(_ ids: [Int16]) -> Data {
        let isNarrow = ids.allSatisfy { $0 < 255 }
        return isNarrow ? bytes(ids.map { UInt8(truncatingIfNeeded: $0) }) : bytes(ids)
    }

    static func experts(_ bytes: Data, count: Int) -> [Int16]? {
        if bytes.count == count { return bytes.map { $0 == 255 ? -1 : Int16($0) } }
        return bytes.count == count * 2 ? numbers(bytes, of: Int16.self) : nil
    }
}
