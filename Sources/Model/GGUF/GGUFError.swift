/// What is wrong with a GGUF file. `description` names the file, the place in it and what to do.
package struct GGUFError: Error, Equatable, CustomStringConvertible {
    package enum Problem: Error, Equatable {
        case file(FileError)
        case notGGUF
        /// A version of the format other than 3, or the other byte order.
        case version(UInt32)
        /// The file ends within what `needed` more bytes at `offset` should hold.
        case truncated(offset: Int, needed: UInt64)
        /// A count that the rest of the file could not hold, whatever its elements are.
        case absurdCount(what: String, count: UInt64)
        case malformed(String)
        case missing(key: String)
        case wrongType(key: String, expected: String, found: String)
        /// Valid, but not implemented here; computing without it would be silently wrong.
        case unsupported(what: String, found: String, supported: String)
        case tensorMissing
        case tensorUnexpected
        case wrongShape(expected: [Int], found: [Int])
        case configuration(ConfigurationError)
        case tokenizer(TokenizerError)
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
        return switch problem {
        case .file(let error): error.description
        case .notGGUF: "\(place) is not a GGUF file: it does not begin with \"GGUF\""
        case .version(let version):
            "\(place): GGUF version \(version) is not supported; convert the model again with a current llama.cpp (version 3, "
                + "little endian)"
        case .truncated(let offset, let needed):
            "\(place): truncated: \(needed) more bytes needed at byte \(offset); copy or download the file again"
        case .absurdCount(let what, let count):
            "\(place): \(count) \(what) do not fit the file; it is damaged, copy or download it again"
        case .malformed(let reason): "\(place): \(reason)"
        case .missing(let key): "\(place): metadata \"\(key)\" is missing; convert the model again"
        case .wrongType(let key, let expected, let found):
            "\(place): metadata \"\(key)\" is \(found), expected \(expected)"
        case .unsupported(let what, let found, let supported):
            "\(place): \(what) \(found) is not supported; supported: \(supported)"
        case .tensorMissing: "\(place) is missing; the file is no complete model"
        case .tensorUnexpected: "\(place) is not part of the architecture that the metadata state"
        case .wrongShape(let expected, let found): "\(place) has shape \(found), the metadata imply \(expected)"
        case .configuration(let error): "\(place): the metadata give a configuration whose \(error)"
        case .tokenizer(let error): "\(place): the metadata give a tokenizer that cannot be used: \(error)"
        }
    }
}
