/// The derivative of a loss in what a forward gave. Role: what the backward starts from. Owner: whoever evaluates the loss.
package struct LossDerivatives: Sendable {
    /// In each log-probability, in the order of the batch's predictions.
    package var logProbabilities: [Float]
    /// In each prediction's entropy, in the same order; empty when the loss does not contain it.
    package var entropies: [Float]
    /// [sparse layers][experts] In each expert's router probability, the same for every row (a load-balancing loss); empty
    /// when the loss does not contain it.
    package var expertProbabilities: [[Float]]

    package init(logProbabilities: [Float], entropies: [Float] = [], expertProbabilities: [[Float]] = []) {
        self.logProbabilities = logProbabilities
        self.entropies = entropies
        self.expertProbabilities = expertProbabilities
    }

    /// Throws unless the arrays fit the model and the number of predictions.
    func validate(_ configuration: ModelConfiguration, predictions: Int) throws(PolicyPassError) {
        guard logProbabilities.count == predictions, [0, predictions].contains(entropies.count) else {
            throw .state(
                "\(logProbabilities.count) and \(entropies.count) derivatives for \(predictions) predictions")
        }
        let layers = configuration.sparseLayers.count
        let experts = configuration.experts?.count ?? 0
        guard
            expertProbabilities.isEmpty
                || (expertProbabilities.count == layers && expertProbabilities.allSatisfy { $0.count == experts })
        else { throw .state("derivatives of router probabilities that are not \(layers) layers × \(experts) experts") }
    }
}

/// What a backward has to say of the routers.
package struct RouterReport: Sendable {
    /// Σ over rows, layers and experts of `LossDerivatives.expertProbabilities` times the probability: the batch's part of a
    /// load-balancing loss.
    package var balanceLoss = 0.0
    /// The experts that the routers would have chosen by themselves, given those used in the layers before; nil when nothing
    /// was replayed and they are those that were used.
    package var ownRoutes: RoutingTable?

    init(ownRoutes: RoutingTable?) {
        self.ownRoutes = ownRoutes
    }
}
