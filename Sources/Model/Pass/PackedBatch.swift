/// Sequences packed without padding into one list of rows, as trees: a prompt's rows are computed once and shared by the
/// responses that continue it. Role: what the learner's forward and backward work on. Owner: whoever builds it; a value.
///
/// A row is a token that is fed; the last token of a sequence is never fed. A prediction is a row and the token whose
/// log-probability it gives; the last row of a shared prompt predicts the first token of every response.
package struct PackedBatch: Sendable {
    /// Adjacent rows `start` ..< `start + length` of one sequence.
    package struct Segment: Sendable, Equatable {
        package var start: Int
        package var length: Int
        /// Index of the earlier segment, itself without prefix, that these rows continue; nil: they begin a sequence.
        package var prefix: Int?
    }

    package struct Prediction: Sendable, Equatable {
        package var row: Int32
        package var target: Int32
    }

    /// Token ids fed, one per row.
    package private(set) var tokens: [Int32] = []
    /// In row order, tiling all rows.
    package private(set) var segments: [Segment] = []
    /// Ordered by sequence, then position: the order of log-probabilities, entropies and their gradients.
    package private(set) var predictions: [Prediction] = []
    /// Predictions of sequence i: predictionOffsets[i] ..< predictionOffsets[i + 1].
    package private(set) var predictionOffsets: [Int] = [0]

    package var rowCount: Int { tokens.count }
    package var sequenceCount: Int { predictionOffsets.count - 1 }

    private init() {}

    /// One tree per group: predictions are the response tokens only. Rows of a group: all of the prompt, then of each response
    /// all but its last token, so the routes of its rows are `promptRoutes` followed by those of each response.
    /// Prompts must not be empty.
    package static func groups(_ groups: [(prompt: [Int32], responses: [[Int32]])]) -> PackedBatch {
        var batch = PackedBatch()
        for group in groups {
            precondition(!group.prompt.isEmpty, "a group needs a prompt to predict the first token from")
            let root = batch.segments.count
            batch.appendSegment(group.prompt, prefix: nil)
            let lastPromptRow = batch.rowCount - 1
            for response in group.responses {
                let start = batch.rowCount
                batch.appendSegment(response.dropLast(), prefix: root)
                for (index, target) in response.enumerated() {
                    batch.appendPrediction(row: index == 0 ? lastPromptRow : start + index - 1, target: target)
                }
                batch.predictionOffsets.append(batch.predictions.count)
            }
        }
        return batch
    }

    /// Whole sequences, nothing shared; predictions for every token but the first.
    package static func sequences(_ sequences: [[Int32]]) -> PackedBatch {
        var batch = PackedBatch()
        for sequence in sequences {
            let start = batch.rowCount
            batch.appendSegment(sequence.dropLast(), prefix: nil)
            for (index, target) in sequence.dropFirst().enumerated() {
                batch.appendPrediction(row: start + index, target: target)
            }
            batch.predictionOffsets.append(batch.predictions.count)
        }
        return batch
    }

    private mutating func appendSegment(_ segmentTokens: ArraySlice<Int32>, prefix: Int?) {
        segments.append(Segment(start: tokens.count, length: segmentTokens.count, prefix: prefix))
        tokens.append(contentsOf: segmentTokens)
    }

    private mutating func appendSegment(_ segmentTokens: [Int32], prefix: Int?) {
        appendSegment(segmentTokens[...], prefix: prefix)
    }

    private mutating func appendPrediction(row: Int, target: Int32) {
        predictions.append(Prediction(row: Int32(row), target: target))
    }

    /// Throws the first thing in the batch that a model of `configuration` cannot take.
    func validate(_ configuration: ModelConfiguration) throws(PolicyPassError) {
        let vocabulary = configuration.vocabularySize
        for (row, token) in tokens.enumerated() where token < 0 || Int(token) >= vocabulary {
            throw .token(id: token, row: row, vocabulary: vocabulary)
        }
        for prediction in predictions where prediction.target < 0 || Int(prediction.target) >= vocabulary {
            throw .token(id: prediction.target, row: Int(prediction.row), vocabulary: vocabulary)
        }
        for segment in segments {
            let positions = segment.length + (segment.prefix.map { segments[$0].length } ?? 0)
            if positions > configuration.maximumPositions {
                throw .sequenceTooLong(positions: positions, maximum: configuration.maximumPositions)
            }
        }
    }
}
