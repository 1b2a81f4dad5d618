/// Everything a run is told, resolved: one YAML file, its overlays, and the `--set` overrides on top of the defaults
/// given here. Owned by the learner, which sends it as JSON to every member that joins; immutable for the length of a
/// run. Every value lies in the range its `Setting` allows, and `validate()` has passed.
///
/// Times are seconds, sizes bytes; the meaning of each key stands beside it in `Setting.all`.
package struct RunConfiguration: Sendable, Equatable {
    package var run = Run()
    package var policy = Policy()
    package var task = Task()
    package var rollout = Rollout()
    package var schedule = Schedule()
    package var batch = Batch()
    package var objective = Objective()
    package var optimizer = Optimizer()
    package var cluster = Cluster()
    package var audit = Audit()
    package var evaluation = Evaluation()
    package var checkpoint = Checkpoint()
    package var journal = Journal()
    package var logging = Logging()

    package init() {}
}

extension RunConfiguration {
    /// Which run this is and when it ends.
    package struct Run: Sendable, Equatable {
        package var name = "apus"
        package var directory = "runs"
        package var seed: UInt64 = 1
        package var steps = 100
        package var stopAfterSeconds = 0.0
    }

    /// The policy a run starts from and the number format of its published weights.
    package struct Policy: Sendable, Equatable {
        package enum Precision: String, Sendable, CaseIterable { case bf16, fp32 }
        package enum Arithmetic: String, Sendable, CaseIterable { case bf16, fp32 }
        package var path = "Cluster/policies/countdown"
        package var precision = Precision.bf16
        package var arithmetic = Arithmetic.fp32
    }

    /// What the policy is asked to do.
    package struct Task: Sendable, Equatable {
        package enum Kind: String, Sendable, CaseIterable {
            case arithmeticChain = "arithmetic-chain"
            case baseConversion = "base-conversion"
            case countdown
            case letterCount = "letter-count"
            case linearEquation = "linear-equation"
            case sorting
        }
        package var kind = Kind.countdown
        package var difficulty: Int?
        package var sources: [Source] = []
        package var curriculum = Curriculum()
        package var externalVerifiers = ""
        package var unknownAlarmShare = 0.1
        package var countdown = Countdown()
    }

    /// How the sources of a task open one after another.
    package struct Curriculum: Sendable, Equatable {
        /// Nil: all are open from the start.
        package var advanceAt: Double?
        package var windowGroups = 64
    }

    /// The procedural task "reach the target with the given numbers".
    package struct Countdown: Sendable, Equatable {
        package var numbersMinimum = 3
        package var numbersMaximum = 3
        package var numberMinimum = 1
        package var numberMaximum = 9
        package var targetMinimum = 1
        package var targetMaximum = 50
        package var operators = "+-*/"
        package var usedMinimum = 2
        package var usedMaximum = 6
        package var requiresAll = false
    }

    /// How prompts are put to the policy and how long it may think.
    package struct Chat: Sendable, Equatable {
        package enum Template: String, Sendable, CaseIterable {
            case none, qwen2
            case qwen25 = "qwen2.5"
            case qwen3, smollm2
        }
        package enum SoftSwitch: String, Sendable, CaseIterable {
            case none, think
            case noThink = "no_think"
        }
        package var template = Template.none
        package var system = ""
        package var thinking = true
        package var softSwitch = SoftSwitch.none
        package var thinkingBudgetTokens = 0
    }

    /// What a rollout worker does with a lease.
    package struct Rollout: Sendable, Equatable {
        package enum Precision: String, Sendable, CaseIterable { case exact, int8 }
        package var chat = Chat()
        package var groupSize = 8
        package var maxResponseTokens = 128
        package var temperature = 1.0
        package var precision = Precision.exact
        package var concurrentGroups = 8
        package var threads = 1
        package var verifyTimeoutSeconds = 10.0
        package var verifyAttempts = 3
        package var outboxGroups = 64
        package var outboxBytes = 67_108_864
    }

    /// How generation and training overlap.
    package struct Schedule: Sendable, Equatable {
        package enum Kind: String, Sendable, CaseIterable { case bounded, lockstep }
        package var kind = Kind.bounded
        package var maxStaleness = 4
        package var lag = 1
        package var bufferGroups = 256
        package var bufferBytes = 1_073_741_824
    }

    /// What the learner trains on in one step.
    package struct Batch: Sendable, Equatable {
        package var groups = 16
        package var miniBatches = 2
        package var maxTokensPerMicrobatch = 8192
        package var recomputeLayers = false
        package var dynamicSampling: Bool?
    }

    /// AdamW and its learning rate.
    package struct Optimizer: Sendable, Equatable {
        package enum Decay: String, Sendable, CaseIterable { case constant, linear, cosine }
        package var learningRate = 1e-5
        package var beta1 = 0.9
        package var beta2 = 0.999
        package var epsilon = 1e-8
        package var weightDecay = 0.0
        package var clipGradientNorm = 1.0
        package var warmupSteps = 0
        package var schedule = Decay.constant
        package var threads = 2
    }

    /// Addresses, deadlines, sizes and how many processes of each role `Cluster/up.sh` starts.
    package struct Cluster: Sendable, Equatable {
        package var learnerEndpoint = "tcp://127.0.0.1:0"
        package var cleartext = false
        package var heartbeatSeconds = 1.0
        package var leaseSeconds = 120.0
        package var memberTimeoutSeconds = 10.0
        package var requestTimeoutSeconds = 10.0
        package var joinTimeoutSeconds = 60.0
        package var shutdownTimeoutSeconds = 10.0
        package var maxMessageBytes = 67_108_864
        package var chunkBytes = 1_048_576
        package var chunkCredits = 8
        package var rolloutWorkers = 2
        package var rewardVerifiers = 1
        package var parameterBroadcasters = 1
    }

    /// The live check that learner and rollout compute the same log-probabilities, bit for bit; and what is kept of updates
    /// that were refused.
    package struct Audit: Sendable, Equatable {
        package var groupsPerStep = 1
        package var nonfiniteDumps = 4
    }

    /// How a policy is scored on held-out prompts.
    package struct Evaluation: Sendable, Equatable {
        package var prompts = 256
        package var samplesPerPrompt = 1
        package var temperature = 1.0
    }

    /// When the learner writes a checkpoint, and how many it keeps.
    package struct Checkpoint: Sendable, Equatable {
        package var everySteps = 50
        package var keep = 2
    }

    /// What is written to the run's database, and when it counts as written.
    package struct Journal: Sendable, Equatable {
        package enum Durability: String, Sendable, CaseIterable { case disk, process, none }
        package enum Payloads: String, Sendable, CaseIterable { case all, resume }
        package var durability = Durability.disk
        package var payloads = Payloads.all
    }

    /// What goes into the log files.
    package struct Logging: Sendable, Equatable {
        package enum Level: String, Sendable, CaseIterable { case trace, debug, info, notice, warning, error, critical }
        package var level = Level.info
        package var heartbeatLogSeconds = 2.0
        package var stallSeconds = 5.0
        package var sampleResponses = 3
    }
}
