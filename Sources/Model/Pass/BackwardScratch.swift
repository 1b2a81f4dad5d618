import Tensor

/// Memory that lives within one backward. Owner: a `PolicyPass`. Shapes as in `LayerActivations`.
final class BackwardScratch {
    /// Gradient of the residual stream [R][H], carried from layer to layer.
    let stream = ScratchBuffer<Float>()
    /// Gradient of a normed input [R][H].
    let normed = ScratchBuffer<Float>()
    /// Feed-forward of all rows (dense layer or shared expert): gradient of the activations and the activations [R][I],
    /// gradient of gate and up [R][2I].
    let activatedGradient = ScratchBuffer<Float>()
    let activated = ScratchBuffer<Float>()
    let gateUpGradient = ScratchBuffer<Float>()
    /// Routed experts, by slot: inputs [S][H], output gradients [S][H], input gradients [S][H], gated activations [S][I],
    /// gradient of the activations [S][I] and of gate and up [S][2I].
    let expertInput = ScratchBuffer<Float>()
    let expertOutputGradient = ScratchBuffer<Float>()
    let expertInputGradient = ScratchBuffer<Float>()
    let expertActivated = ScratchBuffer<Float>()
    let expertActivatedGradient = ScratchBuffer<Float>()
    let expertGateUpGradient = ScratchBuffer<Float>()
    /// Router: gradient of gates [R][topK] and logits [R][experts]; of the shared gate [R][2] each.
    let gateGradient = ScratchBuffer<Float>()
    let routerLogitGradient = ScratchBuffer<Float>()
    let sharedGateGradient = ScratchBuffer<Float>()
    let sharedLogitGradient = ScratchBuffer<Float>()
    let sharedIDs = ScratchBuffer<Int16>()
    /// Experts that a router would have chosen by itself [R][topK].
    let ownExpertIDs = ScratchBuffer<Int16>()
    /// Attention: gradients of output and queries [R][Q], keys and values [R][K], projections [R][Q + 2K]; per thread, what
    /// the kernel asks for.
    let attendedGradient = ScratchBuffer<Float>()
    let queryGradient = ScratchBuffer<Float>()
    let keyGradient = ScratchBuffer<Float>()
    let valueGradient = ScratchBuffer<Float>()
    let projectionGradient = ScratchBuffer<Float>()
    let attention = ScratchBuffer<Float>()
    /// Sums over fixed chunks of rows, added up in order afterwards.
    let partialSums = ScratchBuffer<Float>()
}
