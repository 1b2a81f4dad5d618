package import Wire

/// A process's own key with its secret half: what a file `NAME.secret` keeps.
package struct OwnKey: Sendable, Equatable {
    package let allowed: AllowedKey
    let secret: SecretKey

    /// A fresh one.
    package init(generatedFor role: Role, name: String) {
        let pair = SecretKey.generate()
        allowed = AllowedKey(role: role, name: name, key: pair.public)
        secret = pair.secret
    }

    /// Reads lines `WORD VALUE` with the words role, name, public, secret. No error shows what stands behind `secret`.
    init(parsing text: String, path: String) throws(KeyError) {
        var values: [Substring: Substring] = [:]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let word = words.first, !word.hasPrefix("#") else { continue }
            guard words.count == 2, Self.words.contains(String(word)), values[word] == nil else {
                let expected = Self.words.joined(separator: ", ")
                throw .malformed(path: path, line: index + 1, "expected one line for each of: \(expected)")
            }
            values[word] = words[1]
        }
        func value(_ word: String) throws(KeyError) -> Substring {
            guard let value = values[Substring(word)] else {
                throw .malformed(path: path, line: 1, "the line \"\(word) …\" is missing")
            }
            return value
        }
        let name = try value("name")
        guard let role = Role(rawValue: String(try value("role"))) else {
            throw .malformed(path: path, line: 1, "unknown role; one of: \(Role.names)")
        }
        guard KeyName.isValid(name) else { throw .malformed(path: path, line: 1, "the name is not \(KeyName.rule)") }
        guard let key = PublicKey(z85: try value("public")), let secret = SecretKey(z85: try value("secret")),
            secret.publicKey == key
        else {
            throw .malformed(path: path, line: 1, "the two keys are not a pair of CURVE keys in Z85")
        }
        allowed = AllowedKey(role: role, name: String(name), key: key)
        self.secret = secret
    }

    private static let words = ["role", "name", "public", "secret"]

    /// What `init(parsing:path:)` reads.
    var text: String {
        """
        # The secret key of an Apus process. Whoever can read this file can take part in its place: mode 0600, no copies.
        role \(allowed.role.rawValue)
        name \(allowed.name)
        public \(allowed.key.z85)
        secret \(secret.z85)

        """
    }
}
