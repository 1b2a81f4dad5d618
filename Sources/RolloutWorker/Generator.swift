import Execution
import Generation
import Model
import Tensor
import Wire

/// What the generator tells its worker.
protocol GeneratorDelegate: Actor {
    func generated(_ draft: GeneratedDraft)
    /// A lease that cannot be fulfilled; the generator has forgotten it.
    func generationFailed(_ lease: Lease, reason: String)
}

/// A generated group that has no verdicts yet.
struct GeneratedDraft: Sendable {
    let submission: GroupSubmission
    /// The responses as text, for the verifiers, by sample.
    let texts: [UInt32: String]
}

/// What the generator has done, for logs.
struct GeneratorStatus: Sendable {
    var sampledTokens = 0
    var runningSequences = 0
    var version: VersionIdentity?
}

/// The compute half of a worker: the generation engine on a thread of its own.
///
/// Owner: the worker actor. Invariants: between two decode steps it takes new requests, cancellations and weights, so that a
/// new version never stops generation for longer than recomputing the caches; tokens carry the version that sampled them.
actor Generator {
    private let executor = ThreadExecutor(name: "apus-generate")
    private let configuration: ModelConfiguration
    private let tokenizer: Tokenizer
    private let team: ThreadTeam
    private let limits: GenerationLimits
    private let runSeed: UInt64
    private weak var delegate: (any GeneratorDelegate)?
    private var engine: GenerationEngine?
    private var policy: LoadedPolicy?
    /// SHA-256 of every version that running responses may contain.
    private var hashes: [UInt64: [UInt8]] = [:]
    private var leases: [UInt64: Lease] = [:]
    private var isGenerating = false

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ assets: WorkerAssets, threads: Int, limits: GenerationLimits, delegate: any GeneratorDelegate) {
        configuration = assets.configuration
        tokenizer = assets.tokenizer
        runSeed = assets.runSeed
        self.limits = limits
        team = ThreadTeam(threads: threads)
        self.delegate = delegate
    }

    var status: GeneratorStatus {
        GeneratorStatus(
            sampledTokens: engine?.statistics.sampledTokens ?? 0, runningSequences: engine?.runningSequences ?? 0,
            version: policy.map { VersionIdentity(number: $0.version, sha256: $0.sha256) })
    }

    /// Takes up a version, between two steps, once its bytes hash to what was announced (promise 4).
    func install(_ version: VersionDescription, _ bytes: [UInt8]) throws(PolicySnapshotError) {
        let snapshot = try PolicySnapshot(
            version: version.number, precision: ParameterPrecision(version.precision),
            layout: ParameterLayout(configuration),
            bytes: SharedBytes(count: bytes.count) { $0.copyBytes(from: bytes) }, sha256: version.sha256)
        let loaded = LoadedPolicy(snapshot: snapshot, configuration: configuration, team: team)
        policy = loaded
        hashes[version.number] = version.sha256
        if let engine {
            engine.install(loaded)
        } else {
            engine = GenerationEngine(configuration: configuration, policy: loaded, team: team, limits: limits)
        }
        forgetOldHashes()
    }

    /// Begins the groups of `granted`.
    func admit(_ granted: [Lease]) async {
        guard let engine else { preconditionFailure("leases are asked for only once a version is installed") }
        for lease in granted {
            let request = GenerationRequest(
                group: lease.groupID, prompt: lease.prompt, samples: Int(lease.samples),
                maxTokens: Int(lease.maximumTokens), stopTokens: lease.stopTokens, temperature: lease.temperature,
                runSeed: runSeed)
            do {
                engine.cancel(group: lease.groupID)
                try engine.admit(request)
                leases[lease.groupID] = lease
            } catch {
                leases[lease.groupID] = nil
                await delegate?.generationFailed(lease, reason: "\(error)")
            }
        }
        await generate()
    }

    /// Drops a group whose lease is lost.
    func cancel(_ lease: Lease) {
        guard leases[lease.groupID]?.leaseID == lease.leaseID else { return }
        leases[lease.groupID] = nil
        engine?.cancel(group: lease.groupID)
    }

    func stop() {
        engine = nil
        leases = [:]
    }

    nonisolated func shutdown() { executor.shutdown() }

    /// Decodes until nothing is left to do; other calls have their turn between two steps.
    private func generate() async {
        guard !isGenerating else { return }
        isGenerating = true
        defer { isGenerating = false }
        while let engine, !engine.isIdle {
            do {
                for group in try engine.step() { await deliver(group) }
            } catch {
                await giveUpAll(engine, reason: "\(error)")
            }
            await Task.yield()
        }
    }

    private func deliver(_ group: GeneratedGroup) async {
        guard let lease = leases.removeValue(forKey: group.group) else { return }
        do {
            let texts = try group.responses.map {
                try tokenizer.decode($0.tokens.filter { !lease.stopTokens.contains($0) })
            }
            let submission = GroupSubmission(group, lease: lease, hashes: hashes, texts: texts)
            let bySample = Dictionary(uniqueKeysWithValues: zip(group.responses.map(\.sample), texts))
            await delegate?.generated(GeneratedDraft(submission: submission, texts: bySample))
        } catch {
            await delegate?.generationFailed(lease, reason: "\(error)")
        }
    }

    private func giveUpAll(_ engine: GenerationEngine, reason: String) async {
        let abandoned = leases
        leases = [:]
        for (groupID, lease) in abandoned {
            engine.cancel(group: groupID)
            await delegate?.generationFailed(lease, reason: reason)
        }
    }

    /// Keeps the hashes of the newest versions only; no running response spans more.
    private func forgetOldHashes() {
        for version in hashes.keys.sorted().dropLast(64) { hashes[version] = nil }
    }
}

extension ParameterPrecision {
    init(_ precision: WeightPrecision) {
        switch precision {
        case .bf16: self = .bf16
        case .fp32: self = .fp32
        }
    }
}
