import Glibc

/// A file operation that the operating system refused.
package struct FileError: Error, Equatable, CustomStringConvertible {
    /// What was tried: "open", "write", …
    package let operation: String
    package let path: String
    /// `errno`.
    package let code: Int32

    package init(operation: String, path: String, code: Int32 = errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    package var description: String {
        let advice =
            switch code {
            case ENOENT: "; check the path"
            case EACCES, EPERM, EROFS: "; check the permissions"
            case ENOSPC, EDQUOT: "; free some space"
            default: ""
            }
        return "cannot \(operation) \(path): \(String(cString: strerror(code)))\(advice)"
    }
}
