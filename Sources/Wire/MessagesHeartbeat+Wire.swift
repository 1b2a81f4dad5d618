import CWire

extension Heartbeat: WireBody {
    init(_ packed: Apus__V1__Heartbeat, _ tensors: inout TensorReader) throws(WireError) {
        self.init(
            waitingFor: try Read.note(packed.waiting_for, "heartbeat.waiting_for"),
            waitingMilliseconds: packed.waiting_milliseconds,
            versionInUse: packed.version_in_use.map { VersionIdentity($0.pointee) },
            activeLeases: Read.array(packed.active_leases, packed.n_active_leases),
            metrics: try Read.list(
                packed.metrics, packed.n_metrics, limit: WireCap.metrics, "heartbeat.metrics"
            ) { (metric) throws(WireError) in
                Metric(name: try Read.text(metric.name, "metric.name"), value: metric.value)
            })
    }

    func validate() throws(WireError) {
        try versionInUse?.validate()
        try Check.size(activeLeases.count, limit: WireCap.leaseIDs, "heartbeat.active_leases")
        try Check.size(metrics.count, limit: WireCap.metrics, "heartbeat.metrics")
        for metric in metrics {
            try Check.identifier(metric.name, "metric.name")
            try Check.finite(metric.value, "metric \(metric.name)")
        }
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__Heartbeat> {
        arena.make(apus__v1__heartbeat__init) {
            $0.waiting_for = arena.note(waitingFor)
            $0.waiting_milliseconds = waitingMilliseconds
            $0.version_in_use = versionInUse?.pack(into: arena)
            ($0.active_leases, $0.n_active_leases) = arena.array(activeLeases)
            ($0.metrics, $0.n_metrics) = arena.list(
                metrics.map { metric in
                    arena.make(apus__v1__metric__init) {
                        $0.name = arena.string(metric.name)
                        $0.value = metric.value
                    }
                })
        }
    }
}

extension HeartbeatReply: WireBody {
    init(_ packed: Apus__V1__HeartbeatReply, _ tensors: inout TensorReader) throws(WireError) {
        self.init(
            membershipEpoch: packed.membership_epoch,
            members: try Read.list(packed.members, packed.n_members, limit: WireCap.members, "members", Member.init),
            newest: try packed.newest.map { (newest) throws(WireError) in try VersionDescription(newest.pointee) },
            expiredLeases: Read.array(packed.expired_leases, packed.n_expired_leases),
            stopRequested: packed.stop_requested != 0)
    }

    func validate() throws(WireError) {
        try Member.validate(members)
        try newest?.validate()
        try Check.size(expiredLeases.count, limit: WireCap.leaseIDs, "heartbeat_reply.expired_leases")
    }

    func pack(into arena: MessageArena) -> UnsafeMutablePointer<Apus__V1__HeartbeatReply> {
        arena.make(apus__v1__heartbeat_reply__init) {
            $0.membership_epoch = membershipEpoch
            ($0.members, $0.n_members) = arena.list(members.map { $0.pack(into: arena) })
            $0.newest = newest?.pack(into: arena)
            ($0.expired_leases, $0.n_expired_leases) = arena.array(expiredLeases)
            $0.stop_requested = stopRequested ? 1 : 0
        }
    }
}
