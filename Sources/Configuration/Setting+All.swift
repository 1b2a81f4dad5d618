extension Setting {
    /// The whole schema, in the order of docs/configuration.md.
    package static let all: [Setting] =
        run + policy + task + rollout + schedule + batch + objective + optimizer + cluster + audit + evaluation
        + checkpoint + journal + logging

    /// The names of the sections, nested ones with dots, in order of first appearance.
    package static let sections: [String] = {
        var seen: [String] = []
        for setting in all {
            let parts = setting.path.split(separator: ".")
            for count in 1..<parts.count {
                let section = parts.prefix(count).joined(separator: ".")
                if !seen.contains(section) { seen.append(section) }
            }
        }
        return seen
    }()

    private static let run: [Setting] = [
        Setting(
            "run.name", \.run.name,
            .text("letters, digits, dot, dash and underscore, at most 64, not starting with a dot") { name in
                let allowed = name.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                        true
                    default: false
                    }
                }
                return allowed && !name.isEmpty && name.utf8.count <= 64 && !name.hasPrefix(".")
            },
            "Name of the run; its files lie in `directory/name`."),
        Setting("run.directory", \.run.directory, .path, "Directory that holds all runs."),
        Setting(
            "run.seed", \.run.seed, .unsigned,
            "Seed of every random number of the run (with group, sample and position)."),
        Setting(
            "run.steps", \.run.steps, .integer(1...10_000_000), "Optimizer batches to train; the run then finishes."),
        Setting(
            "run.stop_after_seconds", \.run.stopAfterSeconds, .seconds(positive: false),
            "Finish after the step that ends this many seconds after the start; 0 for no limit."),
    ]

    private static let policy: [Setting] = [
        Setting("policy.path", \.policy.path, .path, "Hugging Face model directory the run starts from."),
        Setting(
            "policy.precision", \.policy.precision, .choice,
            "Number format of the published weights. They are the policy: both rollout and learner compute on them."),
        Setting(
            "policy.arithmetic", \.policy.arithmetic, .choice,
            "What matrix products compute in, in rollout and learner alike; bf16 is faster where the processor has AMX."
        ),
    ]

    private static let rollout: [Setting] = [
        Setting("rollout.group_size", \.rollout.groupSize, .integer(2...1024), "Responses per prompt (G)."),
        Setting(
            "rollout.max_response_tokens", \.rollout.maxResponseTokens, .integer(1...1_048_576),
            "Longest response in tokens; longer ones are cut and counted as truncated."),
        Setting(
            "rollout.temperature", \.rollout.temperature, .number(0...10, exclusive: true),
            "Sampling temperature; the learner divides its logits by it too."),
        Setting(
            "rollout.precision", \.rollout.precision, .choice,
            "What generation computes in: exact as the learner does, or int8, faster on weights and rows rounded to eight bits. "
                + "Then sampler and learner differ; objective.correction and the gap in the step log deal with it."),
        Setting(
            "rollout.concurrent_groups", \.rollout.concurrentGroups, .integer(1...4096),
            "Groups a worker generates at the same time."),
        Setting("rollout.threads", \.rollout.threads, .integer(1...1024), "Compute threads of a worker."),
        Setting(
            "rollout.verify_timeout_seconds", \.rollout.verifyTimeoutSeconds, .seconds(),
            "How long a worker waits for a verdict before it asks another verifier, and at last takes it as unknown."),
        Setting(
            "rollout.verify_attempts", \.rollout.verifyAttempts, .integer(1...1000),
            """
            Judges that may die of a response before it counts as unknown. bounded: also verifiers that may fail to \
            answer; lockstep asks until one answers.
            """
        ),
        Setting(
            "rollout.outbox_groups", \.rollout.outboxGroups, .integer(1...65_536),
            "Finished groups a worker keeps without receipt before it stops asking for leases."),
        Setting(
            "rollout.outbox_bytes", \.rollout.outboxBytes, .integer(1_048_576...1_099_511_627_776),
            "The same bound in bytes."),
        Setting(
            "rollout.chat.template", \.rollout.chat.template, .choice,
            "The chat template that prompts are rendered with; none continues them as they are."),
        Setting(
            "rollout.chat.system", \.rollout.chat.system,
            .text("a text of at most 65536 bytes") { $0.utf8.count <= 65_536 },
            "System message of conversations that have none; empty for the template's own."),
        Setting(
            "rollout.chat.thinking", \.rollout.chat.thinking, .boolean,
            "qwen3: whether the policy may think before it answers; false closes the thoughts in the prompt."),
        Setting(
            "rollout.chat.soft_switch", \.rollout.chat.softSwitch, .choice,
            "qwen3: writes /think or /no_think behind the last user message."),
        Setting(
            "rollout.chat.thinking_budget_tokens", \.rollout.chat.thinkingBudgetTokens, .integer(0...1_048_576),
            "qwen3: tokens after which thoughts are ended by a forced text that is not trained; 0 for no bound."),
    ]

    private static let schedule: [Setting] = [
        Setting(
            "schedule.kind", \.schedule.kind, .choice,
            "How generation and training overlap: bounded is fastest; lockstep makes the whole run a function of its configuration."
        ),
        Setting(
            "schedule.max_staleness", \.schedule.maxStaleness, .integer(0...1000),
            "bounded: most versions between the oldest token of a response and the version that trains on it; groups beyond are dropped, counted and their prompt issued again."
        ),
        Setting(
            "schedule.lag", \.schedule.lag, .integer(0...64),
            "lockstep: batch b is generated wholly by version b − lag; 0 forbids the overlap of generation and training."
        ),
        Setting(
            "schedule.buffer_groups", \.schedule.bufferGroups, .integer(1...1_000_000),
            "Most groups in the learner's experience buffer."),
        Setting(
            "schedule.buffer_bytes", \.schedule.bufferBytes, .integer(1_048_576...1_099_511_627_776),
            "The same bound in bytes."),
    ]

    private static let batch: [Setting] = [
        Setting("batch.groups", \.batch.groups, .integer(1...65_536), "Groups per step."),
        Setting(
            "batch.mini_batches", \.batch.miniBatches, .integer(1...1024),
            "Optimizer updates per step (N); π_old is recomputed once per step, before the first."),
        Setting(
            "batch.max_tokens_per_microbatch", \.batch.maxTokensPerMicrobatch, .integer(16...16_777_216),
            "Most rows in one forward and backward pass; bounds the learner's memory, changes no result."),
        Setting(
            "batch.recompute_layers", \.batch.recomputeLayers, .boolean,
            "Whether the backward computes each layer a second time instead of keeping its activations: much less memory, about a third more time, the same bits."
        ),
        Setting(
            "batch.dynamic_sampling", \.batch.dynamicSampling,
            .optional(.boolean, whenNull: "as the objective was published (true for dapo)"),
            "Whether groups whose rewards are all equal are dropped and replaced by other prompts' groups."),
    ]

    private static let optimizer: [Setting] = [
        Setting(
            "optimizer.learning_rate", \.optimizer.learningRate, .number(0...1, exclusive: true), "Peak learning rate."),
        Setting("optimizer.beta1", \.optimizer.beta1, .number(0...0.9999), "AdamW β₁."),
        Setting("optimizer.beta2", \.optimizer.beta2, .number(0...0.999999), "AdamW β₂."),
        Setting("optimizer.epsilon", \.optimizer.epsilon, .number(0...1, exclusive: true), "AdamW ε."),
        Setting("optimizer.weight_decay", \.optimizer.weightDecay, .number(0...1), "Decoupled weight decay."),
        Setting(
            "optimizer.clip_gradient_norm", \.optimizer.clipGradientNorm, .number(0...1_000_000),
            "Largest global gradient norm, beyond which the gradient is scaled down; 0 for no clipping."),
        Setting(
            "optimizer.warmup_steps", \.optimizer.warmupSteps, .integer(0...1_000_000),
            "Optimizer updates over which the learning rate rises linearly from 0."),
        Setting(
            "optimizer.schedule", \.optimizer.schedule, .choice,
            "Learning rate after the warm-up: constant, or falling to 0 at the last of `run.steps`."),
        Setting("optimizer.threads", \.optimizer.threads, .integer(1...1024), "Compute threads of the learner."),
    ]

    private static let cluster: [Setting] = [
        Setting(
            "cluster.learner_endpoint", \.cluster.learnerEndpoint,
            .text("tcp://ADDRESS:PORT (port 0: any free one) or ipc://PATH") { text in
                if text.hasPrefix("ipc://") { return text.utf8.count > 6 && text.utf8.count <= 107 }
                guard text.hasPrefix("tcp://"), let colon = text.lastIndex(of: ":") else { return false }
                let hasHost = text.distance(from: text.startIndex, to: colon) > 6
                return hasHost && UInt16(text[text.index(after: colon)...]) != nil
            },
            "Where the learner listens. The address it got is written to the run's `endpoint` file."),
        Setting(
            "cluster.cleartext", \.cluster.cleartext, .boolean,
            "Neither encryption nor authentication between processes; for loopback and ipc addresses only."),
        Setting(
            "cluster.heartbeat_seconds", \.cluster.heartbeatSeconds, .seconds(), "Time between a member's heartbeats."),
        Setting(
            "cluster.lease_seconds", \.cluster.leaseSeconds, .seconds(),
            "Time a worker has for a group before its prompt is issued again."),
        Setting(
            "cluster.member_timeout_seconds", \.cluster.memberTimeoutSeconds, .seconds(),
            "Silence after which a member counts as gone and its leases are issued again."),
        Setting(
            "cluster.request_timeout_seconds", \.cluster.requestTimeoutSeconds, .seconds(),
            "Deadline of one request to another process before it is repeated."),
        Setting(
            "cluster.join_timeout_seconds", \.cluster.joinTimeoutSeconds, .seconds(),
            "How long a process tries to reach the learner before it gives up with an error."),
        Setting(
            "cluster.shutdown_timeout_seconds", \.cluster.shutdownTimeoutSeconds, .seconds(),
            "Time for a graceful stop after SIGTERM; `Cluster/down.sh` kills what is left after twice as long."),
        Setting(
            "cluster.max_message_bytes", \.cluster.maxMessageBytes, .integer(65_536...4_294_967_296),
            "Largest message accepted from a peer; larger ones cost the peer its connection."),
        Setting(
            "cluster.chunk_bytes", \.cluster.chunkBytes, .integer(4096...268_435_456),
            "Size of the pieces in which weights are transferred."),
        Setting(
            "cluster.chunk_credits", \.cluster.chunkCredits, .integer(1...1024),
            "Pieces a receiver asks for ahead."),
        Setting(
            "cluster.rollout_workers", \.cluster.rolloutWorkers, .integer(0...1024),
            "Rollout workers `Cluster/up.sh` starts."),
        Setting(
            "cluster.reward_verifiers", \.cluster.rewardVerifiers, .integer(0...1024),
            "Reward verifiers `Cluster/up.sh` starts."),
        Setting(
            "cluster.parameter_broadcasters", \.cluster.parameterBroadcasters, .integer(0...64),
            "Parameter broadcasters `Cluster/up.sh` starts."),
    ]

    private static let audit: [Setting] = [
        Setting(
            "audit.groups_per_step", \.audit.groupsPerStep, .integer(0...65_536),
            "Groups per step whose rollout log-probabilities the learner recomputes, in rollout.precision, and compares bit "
                + "for bit."),
        Setting(
            "audit.nonfinite_dumps", \.audit.nonfiniteDumps, .integer(0...1000),
            "Updates refused because something was not finite that are written to the run's `nonfinite` directory, at most."
        ),
    ]

    private static let evaluation: [Setting] = [
        Setting("evaluation.prompts", \.evaluation.prompts, .integer(1...1_000_000), "Held-out prompts."),
        Setting(
            "evaluation.samples_per_prompt", \.evaluation.samplesPerPrompt, .integer(1...1024), "Responses per prompt."),
        Setting(
            "evaluation.temperature", \.evaluation.temperature, .number(0...10),
            "Sampling temperature; 0 takes the likeliest token."),
    ]

    private static let checkpoint: [Setting] = [
        Setting(
            "checkpoint.every_steps", \.checkpoint.everySteps, .integer(0...1_000_000),
            "Steps between checkpoints; 0 for one at the end only."),
        Setting(
            "checkpoint.keep", \.checkpoint.keep, .integer(1...1_000_000), "Checkpoints kept; older ones are deleted."),
    ]

    private static let journal: [Setting] = [
        Setting(
            "journal.durability", \.journal.durability, .choice,
            "What a confirmed group survives: disk, loss of power too; process, a crash of the learner; none, nothing: no journal is written, and the run cannot be resumed, replayed or traced."
        ),
        Setting(
            "journal.payloads", \.journal.payloads, .choice,
            "Trained groups whose tokens, log-probabilities and experts stay in the run's database: all, which apus replay needs, or only those that a resume from the oldest checkpoint needs."
        ),
    ]

    private static let logging: [Setting] = [
        Setting("logging.level", \.logging.level, .choice, "Least level that is written to the log files."),
        Setting(
            "logging.heartbeat_log_seconds", \.logging.heartbeatLogSeconds, .seconds(),
            "Time between the progress lines of a process."),
        Setting(
            "logging.stall_seconds", \.logging.stallSeconds, .seconds(),
            "A wait that lasts longer is told in the log, with who waits for what; looked for once a second."),
        Setting(
            "logging.sample_responses", \.logging.sampleResponses, .integer(0...64),
            "Responses of each step that the run's database keeps token by token for apus report: in turn one of the best, one of the worst, and one at random."
        ),
    ]
}
