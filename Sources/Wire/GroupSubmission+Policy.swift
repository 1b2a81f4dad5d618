/// The routers of a mixture-of-experts policy.
package struct RoutingShape: Sendable, Equatable {
    /// Experts per layer.
    package var experts: Int
    /// Mixture-of-experts layers.
    package var layers: Int
    /// Experts per token.
    package var topK: Int

    package init(experts: Int, layers: Int, topK: Int) {
        self.experts = experts
        self.layers = layers
        self.topK = topK
    }
}

/// Why a well-formed group does not fit the policy or its lease.
package enum GroupSubmissionError: Error, Sendable, Equatable {
    case responseCount(found: Int, expected: Int)
    case sampleOutOfRange(sample: UInt32, samples: Int)
    case tooManyTokens(sample: UInt32, tokens: Int, limit: Int)
    case tokenOutOfRange(sample: UInt32, position: Int, token: Int32, vocabularySize: Int)
    /// Routes of a policy without experts.
    case unexpectedRoutes
    case routeShape(tensor: String, layers: Int, topK: Int, expected: RoutingShape)
    case routeRows(tensor: String, found: Int, expected: Int)
    case expertOutOfRange(tensor: String, row: Int, layer: Int, expert: Int16, experts: Int)
    case duplicateExpert(tensor: String, row: Int, layer: Int, expert: Int16)
    /// Some experts of one token and layer are recorded, others are not.
    case partialChoice(tensor: String, row: Int, layer: Int)
}

extension GroupSubmission {
    /// Checks what only one who knows the policy and the lease can: that the group can be trained on.
    ///
    /// - Parameters:
    ///   - routing: nil for a policy without experts. Routes may be absent, wholly or (all ids −1) for a
    ///     token and layer.
    ///   - promptLength: tokens of the lease's prompt.
    ///   - samples: responses that the lease asked for.
    ///   - maximumTokens: the lease's longest response.
    package func validate(
        vocabularySize: Int, routing: RoutingShape?, promptLength: Int, samples: Int, maximumTokens: Int
    ) throws(GroupSubmissionError) {
        guard responses.count == samples else { throw .responseCount(found: responses.count, expected: samples) }
        var start = 0
        for response in responses {
            guard response.sample < samples else {
                throw .sampleOutOfRange(sample: response.sample, samples: samples)
            }
            let count = Int(response.tokenCount)
            guard count <= maximumTokens else {
                throw .tooManyTokens(sample: response.sample, tokens: count, limit: maximumTokens)
            }
            for position in 0..<count where tokens[start + position] >= vocabularySize {
                throw .tokenOutOfRange(
                    sample: response.sample, position: position, token: tokens[start + position],
                    vocabularySize: vocabularySize)
            }
            start += count
        }
        guard let routing else {
            guard promptRoutes == nil, responseRoutes == nil else { throw .unexpectedRoutes }
            return
        }
        try promptRoutes?.validate("prompt_routes", routing, rows: promptLength)
        try responseRoutes?.validate("response_routes", routing, rows: start - responses.count)
    }
}

extension RouteTensor {
    /// Checks that a model with these routers can have chosen these experts.
    fileprivate func validate(
        _ name: String, _ routing: RoutingShape, rows expected: Int
    ) throws(GroupSubmissionError) {
        guard layers == routing.layers, topK == routing.topK else {
            throw .routeShape(tensor: name, layers: layers, topK: topK, expected: routing)
        }
        guard rows == expected else { throw .routeRows(tensor: name, found: rows, expected: expected) }
        for choice in 0..<rows * layers {
            let chosen = ids[choice * topK..<(choice + 1) * topK]
            guard chosen.allSatisfy({ $0 >= 0 }) || chosen.allSatisfy({ $0 < 0 }) else {
                throw .partialChoice(tensor: name, row: choice / layers, layer: choice % layers)
            }
            for (index, expert) in zip(chosen.indices, chosen) where expert >= 0 {
                guard expert < routing.experts else {
                    throw .expertOutOfRange(
                        tensor: name, row: choice / layers, layer: choice % layers, expert: expert,
                        experts: routing.experts)
                }
                guard !chosen[..<index].contains(expert) else {
                    throw .duplicateExpert(
                        tensor: name, row: choice / layers, layer: choice % layers, expert: expert)
                }
            }
        }
    }
}

extension GroupSubmissionError {
    /// A stable word for counters and for `Receipt.Outcome.rejected`.
    package var code: String {
        switch self {
        case .responseCount: "response_count"
        case .sampleOutOfRange: "sample_out_of_range"
        case .tooManyTokens: "too_many_tokens"
        case .tokenOutOfRange: "token_out_of_range"
        case .unexpectedRoutes: "unexpected_routes"
        case .routeShape: "route_shape"
        case .routeRows: "route_rows"
        case .expertOutOfRange: "expert_out_of_range"
        case .duplicateExpert: "duplicate_expert"
        case .partialChoice: "partial_choice"
        }
    }

    /// The receipt's outcome for such a group.
    package var outcome: Receipt.Outcome { .rejected(code: code, message: description) }
}

extension GroupSubmissionError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .responseCount(let found, let expected): "\(found) responses, but the lease asked for \(expected)"
        case .sampleOutOfRange(let sample, let samples):
            "response number \(sample), but the lease asked for \(samples), numbered from 0"
        case .tooManyTokens(let sample, let tokens, let limit):
            "response \(sample) has \(tokens) tokens, but the lease allows \(limit)"
        case .tokenOutOfRange(let sample, let position, let token, let vocabularySize):
            "token \(position) of response \(sample) is \(token), but the vocabulary has \(vocabularySize)"
        case .unexpectedRoutes: "expert routes, but the policy has no experts"
        case .routeShape(let tensor, let layers, let topK, let expected):
            "\(tensor) has \(layers) layers and \(topK) experts per token, but the policy has \(expected.layers) and "
                + "\(expected.topK)"
        case .routeRows(let tensor, let found, let expected): "\(tensor) has \(found) rows instead of \(expected)"
        case .expertOutOfRange(let tensor, let row, let layer, let expert, let experts):
            "\(tensor), row \(row), layer \(layer): expert \(expert), but the layer has \(experts)"
        case .duplicateExpert(let tensor, let row, let layer, let expert):
            "\(tensor), row \(row), layer \(layer): expert \(expert) twice"
        case .partialChoice(let tensor, let row, let layer):
            "\(tensor), row \(row), layer \(layer): some experts are recorded and some are not; record all or none"
        }
    }
}
