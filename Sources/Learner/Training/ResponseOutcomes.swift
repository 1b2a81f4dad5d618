import Foundation
import Objective
import RunStore

extension MicroBatch {
    /// What training made of each response, for the run's database.
    ///
    /// - Parameters:
    ///   - batch: the log-probabilities that the objective saw.
    ///   - result: what it made of them.
    func outcomes(_ batch: ObjectiveBatch, _ result: ObjectiveResult) -> [ResponseOutcome] {
        names.enumerated().map { sequence, name in
            let tokens = batch.tokens(of: sequence).filter { batch.mask[$0] }
            func mean(_ value: (Int) -> Double) -> Double? {
                tokens.isEmpty ? nil : tokens.reduce(0) { $0 + value($1) } / Double(tokens.count)
            }
            let logRatio = mean { Double(batch.logProbabilities[$0]) - Double(batch.oldLogProbabilities[$0]) }
            return ResponseOutcome(
                groupID: name.groupID, sample: name.sample,
                advantage: tokens.isEmpty ? nil : Double(batch.advantages[sequence]), ratio: logRatio.map(exp),
                divergence: mean {
                    Double(batch.samplerLogProbabilities[$0]) - Double(batch.oldLogProbabilities[$0])
                },
                clippedFraction: mean { result.clipped[$0] ? 1 : 0 }, staleness: UInt64(staleness[sequence]))
        }
    }
}

extension FinishedStep {
    /// A step as it is written down: `progress` and `report` after it, and its log line.
    init(_ progress: RunProgress, _ report: StepReport, line: String) {
        self.init(
            step: progress.step, version: progress.version, sha256: progress.sha256, report: line,
            outcomes: report.outcomes, samples: report.samples)
    }
}
