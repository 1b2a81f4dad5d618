/// What the forward's matrix products compute in. Role: chosen when a policy is loaded; everything that loads the same weights
/// with the same precision computes the same bits, on any processor.
package enum ForwardPrecision: String, Sendable, CaseIterable {
    /// The learner's arithmetic on the published weights.
    case exact
    /// Rows and weights rounded to eight bits (`ProductArithmetic.int8`), for rollouts only. Routers, the shared
    /// expert's gate and the language-model head stay exact: few operations, and the choices hang on them.
    case int8
}
