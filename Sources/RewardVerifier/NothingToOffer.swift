/// A verifier whose kinds have all been withdrawn has no place in a run.
struct NothingToOffer: Error, CustomStringConvertible {
    let description = "every kind of this verifier failed its canaries; see verifier_withdrawn in its log"
}
