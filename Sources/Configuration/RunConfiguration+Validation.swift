extension RunConfiguration {
    /// Checks what no single setting can know: how values go together.
    /// - Throws: `ConfigurationError.inconsistent` naming the keys.
    package func validate() throws(ConfigurationError) {
        let countdown = task.countdown
        let ordered: [(low: Double, high: Double, prefix: String, lowKey: String, highKey: String)] = [
            (
                Double(countdown.numbersMinimum), Double(countdown.numbersMaximum), "task.countdown.",
                "numbers_minimum", "numbers_maximum"
            ),
            (
                Double(countdown.numberMinimum), Double(countdown.numberMaximum), "task.countdown.",
                "number_minimum", "number_maximum"
            ),
            (
                Double(countdown.targetMinimum), Double(countdown.targetMaximum), "task.countdown.",
                "target_minimum", "target_maximum"
            ),
            (
                cluster.heartbeatSeconds * 2, cluster.memberTimeoutSeconds, "cluster.", "heartbeat_seconds × 2",
                "member_timeout_seconds"
            ),
            (
                Double(cluster.chunkBytes) + 4096, Double(cluster.maxMessageBytes), "cluster.", "chunk_bytes + 4096",
                "max_message_bytes"
            ),
            (Double(audit.groupsPerStep), Double(batch.groups), "", "audit.groups_per_step", "batch.groups"),
            (Double(batch.groups), Double(schedule.bufferGroups), "", "batch.groups", "schedule.buffer_groups"),
        ]
        for pair in ordered where pair.low > pair.high {
            throw .inconsistent(
                keys: [pair.prefix + pair.lowKey, pair.prefix + pair.highKey],
                reason: "the first (\(pair.low)) must not exceed the second (\(pair.high))")
        }
        guard batch.groups.isMultiple(of: batch.miniBatches) else {
            throw .inconsistent(
                keys: ["batch.groups", "batch.mini_batches"],
                reason: "\(batch.groups) groups do not divide evenly into \(batch.miniBatches) mini-batches")
        }
    }
}
