import Tensor

/// What one decoder layer computes on the way, as its backward needs it. Role: written by the forward, read by the backward.
/// Owner: a `RowForward`, one per layer when activations are kept, else one that all layers reuse.
///
/// R rows, H hidden, Q = heads · head dimension, K = kv heads · head dimension, S = R · topK slots, I inner size.
final class LayerActivations {
    /// Input after its norm [R][H], and 1/rms [R].
    let attentionInput = ScratchBuffer<Float>()
    let inputInverseRMS = ScratchBuffer<Float>()
    /// Projections before norm and rotation [R][Q + 2K].
    let projections = ScratchBuffer<Float>()
    /// 1/rms of each query head [R][heads] and key head [R][kv heads].
    let queryInverseRMS = ScratchBuffer<Float>()
    let keyInverseRMS = ScratchBuffer<Float>()
    /// Rotated queries [R][Q] and keys [R][K], values [R][K].
    let queries = ScratchBuffer<Float>()
    let keys = ScratchBuffer<Float>()
    let values = ScratchBuffer<Float>()
    /// Attention output [R][Q] and log Σ exp of the scores [R][heads].
    let attended = ScratchBuffer<Float>()
    let logSumExp = ScratchBuffer<Float>()
    /// Residual stream between the two halves [R][H].
    let middle = ScratchBuffer<Float>()
    /// Its norm [R][H], and 1/rms [R].
    let feedForwardInput = ScratchBuffer<Float>()
    let middleInverseRMS = ScratchBuffer<Float>()
    /// gate and up of a dense layer or of the shared expert [R][2I]; written only for a backward.
    let gateUp = ScratchBuffer<Float>()
    /// Router: probabilities [R][experts], ids and gates [R][topK].
    let routerProbabilities = ScratchBuffer<Float>()
    let expertIDs = ScratchBuffer<Int16>()
    let gates = ScratchBuffer<Float>()
    /// Rows by expert, and gate and up of the routed experts [S][2I].
    let dispatch = ExpertDispatch()
    let expertGateUp = ScratchBuffer<Float>()
    /// softmax(x, 0) of the shared expert's gate [R][2]; its first column is the gate.
    let sharedGates = ScratchBuffer<Float>()
}
