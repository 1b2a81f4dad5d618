package import Wire

/// Which versions a process should hold and which one to fetch next: a worker's, a broadcaster's.
///
/// Role: the deciding half of receiving weights; pure. Invariant: a version counts as held by number and hash, so another life
/// of the learner makes nothing wrong: what it publishes alike is held already, what it publishes otherwise is fetched.
package struct WantedVersions: Sendable, Equatable {
    /// The newest that was heard of.
    package private(set) var newest: VersionDescription?
    /// Needed besides the newest; fetched before it, the oldest first.
    package private(set) var required: [VersionDescription] = []
    package private(set) var held: Set<VersionIdentity> = []

    package init() {}

    /// What to fetch now.
    package var next: VersionDescription? {
        (required + [newest].compactMap(\.self)).first { !held.contains($0.identity) }
    }

    /// Hears of a version, from a notice or from the learner. Older news than known are ignored.
    package mutating func announce(_ version: VersionDescription) {
        if version.number > newest?.number ?? 0 || newest == nil { newest = version }
    }

    /// Joins a life of the learner, which may stand at an earlier version than the life before.
    package mutating func startOver(at newest: VersionDescription?) {
        self.newest = newest
        required = []
    }

    package mutating func require(_ versions: [VersionDescription]) {
        for version in versions {
            required.removeAll { $0.number == version.number }
            required.append(version)
        }
        required.sort { $0.number < $1.number }
    }

    /// Ends the need of every required version but `numbers`.
    package mutating func keep(_ numbers: Set<UInt64>) {
        required.removeAll { !numbers.contains($0.number) }
    }

    /// Ends the need of all but the newest `count` required versions.
    package mutating func keep(newest count: Int) { required = required.suffix(count) }

    /// Ends the need of a version that nobody has any more.
    package mutating func forget(_ version: VersionDescription) {
        required.removeAll { $0 == version }
        if newest == version { newest = nil }
    }

    package mutating func hold(_ version: VersionIdentity) {
        held = held.filter { $0.number != version.number }
        held.insert(version)
    }

    package mutating func drop(_ version: VersionIdentity) { held.remove(version) }

    /// The held version of a number.
    package func held(_ number: UInt64) -> VersionIdentity? { held.first { $0.number == number } }
}
