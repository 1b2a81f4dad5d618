/// Why a model directory cannot be read or written. `description` names the path and what to do.
package enum ModelDirectoryError: Error, Equatable, CustomStringConvertible {
    case directoryMissing(path: String)
    case fileMissing(path: String, purpose: String)
    case file(FileError)
    case configuration(path: String, ConfigurationError)
    case malformed(path: String, reason: String)
    case safetensors(SafetensorsError)
    case tensorMissing(path: String, tensor: String)
    case tensorUnexpected(path: String, tensor: String)
    case headDiffers(path: String)
    case wrongShape(path: String, tensor: String, expected: [Int], found: [Int])
    case wouldOverwrite(path: String, file: String)

    package var description: String {
        switch self {
        case .directoryMissing(let path):
            return "no model directory at \(path); give the path of a directory with config.json and model.safetensors"
        case .fileMissing(let path, let purpose):
            return "\(path) is missing (\(purpose)); copy the complete Hugging Face directory"
        case .file(let error): return error.description
        case .configuration(let path, let error): return "\(path): \(error)"
        case .malformed(let path, let reason): return "\(path): \(reason)"
        case .safetensors(let error): return error.description
        case .tensorMissing(let path, let tensor):
            return "\(path): tensor \"\(tensor)\" is missing; config.json and the weights must belong together"
        case .tensorUnexpected(let path, let tensor):
            return "\(path): tensor \"\(tensor)\" is not part of the architecture that config.json states; "
                + "config.json and the weights must belong together"
        case .headDiffers(let path):
            return "\(path): tensor \"lm_head.weight\" differs from the embedding that config.json ties it to; "
                + "set \"tie_word_embeddings\": false there to use it, or remove the tensor"
        case .wrongShape(let path, let tensor, let expected, let found):
            return "\(path): tensor \"\(tensor)\" has shape \(found), config.json implies \(expected); "
                + "config.json and the weights must belong together"
        case .wouldOverwrite(let path, let file):
            return "\(path) holds \(file), which is no part of a model; give a new or empty directory"
        }
    }
}
