package import Tensor

/// A policy snapshot made ready for computing: weights packed for the matrix kernels, norms as fp32. Role: what every forward
/// runs on; the master weights never are. Owner: shared by reference; immutable.
package final class LoadedPolicy: Sendable {
    package let version: UInt64
    /// SHA-256 of the snapshot it was made of.
    package let sha256: [UInt8]
    package let configuration: ModelConfiguration
    package let layout: ParameterLayout
    package let arithmetic: ProductArithmetic
    package let precision: ForwardPrecision
    /// Whether the transposed packs that the backward needs are there.
    package let isForTraining: Bool
    let embedding: EmbeddingTable
    let layers: [LoadedLayer]
    /// [hidden]
    let finalNorm: FloatBuffer
    /// [vocabulary, hidden]
    let languageModelHead: PackedLinear

    /// Packs `snapshot`. `forTraining` doubles the memory: each matrix is packed a second time, transposed, for dx = dy·W.
    /// Only an exact policy can be trained. `arithmetic` (fp32 or bf16) is that of rollout and learner alike. `team` packs layers
    /// in parallel.
    package init(
        snapshot: PolicySnapshot, configuration: ModelConfiguration, forTraining: Bool = false,
        arithmetic: ProductArithmetic = .fp32, precision: ForwardPrecision = .exact, team: ThreadTeam? = nil
    ) {
        precondition(arithmetic != .int8, "eight bits are a rollout's precision, not a policy's arithmetic")
        precondition(precision == .exact || !forTraining, "gradients are those of the exact forward")
        let layout = snapshot.layout
        precondition(layout == ParameterLayout(configuration), "the snapshot belongs to another configuration")
        let loader = PolicyLoader(
            snapshot: snapshot, configuration: configuration, forTraining: forTraining, arithmetic: arithmetic,
            precision: precision)
        version = snapshot.version
        sha256 = snapshot.sha256
        self.configuration = configuration
        self.layout = layout
        isForTraining = forTraining
        self.arithmetic = arithmetic
        self.precision = precision
        embedding = EmbeddingTable(snapshot: snapshot)
        layers = loader.layers(team: team ?? ThreadTeam(threads: 1))
        finalNorm = loader.vector(layout.finalNorm)
        languageModelHead = loader.linear([layout.languageModelHead], arithmetic)
    }
}

/// A weight packed for y = x·Wᵀ and, for training, for dx = dy·W.
struct PackedLinear: Sendable {
    let forward: PackedMatrix
    let transposed: PackedMatrix?

    var outputs: Int { forward.outputs }
    var inputs: Int { forward.inputs }

    /// The pack of the backward product; there whenever the policy was loaded for training, which the pass has checked.
    var backward: PackedMatrix {
        guard let transposed else { preconditionFailure("the policy was not loaded for training") }
        return transposed
    }
}

/// One decoder layer.
struct LoadedLayer: Sendable {
    /// [hidden]
    let inputNorm: FloatBuffer
    /// Query, key and value projections stacked: [(heads + 2 · kv heads) · head dimension, hidden].
    let queryKeyValue: PackedLinear
    /// Their biases, stacked alike; nil in families without.
    let queryKeyValueBias: FloatBuffer?
    /// [head dimension]; nil in families without.
    let queryNorm: FloatBuffer?
    let keyNorm: FloatBuffer?
    /// [hidden, heads · head dimension]
    let output: PackedLinear
    /// [hidden]
    let postAttentionNorm: FloatBuffer
    let feedForward: LoadedFeedForward
}

enum LoadedFeedForward: Sendable {
    case dense(LoadedGated)
    case sparse(LoadedSparse)
}

/// down(silu(gate x) · up x), gate and up stacked: [2 · inner, hidden] and [hidden, inner].
struct LoadedGated: Sendable {
    let gateUp: PackedLinear
    let down: PackedLinear

    var inner: Int { down.inputs }
}

/// Routed experts, and the expert that every row takes, if the family has one.
struct LoadedSparse: Sendable {
    /// [experts, hidden]
    let router: PackedLinear
    let experts: [LoadedGated]
    let shared: LoadedSharedExpert?
}

struct LoadedSharedExpert: Sendable {
    let expert: LoadedGated
    /// [2, hidden]: the gate's row and a row of zeros, for sigmoid(x) = softmax(x, 0)₀ lets the router kernel serve.
    let gate: PackedLinear
}
