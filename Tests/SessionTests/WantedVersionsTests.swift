import Session
import Testing
import Wire

@Suite struct WantedVersionsTests {
    func version(_ number: UInt64, hash: UInt8 = 1) -> VersionDescription {
        VersionDescription(
            number: number, sha256: Array(repeating: hash, count: 32), byteCount: 10, precision: .bf16)
    }

    @Test func theNewestIsFetchedOnceAndOldNewsAreIgnored() {
        var wanted = WantedVersions()
        #expect(wanted.next == nil)
        wanted.announce(version(3))
        wanted.announce(version(2))
        #expect(wanted.next == version(3))
        wanted.hold(version(3).identity)
        #expect(wanted.next == nil)
        wanted.announce(version(4))
        #expect(wanted.next == version(4))
    }

    @Test func whatLeasesNeedComesFirstAndOldestFirst() {
        var wanted = WantedVersions()
        wanted.announce(version(9))
        wanted.require([version(7), version(6)])
        for number in [6, 7, 9] as [UInt64] {
            #expect(wanted.next == version(number))
            wanted.hold(version(number).identity)
        }
        #expect(wanted.next == nil && wanted.held(7) == version(7).identity)
        wanted.drop(version(6).identity)
        #expect(wanted.next == version(6))
        wanted.keep([7])
        #expect(wanted.next == nil)
    }

    /// Another life of the learner published the same number with other weights: what is held does not count.
    @Test func aVersionIsKnownByItsHash() {
        var wanted = WantedVersions()
        wanted.announce(version(5))
        wanted.hold(version(5).identity)
        wanted.startOver(at: version(5))
        #expect(wanted.next == nil)
        wanted.startOver(at: version(5, hash: 2))
        #expect(wanted.next == version(5, hash: 2))
        wanted.hold(version(5, hash: 2).identity)
        #expect(wanted.held == [version(5, hash: 2).identity])
        wanted.startOver(at: version(4))
        #expect(wanted.next == version(4) && wanted.newest == version(4))
    }

    @Test func aBroadcasterKeepsTheNewestFew() {
        var wanted = WantedVersions()
        wanted.require((1...5).map { version(UInt64($0)) })
        wanted.keep(newest: 2)
        #expect(wanted.required == [version(4), version(5)])
        wanted.forget(version(4))
        #expect(wanted.next == version(5))
    }
}
