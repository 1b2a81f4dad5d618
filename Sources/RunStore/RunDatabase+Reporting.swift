import Foundation
import GRDB

/// A life of the learner, as the run's database has it. Time in milliseconds since 1970 (UTC).
package struct RunLife: Sendable, Equatable {
    package var incarnation: UInt64
    package var startedAt: Int64
    package var software: String
    /// The resolved configuration as JSON.
    package var configuration: String

    package init(incarnation: UInt64, startedAt: Int64, software: String, configuration: String) {
        self.incarnation = incarnation
        self.startedAt = startedAt
        self.software = software
        self.configuration = configuration
    }
}

/// A finished step as it was reported. Time in milliseconds since 1970 (UTC).
package struct ReportedStep: Sendable, Equatable {
    package var number: Int
    package var finishedAt: Int64
    package var sha256: String?
    /// The step's log line, a JSON object.
    package var report: String
}

/// What reports read. Each call is one short transaction: a long one would keep a learner that is at work from taking its log
/// into the main file.
extension RunDatabase {
    /// Where a kept response is.
    package struct SampleKey: Sendable, Equatable {
        package var step: Int
        package var groupID: UInt64
        package var sample: UInt32
        package var kind: StoredSample.Kind
    }

    /// The learner's lives, in order.
    package func lives() throws -> [RunLife] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT incarnation, started_at, software, configuration FROM lives ORDER BY started_at"
            ).map {
                RunLife(incarnation: number($0[0]), startedAt: $0[1], software: $0[2], configuration: $0[3])
            }
        }
    }

    /// Number of the last finished step; 0 before the first.
    package func lastFinishedStep() throws -> Int {
        try read { try Int.fetchOne($0, sql: "SELECT max(step) FROM steps WHERE finished_at IS NOT NULL") ?? 0 }
    }

    /// Up to `limit` finished steps after `step`, in order.
    package func finishedSteps(after step: Int, limit: Int) throws -> [ReportedStep] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT step, finished_at, sha256, report FROM steps
                    WHERE step > ? AND finished_at IS NOT NULL ORDER BY step LIMIT ?
                    """, arguments: [step, limit]
            ).map { ReportedStep(number: $0[0], finishedAt: $0[1], sha256: $0[2], report: $0[3] ?? "{}") }
        }
    }

    /// Responses of the groups of these steps by length, in tokens.
    package func responseLengths(steps: ClosedRange<Int>) throws -> [Int: Int] {
        try read { database in
            try Row.fetchAll(
                database, sql: "SELECT tokens, count(*) FROM responses WHERE step BETWEEN ? AND ? GROUP BY tokens",
                arguments: [steps.lowerBound, steps.upperBound]
            ).reduce(into: [:]) { $0[$1[0]] = $1[1] }
        }
    }

    /// Every response that was kept token by token, by step; none in a database of a release that kept none.
    package func sampleKeys() throws -> [SampleKey] {
        try read { database in
            guard try database.tableExists("samples") else { return [] }
            return try Row.fetchAll(
                database, sql: "SELECT step, group_id, sample, kind FROM samples ORDER BY step, group_id, sample"
            ).map { row in
                let kind = try require(StoredSample.Kind(rawValue: row[3]), "a sample is '\(row[3] as String)'")
                return SampleKey(step: row[0], groupID: number(row[1]), sample: row[2], kind: kind)
            }
        }
    }

    package func sample(_ key: SampleKey) throws -> StoredSample {
        try read { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT * FROM samples WHERE step = ? AND group_id = ? AND sample = ?",
                arguments: [key.step, Int64(bitPattern: key.groupID), key.sample])
            let found = try require(row, "sample \(key.sample) of group \(key.groupID) is gone")
            func values(_ column: String) throws -> [Float] {
                try require(
                    Packing.numbers(found[column], of: Float.self), "\(column) of a sample of group \(key.groupID)")
            }
            let sample = StoredSample(
                groupID: key.groupID, sample: key.sample, kind: key.kind,
                tokens: try require(
                    Packing.numbers(found["tokens"], of: Int32.self), "tokens of a sample of group \(key.groupID)"),
                samplerLogProbabilities: try values("sampler_log_probabilities"),
                oldLogProbabilities: try values("old_log_probabilities"),
                logProbabilities: try values("log_probabilities"), entropies: try values("entropies"))
            let lengths = [
                sample.samplerLogProbabilities, sample.oldLogProbabilities, sample.logProbabilities, sample.entropies,
            ].map(\.count)
            guard lengths.allSatisfy({ $0 == sample.tokens.count }) else {
                throw RunStoreError.damaged(path: path, what: "a sample of group \(key.groupID) has \(lengths) values")
            }
            return sample
        }
    }
}
