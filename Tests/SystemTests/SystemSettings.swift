/// What the runs of these tests are told.
enum SystemSettings {
    static let quickstart = Executables.repository + "/Cluster/configs/quickstart.yaml"
    static let policy = Executables.repository + "/Cluster/policies/countdown"

    /// The shape of the policy's routers.
    static let (layers, topK) = (4, 2)

    /// Over the quickstart's settings: four responses to each of four prompts a step, so that a step takes a fraction of a
    /// second and a test sees many of them; all of them audited; members that vanish are missed soon.
    static let quickSteps = """
        run:
          seed: 3
        rollout:
          group_size: 4
          concurrent_groups: 4
        schedule:
          max_staleness: 4
        batch:
          groups: 4
        cluster:
          heartbeat_seconds: 0.1
          lease_seconds: 30
          member_timeout_seconds: 5
          request_timeout_seconds: 5
          join_timeout_seconds: 30
          rollout_workers: 1
        audit:
          groups_per_step: 4
        checkpoint:
          every_steps: 0
        logging:
          heartbeat_log_seconds: 0.2

        """
}
