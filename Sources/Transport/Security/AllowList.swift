package import Wire

/// The keys that may take part, and as what: everybody else is refused.
///
/// Role: the content of the file `allowed`; pure. Invariant: a key comes once, hence has one role and one name; the order is
/// that in which keys were issued.
package struct AllowList: Sendable, Equatable {
    package private(set) var keys: [AllowedKey] = []
    private var byKey: [PublicKey: AllowedKey] = [:]

    /// Bound of a file's lines, so that a wrong file is not read to its end.
    static let maximumLines = 65_536

    package init() {}

    /// Reads lines `ROLE NAME KEY`; blank ones and those that begin with # are passed over.
    /// `path` is for the error.
    package init(parsing text: String, path: String) throws(KeyError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count <= Self.maximumLines else {
            throw .malformed(path: path, line: Self.maximumLines, "there are more lines than an allow list may have")
        }
        for (index, line) in lines.enumerated() {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            func fail(_ reason: String) -> KeyError { .malformed(path: path, line: index + 1, reason) }
            guard words.count == 3 else { throw fail("\(words.count) words instead of ROLE NAME KEY") }
            guard let role = Role(rawValue: String(first)) else {
                throw fail("unknown role \(first); one of: \(Role.names)")
            }
            guard KeyName.isValid(words[1]) else {
                throw fail("the name \(words[1].prefix(80)) is not \(KeyName.rule)")
            }
            guard let key = PublicKey(z85: words[2]) else { throw fail("the key is not 40 characters of Z85") }
            guard add(AllowedKey(role: role, name: String(words[1]), key: key)) else {
                throw fail("the key \(key) stands in an earlier line, too")
            }
        }
    }

    /// What `init(parsing:path:)` reads.
    package var text: String {
        "# The keys that may take part in a run: ROLE NAME KEY. See apus keys --help.\n"
            + keys.map { "\($0.role.rawValue) \($0.name) \($0.key.z85)\n" }.joined()
    }

    package subscript(key: PublicKey) -> AllowedKey? { byKey[key] }

    /// Keys of a role, the newest first.
    package func keys(of role: Role) -> [PublicKey] { keys.reversed().filter { $0.role == role }.map(\.key) }

    /// Adds a key; false if it is there already.
    package mutating func add(_ key: AllowedKey) -> Bool {
        guard byKey[key.key] == nil else { return false }
        byKey[key.key] = key
        keys.append(key)
        return true
    }

    /// Takes out and returns the keys for which `condition` holds.
    package mutating func remove(where condition: (AllowedKey) -> Bool) -> [AllowedKey] {
        let removed = keys.filter(condition)
        keys.removeAll(where: condition)
        for key in removed { byKey[key.key] = nil }
        return removed
    }
}

extension Role {
    /// For people: the words that name a role.
    package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

/// Names of keys: parts of member ids and of file names.
package enum KeyName {
    package static let rule = "1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or a digit"

    package static func isValid(_ name: some StringProtocol) -> Bool {
        guard let first = name.utf8.first, isWord(first), name.utf8.count <= 64 else { return false }
        return name.utf8.allSatisfy { isWord($0) || "._-".utf8.contains($0) }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
