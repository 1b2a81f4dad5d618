import Glibc
package import Wire

/// A directory of keys: `allowed`, the public keys that may take part, and `NAME.secret`, secret keys of processes that run
/// here. There is no authority: whoever writes the allow list decides.
///
/// Every host has such a directory with the same allow list and the secrets of its own processes only. A change of the list
/// is seen by running processes.
package struct KeyDirectory: Sendable, Equatable {
    package let path: String

    package init(path: String) { self.path = path }

    package var allowListPath: String { path + "/allowed" }

    package func secretPath(_ name: String) -> String { "\(path)/\(name).secret" }

    // MARK: Reading

    package func allowList() throws(KeyError) -> AllowList { try readAllowList().list }

    func readAllowList() throws(KeyError) -> (list: AllowList, stamp: KeyFile.Stamp) {
        let (text, stamp) = try KeyFile.read(allowListPath, .integrity)
        // So does a file look that somebody is just writing; a list that lets nobody in has its first line at least.
        if text.isEmpty { throw .unreadable(path: allowListPath, reason: "it is empty") }
        return (try AllowList(parsing: text, path: allowListPath), stamp)
    }

    /// The secret key for a process: of those whose role fits and whose name admits the id, the one with the longest name.
    package func ownKey(role: Role, id: String) throws(KeyError) -> OwnKey {
        try KeyFile.checkDirectory(path)
        var best: OwnKey?
        for name in try secretNames() where AllowedKey.name(name, admits: id) {
            let own = try readSecret(name)
            guard own.allowed.role == role, name.utf8.count > best?.allowed.name.utf8.count ?? -1 else { continue }
            best = own
        }
        guard let best else { throw .noKey(directory: path, role: role, id: id) }
        return best
    }

    private func readSecret(_ name: String) throws(KeyError) -> OwnKey {
        let own = try OwnKey(parsing: KeyFile.read(secretPath(name), .secret).text, path: secretPath(name))
        guard own.allowed.name == name else {
            throw .malformed(path: secretPath(name), line: 1, "its name is \(own.allowed.name); rename the file back")
        }
        return own
    }

    /// The keys whose secret half lies here.
    package func ownKeys() throws(KeyError) -> [AllowedKey] {
        var keys: [AllowedKey] = []
        for name in try secretNames() { keys.append(try readSecret(name).allowed) }
        return keys
    }

    private func secretNames() throws(KeyError) -> [String] {
        guard let directory = opendir(path) else { throw .unreadable(path: path, reason: KeyFile.reason()) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let file = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if file.hasSuffix(".secret"), KeyName.isValid(file.dropLast(7)) { names.append(String(file.dropLast(7))) }
        }
        return names.sorted()
    }

    // MARK: Changing

    /// Makes the directory, with an empty allow list, readable by its owner only.
    package func create() throws(KeyError) {
        guard mkdir(path, 0o700) == 0 else {
            if errno == EEXIST { throw .exists(path: path) }
            throw .unwritable(path: path, reason: KeyFile.reason())
        }
        try KeyFile.write(AllowList().text, to: allowListPath, .integrity)
    }

    /// Makes a key, allows it, and keeps its secret here or in `destination`, a directory for another host that is made or
    /// brought up to date. Older keys of the name stay allowed until they are revoked; an older secret is replaced.
    package func issue(_ role: Role, name: String, destination: KeyDirectory? = nil) throws(KeyError) -> AllowedKey {
        guard KeyName.isValid(name) else { throw .invalidName(name) }
        let lock = try lock()
        defer { close(lock) }
        let own = OwnKey(generatedFor: role, name: name)
        var list = try allowList()
        // A fresh key is in no list.
        _ = list.add(own.allowed)
        let home = destination ?? self
        if let destination, mkdir(destination.path, 0o700) != 0, errno != EEXIST {
            throw .unwritable(path: destination.path, reason: KeyFile.reason())
        }
        try KeyFile.write(own.text, to: home.secretPath(name), .secret)
        try KeyFile.write(list.text, to: allowListPath, .integrity)
        if let destination { try KeyFile.write(list.text, to: destination.allowListPath, .integrity) }
        return own.allowed
    }

    /// Takes keys off the allow list. `what` describes them, for the error when there are none.
    package func revoke(_ what: String, where condition: (AllowedKey) -> Bool) throws(KeyError) -> [AllowedKey] {
        let lock = try lock()
        defer { close(lock) }
        var list = try allowList()
        let revoked = list.remove(where: condition)
        guard !revoked.isEmpty else { throw .nothingToRevoke(path: allowListPath, what) }
        try KeyFile.write(list.text, to: allowListPath, .integrity)
        return revoked
    }

    /// One at a time changes the directory; closing the descriptor ends that.
    private func lock() throws(KeyError) -> Int32 {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: KeyFile.reason()) }
        while flock(descriptor, LOCK_EX) != 0 {
            if errno == EINTR { continue }
            close(descriptor)
            throw .unwritable(path: path, reason: KeyFile.reason())
        }
        return descriptor
    }
}
