import ServiceLifecycle

/// A role's actor, as its executable runs it.
package protocol RoleActor: Actor {
    /// Takes part in the run until it is over or `stop` was called; throws what made that impossible.
    func run() async throws
    /// Finishes or hands back what is under way, within the role's own deadline, and makes `run` return.
    func stop() async
}

/// How a role's `run` comes to an end: the first word counts.
package struct RoleEnding: Sendable {
    private let stream: AsyncStream<Result<Void, any Error>>
    private let continuation: AsyncStream<Result<Void, any Error>>.Continuation

    package init() {
        (stream, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    package func end(_ result: Result<Void, any Error> = .success(())) {
        continuation.yield(result)
        continuation.finish()
    }

    /// Waits for the first `end`.
    package func wait() async throws {
        for await result in stream { return try result.get() }
    }
}

/// Runs a role as a service: SIGTERM and SIGINT ask it to stop and leave in order.
package struct RoleService<Role: RoleActor>: Service {
    private let role: Role

    package init(_ role: Role) {
        self.role = role
    }

    package func run() async throws {
        let role = role
        try await withGracefulShutdownHandler {
            try await role.run()
        } onGracefulShutdown: {
            Task { await role.stop() }
        }
    }
}
