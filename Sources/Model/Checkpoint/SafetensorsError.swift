package import JSON

/// What is wrong with a safetensors file. `description` names the file, the tensor and what to do.
package struct SafetensorsError: Error, Equatable, CustomStringConvertible {
    package enum Problem: Error, Equatable {
        case file(FileError)
        /// Too short to hold its header (8 bytes of length, then the header).
        case truncated(size: Int, needed: Int)
        case headerTooLong(UInt64)
        case headerNotJSON(JSONError)
        case malformedHeader(String)
        case unknownFormat(String)
        case wrongByteCount(expected: Int, found: Int)
        case outOfRange(begin: Int, end: Int, available: Int)
        case overlap(with: String)
        case hole(bytes: Int)
        case notFloatingPoint(String)
    }

    package let file: String
    package let tensor: String?
    package let problem: Problem

    package init(file: String, tensor: String? = nil, problem: Problem) {
        self.file = file
        self.tensor = tensor
        self.problem = problem
    }

    package var description: String {
        let place = tensor.map { "\(file), tensor \"\($0)\"" } ?? file
        switch problem {
        case .file(let error): return error.description
        case .truncated(let size, let needed):
            return "\(place): truncated: \(size) bytes, at least \(needed) needed; copy or download the file again"
        case .headerTooLong(let length):
            return "\(place): header of \(length) bytes (at most 100 MB allowed); this is not a safetensors file"
        case .headerNotJSON(let error): return "\(place): header is \(error); copy or download the file again"
        case .malformedHeader(let reason): return "\(place): malformed header: \(reason)"
        case .unknownFormat(let name): return "\(place): unknown dtype \(name)"
        case .wrongByteCount(let expected, let found):
            return "\(place): shape and dtype need \(expected) bytes, data_offsets span \(found)"
        case .outOfRange(let begin, let end, let available):
            return "\(place): data_offsets [\(begin), \(end)] outside the \(available) bytes of data; "
                + "copy or download the file again"
        case .overlap(let other): return "\(place): overlaps tensor \"\(other)\""
        case .hole(let bytes): return "\(place): \(bytes) bytes before it belong to no tensor"
        case .notFloatingPoint(let name):
            return "\(place): dtype \(name) cannot be weights; convert the checkpoint to F32, F16 or BF16"
        }
    }
}
