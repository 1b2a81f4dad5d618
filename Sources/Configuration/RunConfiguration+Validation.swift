extension RunConfiguration {
    /// Checks what no single setting can know: how values go together.
    /// - Throws: `ConfigurationError.inconsistent` naming the keys.
    package func validate() throws(ConfigurationError) {
        try validateCountdown()
        try validateSources()
        try validateChat()
        let (heartbeat, timeout) = (cluster.heartbeatSeconds, cluster.memberTimeoutSeconds)
        guard heartbeat * 2 <= timeout else {
            throw .inconsistent(
                keys: ["cluster.heartbeat_seconds", "cluster.member_timeout_seconds"],
                reason: "a member must be able to send two heartbeats (every \(heartbeat) s) within \(timeout) s")
        }
        guard cluster.chunkBytes + Self.envelopeBytes <= cluster.maxMessageBytes else {
            throw .inconsistent(
                keys: ["cluster.chunk_bytes", "cluster.max_message_bytes"],
                reason: "a chunk of \(cluster.chunkBytes) bytes and \(Self.envelopeBytes) bytes around it do not fit "
                    + "into a message of \(cluster.maxMessageBytes) bytes")
        }
        guard batch.groups.isMultiple(of: batch.miniBatches) else {
            throw .inconsistent(
                keys: ["batch.groups", "batch.mini_batches"],
                reason: "\(batch.groups) groups do not divide evenly into \(batch.miniBatches) mini-batches")
        }
        try Self.inOrder(
            ("objective.overlong.buffer_tokens", objective.overlong.bufferTokens ?? 0),
            ("rollout.max_response_tokens", rollout.maxResponseTokens))
        try Self.inOrder(("audit.groups_per_step", audit.groupsPerStep), ("batch.groups", batch.groups))
        try Self.inOrder(("batch.groups", batch.groups), ("schedule.buffer_groups", schedule.bufferGroups))
    }

    /// Room for the envelope around a chunk of weights.
    private static let envelopeBytes = 4096

    private func validateChat() throws(ConfigurationError) {
        let chat = rollout.chat
        for (key, isSet) in [
            ("rollout.chat.soft_switch", chat.softSwitch != .none), ("rollout.chat.thinking", !chat.thinking),
            ("rollout.chat.thinking_budget_tokens", chat.thinkingBudgetTokens > 0),
        ] where isSet && chat.template != .qwen3 {
            throw .inconsistent(
                keys: [key, "rollout.chat.template"],
                reason: "the template \(chat.template.rawValue) knows no thinking mode; qwen3 does")
        }
        guard chat.thinking || chat.thinkingBudgetTokens == 0 else {
            throw .inconsistent(
                keys: ["rollout.chat.thinking", "rollout.chat.thinking_budget_tokens"],
                reason: "without thinking there is nothing to bound; set the budget to 0")
        }
        if chat.thinkingBudgetTokens >= rollout.maxResponseTokens {
            throw .inconsistent(
                keys: ["rollout.chat.thinking_budget_tokens", "rollout.max_response_tokens"],
                reason: "after \(chat.thinkingBudgetTokens) tokens of thoughts no room for an answer is left in "
                    + "\(rollout.maxResponseTokens)")
        }
    }

    private func validateCountdown() throws(ConfigurationError) {
        let countdown = task.countdown
        func inOrder(_ lower: (String, Int), _ upper: (String, Int)) throws(ConfigurationError) {
            try Self.inOrder(("task.countdown.\(lower.0)", lower.1), ("task.countdown.\(upper.0)", upper.1))
        }
        try inOrder(("numbers_minimum", countdown.numbersMinimum), ("numbers_maximum", countdown.numbersMaximum))
        try inOrder(("number_minimum", countdown.numberMinimum), ("number_maximum", countdown.numberMaximum))
        try inOrder(("target_minimum", countdown.targetMinimum), ("target_maximum", countdown.targetMaximum))
        try inOrder(("used_minimum", countdown.usedMinimum), ("used_maximum", countdown.usedMaximum))
        try inOrder(("used_minimum", countdown.usedMinimum), ("numbers_minimum", countdown.numbersMinimum))
    }

    static func inOrder(
        _ lower: (key: String, value: Int), _ upper: (key: String, value: Int)
    ) throws(ConfigurationError) {
        guard lower.value <= upper.value else {
            throw .inconsistent(
                keys: [lower.key, upper.key], reason: "\(lower.value) must not exceed \(upper.value)")
        }
    }
}
