import ArgumentParser
import Foundation
import Glibc
import Logging
import ServiceLifecycle
import Telemetry
package import Transport
import UnixSignals
package import Wire

/// Starts a member's process: log, reactor, signals, and the way out.
package enum MemberLaunch {
    /// Runs the role that `make` builds until the run is over, a signal asks it to stop, or it fails.
    ///
    /// - Parameters:
    ///   - learner: the learner's control endpoint.
    ///   - id: name of this process among those of its role.
    ///   - directory: where its log goes, as `id.jsonl`.
    ///   - security: how its connections are protected.
    package static func run(
        role: Role, learner: String, id: String, logDirectory directory: String, security: SecurityOptions,
        make: (MemberContext) throws -> some RoleActor
    ) async throws {
        let address = try EndpointAddress(learner)
        let policy = try orUnusable(role: role.rawValue) { () throws -> SecurityPolicy in
            try security.policy(role: role, id: id)
        }
        try Telemetry.bootstrap(role: role.rawValue, id: id, directory: directory)
        let reactor = Reactor.logging(policy, role: role.rawValue)
        let actor = try make(MemberContext(reactor: reactor, learner: address, id: id))
        try await serve(actor, on: reactor, role: role.rawValue)
    }

    /// What is wrong here stays wrong at the next start, which the exit status tells a supervisor (EX_CONFIG, sysexits.h).
    /// Wrong usage has its own status.
    package static func orUnusable<Value>(role: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let wrongUsage as ValidationError {
            throw wrongUsage
        } catch let status as ExitCode {
            throw status
        } catch {
            FileHandle.standardError.write(Data("\(role): \(error)\n".utf8))
            throw ExitCode(EX_CONFIG)
        }
    }

    /// The same for any role; the reactor is shut down in every case.
    package static func serve(_ actor: some RoleActor, on reactor: Reactor, role: String) async throws {
        unblockSignals()
        let log = Logger(label: role)
        let services = ServiceGroup(
            configuration: .init(
                services: [
                    .init(
                        service: RoleService(actor), successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .cancelGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: Logger(label: "service")))
        do {
            try await services.run()
            await reactor.shutdown()
        } catch {
            log.error("failed", metadata: ["reason": "\(error)"])
            await reactor.shutdown()
            throw error
        }
    }

    /// Some launchers start their children with signals blocked, and a process that hears no SIGTERM cannot leave in order.
    private static func unblockSignals() {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_UNBLOCK, &all, nil)
    }
}
