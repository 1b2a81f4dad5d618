/// What matrix products compute in, whatever format the weights are kept in. Each has the same bits on every processor.
package enum ProductArithmetic: String, Sendable, CaseIterable {
    /// fp32: every element is one chain of fused multiply-adds.
    case fp32
    /// Both factors rounded to bf16, sums in fp32, in the order of Intel's matrix unit: several times as fast as fp32 where there is
    /// one (`apus bench gemm`), with multiply-adds where there is none.
    case bf16
    /// Rows and weights rounded to eight bits, for rollouts only.
    case int8
}
