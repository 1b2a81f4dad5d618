import Transport
import Wire

/// The worker's connections to the verifiers that the membership names.
///
/// Role: performs what the `VerificationQueue` decides. Owner: the worker actor; lives on its reactor's thread.
/// Invariant: one connection per verifier life, closed when that life is over.
final class VerifierLinks {
    /// What came of one request.
    enum Outcome {
        case judged(WireVerdict)
        case failed(TransportError)
    }

    private struct Link {
        let member: Member
        let dealer: DealerEndpoint
    }

    private let reactor: Reactor
    private let limits: TransportLimits
    private var links: [String: Link] = [:]
    /// Verifiers whose address or key cannot be used, told once.
    private var unusable: [String: Member] = [:]
    private var nextRequestID: UInt64 = 1

    init(reactor: Reactor, limits: TransportLimits) {
        self.reactor = reactor
        self.limits = limits
    }

    /// Connects to new verifiers, leaves those that are gone, and returns the names that can be asked.
    /// `report` hears of addresses that cannot be used.
    func update(_ members: [Member], report: (Member, TransportError) -> Void) -> Set<String> {
        let verifiers = members.filter { $0.role == .rewardVerifier }
        for (id, link) in links where !verifiers.contains(link.member) {
            link.dealer.close()
            links[id] = nil
        }
        for member in verifiers where links[member.id] == nil {
            guard let endpoint = member.endpoint(for: .serving) else { continue }
            do throws(TransportError) {
                let dealer = try DealerEndpoint(
                    reactor: reactor, connect: EndpointAddress(endpoint.address),
                    expecting: .member(.rewardVerifier, at: endpoint), limits: limits)
                links[member.id] = Link(member: member, dealer: dealer)
                unusable[member.id] = nil
            } catch {
                if unusable.updateValue(member, forKey: member.id) != member { report(member, error) }
            }
        }
        return Set(links.keys)
    }

    /// Asks `verifier`; `completion` is called once.
    func ask(
        _ verifier: String, about response: String, of lease: Lease, timeout: Duration,
        completion: @escaping (Outcome) -> Void
    ) {
        guard let link = links[verifier] else {
            return completion(.failed(.closed(endpoint: "verifier \(verifier)")))
        }
        let request = VerifyRequest(
            requestID: nextRequestID, kind: lease.verifierKind, payload: lease.verificationPayload,
            prompt: lease.promptText, response: response, deadlineMilliseconds: UInt64(timeout / .milliseconds(1)))
        nextRequestID += 1
        do throws(TransportError) {
            try link.dealer.request(
                .verifyRequest(request), deadline: timeout, name: "verdict from verifier \(verifier)"
            ) { answer in
                switch answer {
                case .success(.verdictReply(let reply)) where reply.requestID == request.requestID:
                    completion(.judged(reply.verdict))
                case .success:
                    let failure = Failure(code: .malformed, message: "the answer is not a verdict on this request")
                    let endpoint = link.dealer.address.description
                    completion(.failed(.refused(request: "verdict from", endpoint: endpoint, failure)))
                case .failure(let error):
                    completion(.failed(error))
                }
            }
        } catch {
            completion(.failed(error))
        }
    }

    func close() {
        for link in links.values { link.dealer.close() }
        links = [:]
    }
}
