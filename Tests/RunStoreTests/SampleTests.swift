import Foundation
import GRDB
import RunStore
import Testing

/// Responses that are kept token by token, and what reports read besides.
@Suite struct SampleTests {
    static func sample(_ group: UInt64, _ kind: StoredSample.Kind) -> StoredSample {
        StoredSample(
            groupID: group, sample: 1, kind: kind, tokens: [5, -1, 70_000],
            samplerLogProbabilities: [-0.5, 0, -100.25],
            oldLogProbabilities: [-0.25, -Float.leastNonzeroMagnitude, -99], logProbabilities: [-1, -2, -3],
            entropies: [0, 0.125, 11])
    }

    private func step(_ number: Int, samples: [StoredSample]) -> [RunRecord] {
        [
            .stepBegun(step: number, consumingVersion: 0, groupIDs: samples.map(\.groupID)),
            .stepFinished(
                FinishedStep(
                    step: number, version: UInt64(number), sha256: "cd", report: "{\"loss\":\(number)}", outcomes: [],
                    samples: samples)),
        ]
    }

    @Test func samplesComeBackBitForBitAlsoWhenPayloadsAreGone() throws {
        try StoreFixture.with { fixture in
            let database = try fixture.open()
            let samples = [Self.sample(1, .best), Self.sample(0, .random)]
            try database.write((0..<2).flatMap { StoreFixture.life(of: $0, lease: $0 + 1) } + step(1, samples: samples))
            try database.write([.prunePayloads(throughStep: 1)])
            let keys = try RunDatabase(reading: fixture.path).sampleKeys()
            #expect(keys.map(\.groupID) == [0, 1] && keys.map(\.kind) == [.random, .best] && keys[0].step == 1)
            #expect(try keys.map(database.sample) == samples.reversed())
        }
    }

    /// A step done again after a crash writes the same samples once more.
    @Test func aStepDoneAgainKeepsItsSamplesOnce() throws {
        try StoreFixture.with { fixture in
            let database = try fixture.open()
            let records = step(1, samples: [Self.sample(0, .worst)])
            try database.write(StoreFixture.life(of: 0, lease: 1) + records)
            try database.write(records)
            #expect(try database.sampleKeys().count == 1)
        }
    }

    @Test func aDatabaseOfAReleaseWithoutSamplesIsReadAndGetsThem() throws {
        try StoreFixture.with { fixture in
            try fixture.open().close()
            let queue = try DatabaseQueue(path: fixture.path)
            try queue.write { try $0.execute(sql: "DROP TABLE samples") }
            try queue.close()
            #expect(try RunDatabase(reading: fixture.path).sampleKeys().isEmpty)
            let database = try fixture.open()
            try database.write(StoreFixture.life(of: 0, lease: 1) + step(1, samples: [Self.sample(0, .best)]))
            #expect(try database.sampleKeys().count == 1)
        }
    }

    @Test func aDamagedSampleIsNamed() throws {
        try StoreFixture.with { fixture in
            let database = try fixture.open()
            try database.write(StoreFixture.life(of: 8, lease: 1) + step(1, samples: [Self.sample(8, .best)]))
            try database.close()
            let queue = try DatabaseQueue(path: fixture.path)
            try queue.write { try $0.execute(sql: "UPDATE samples SET entropies = x'00000000'") }
            try queue.close()
            let reader = try RunDatabase(reading: fixture.path)
            let key = try #require(try reader.sampleKeys().first)
            let error = #expect(throws: RunStoreError.self) { try reader.sample(key) }
            #expect(error?.description.contains("a sample of group 8") == true)
        }
    }

    @Test func stepsAreReadInPages() throws {
        try StoreFixture.with { fixture in
            let database = try fixture.open()
            try database.write((1...5).flatMap { step($0, samples: []) })
            try database.write([.stepBegun(step: 6, consumingVersion: 5, groupIDs: [])])
            #expect(try database.lastFinishedStep() == 5)
            let page = try database.finishedSteps(after: 2, limit: 2)
            #expect(page.map(\.number) == [3, 4] && page.map(\.report) == ["{\"loss\":3}", "{\"loss\":4}"])
            #expect(try database.finishedSteps(after: 4, limit: 100).map(\.number) == [5])
        }
    }

    @Test func responsesAreCountedByLength() throws {
        try StoreFixture.with { fixture in
            let database = try fixture.open()
            try database.write(
                (0..<2).flatMap { StoreFixture.life(of: $0, lease: $0 + 1) }
                    + [.stepBegun(step: 1, consumingVersion: 0, groupIDs: [0])])
            #expect(try database.responseLengths(steps: 1...9) == [4: 2])
            #expect(try database.responseLengths(steps: 2...9).isEmpty)
        }
    }
}
