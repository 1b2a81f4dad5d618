// Compute kernels of Apus: fp32 arithmetic on row-major arrays, bit-identical on every instruction set.
//
// The exactness contract, which promise 5 (one forward) rests on:
//  * An output element of a matrix product is one chain of fused multiply-adds over k = 0 … K−1, starting at +0; products in
//    eight bits and in bf16 have an order of their own, which stands beside them.
//  * Any other reduction over a row adds element i to lane i mod 16, in order, then adds the 16 lanes in one fixed tree.
//  * Transcendental functions are polynomials evaluated with explicit fused multiply-adds.
// So a row's bits depend on that row alone: not on the batch, the tile, the thread or the vector width.
//
// Pointers may not alias unless a comment says so. Shapes are given as [rows][columns]; `ld…` are row strides in elements.
// No function allocates, blocks or fails; callers validate shapes.
#ifndef APUS_CKERNELS_H
#define APUS_CKERNELS_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Storage type of weights. Arithmetic is fp32 for both.
typedef enum { APUS_F32 = 0, APUS_BF16 = 1 } apus_dtype;

// ---------------------------------------------------------------- packed matrix product

/// Width in output columns of one packed panel. Column ranges handed to threads are multiples of it.
size_t apus_panel_width(void);
/// Bytes that a packed W[n][k] takes (64-byte alignment expected of the destination).
size_t apus_packed_bytes(size_t n, size_t k, apus_dtype dtype);
/// Packs W[n][k] (row-major, Hugging Face Linear layout: n outputs, k inputs) for y = x·Wᵀ.
void apus_pack(const void *w, apus_dtype dtype, size_t n, size_t k, void *packed);
/// Packs Wᵀ of W[n][k], that is a [k][n] matrix, for the backward product dx = dy·W: call with apus_gemm_packed(m, k, n, …).
void apus_pack_transposed(const void *w, apus_dtype dtype, size_t n, size_t k, void *packed);
/// c[m][column_end − column_begin] = or (when `accumulate`; the chain then starts at c) += those columns of a[m][k] · Wᵀ: c begins
/// at column_begin, wherever that column is wanted. The bounds are multiples of apus_panel_width or n.
void apus_gemm_packed(size_t m, size_t n, size_t k, const float *a, size_t lda, const void *packed, apus_dtype dtype,
                      float *c, size_t ldc, bool accumulate, size_t column_begin, size_t column_end);

// Eight-bit product, for quantised rollouts. A row of weights (one output) becomes integers −127 … 127 and a scale, the largest
// magnitude / 127; a row of activations likewise, with a scale for every 64 inputs:
// y = Σ_blocks (Σ q·p) · activation scale · weight scale. Sums of integers are exact, so they have no order; the blocks are added
// in order, each with one fused multiply-add. Inputs that are not finite make their block's scale NaN, which the result shows.

/// Elements from one quantised row to the next: k rounded up, padded with zeros.
size_t apus_quantised_stride(size_t k);
/// Scales of one quantised row.
size_t apus_quantised_scales(size_t k);
/// Bytes that a W[n][k] packed in eight bits takes, its scales included (64-byte alignment expected of the destination).
size_t apus_packed_int8_bytes(size_t n, size_t k);
/// Rounds and packs W[n][k] (fp32 or bf16). Scratch: `row` [k], `quantised` [apus_quantised_stride(k)].
void apus_pack_int8(const void *w, apus_dtype dtype, size_t n, size_t k, void *packed, float *row, int16_t *quantised);
/// q[rows][apus_quantised_stride(k)] and scales[rows][apus_quantised_scales(k)] of x[rows][k]. What a row of q holds is between
/// this and apus_gemm_int8 of the same instruction set: the numbers, with VNNI as bytes with 128 added.
void apus_quantise_rows(size_t rows, size_t k, const float *x, size_t ldx, int16_t *q, float *scales);
/// c[m][column_end − column_begin] = or += those columns of the product, as apus_gemm_packed.
void apus_gemm_int8(size_t m, size_t n, size_t k, const int16_t *q, const float *scales, const void *packed, float *c,
                    size_t ldc, bool accumulate, size_t column_begin, size_t column_end);

// Products in bf16 arithmetic: both factors rounded to bf16 (to nearest, ties to even), sums in fp32. For each block of 32 inputs
// in order, missing ones being zeros, the even inputs' products are one chain of fused multiply-adds from +0, the odd ones' are
// another, and the sum of both is added to the element; subnormal numbers count as zero. That is what Intel's matrix unit does
// with TDPBF16PS; the other instruction sets compute the same bits.

/// Elements from one rounded row to the next: k rounded up, padded with zeros.
size_t apus_bf16_stride(size_t k);
/// Bytes that a W[n][k] packed for these products takes (64-byte alignment expected of the destination).
size_t apus_packed_bf16_bytes(size_t n, size_t k);
/// Rounds and packs W[n][k] for y = x·Wᵀ, and Wᵀ for dx = dy·W, as apus_pack and apus_pack_transposed.
void apus_pack_bf16(const void *w, apus_dtype dtype, size_t n, size_t k, void *packed);
void apus_pack_bf16_transposed(const void *w, apus_dtype dtype, size_t n, size_t k, void *packed);
/// q[rows][apus_bf16_stride(k)] of x[rows][k].
void apus_round_rows(size_t rows, size_t k, const float *x, size_t ldx, uint16_t *q);
/// c[m][column_end − column_begin] = or += those columns of the product, as apus_gemm_packed.
void apus_gemm_bf16(size_t m, size_t n, size_t k, const uint16_t *q, const void *packed, float *c, size_t ldc,
                    bool accumulate, size_t column_begin, size_t column_end);
/// Floats of scratch for apus_gemm_gradient_bf16.
size_t apus_gemm_gradient_bf16_scratch(size_t k);
/// apus_gemm_gradient in bf16 arithmetic, its blocks of 32 being rows from the first one of the call: how m is cut into calls
/// matters to the bits, unless all but the last have a multiple of 32 rows.
void apus_gemm_gradient_bf16(size_t m, size_t n, size_t k, const float *dy, size_t lddy, const float *x, size_t ldx, float *dw,
                             size_t lddw, size_t row_begin, size_t row_end, float *scratch);

/// Floats of scratch for apus_gemm_gradient, whatever the shape.
size_t apus_gemm_gradient_scratch(void);
/// dw[n][k] += dyᵀ·x (rows row_begin ..< row_end only) for dy[m][n] and x[m][k]. Every element is one chain of fused
/// multiply-adds over m that goes on from dw, so neither the split of dw among threads nor that of m among calls matters.
void apus_gemm_gradient(size_t m, size_t n, size_t k, const float *dy, size_t lddy, const float *x, size_t ldx, float *dw,
                        size_t lddw, size_t row_begin, size_t row_end, float *scratch);

// ---------------------------------------------------------------- normalisation, rotation, activation

/// y = x · rsqrt(mean(x²) + ε) · weight. `inverse_rms` [rows] may be null; the backward needs it. y may alias x.
void apus_rmsnorm(size_t rows, size_t dim, const float *x, size_t ldx, const float *weight, float epsilon,
                  float *y, size_t ldy, float *inverse_rms);
/// dx (+)= …, dweight += … (rows added in order). `accumulate` adds into dx. dweight may be null.
void apus_rmsnorm_backward(size_t rows, size_t dim, const float *x, size_t ldx, const float *weight,
                           const float *inverse_rms, const float *dy, size_t lddy, float *dx, size_t lddx,
                           bool accumulate, float *dweight);
/// Rotates in place, half-split layout: pairs (i, i + head_dim/2). `cosine`/`sine` are [max_position][head_dim/2].
/// `inverse` rotates back (the backward). x is [rows][heads·head_dim].
void apus_rope(size_t rows, size_t heads, size_t head_dim, float *x, size_t ldx, const int32_t *positions,
               const float *cosine, const float *sine, bool inverse);
/// y[r][i] = silu(gate_up[r][i]) · gate_up[r][dim + i].
void apus_swiglu(size_t rows, size_t dim, const float *gate_up, size_t ld, float *y, size_t ldy);
/// The same as q[rows][apus_bf16_stride(dim)], what apus_round_rows would make of y.
void apus_swiglu_rounded(size_t rows, size_t dim, const float *gate_up, size_t ld, uint16_t *q, size_t ldq);
void apus_swiglu_backward(size_t rows, size_t dim, const float *gate_up, size_t ld, const float *dy, size_t lddy,
                          float *dgate_up, size_t lddgate_up);
/// y[r][i] += bias[i].
void apus_add_bias(size_t rows, size_t dim, const float *bias, float *y, size_t ldy);
/// y += x over `count` elements; y += scale · x.
void apus_add(size_t count, const float *x, float *y);
void apus_add_scaled(size_t count, float scale, const float *x, float *y);

// ---------------------------------------------------------------- attention on paged keys and values

/// Positions per key/value block. Position p is lane p mod 16 of block p / 16.
#define APUS_BLOCK 16

/// Writes one row's keys and values ([kv_heads][head_dim] each) at lane `lane` of a block.
/// Key block layout [kv_heads][head_dim][16]; value block layout [kv_heads][16][head_dim].
void apus_store_key_value(size_t kv_heads, size_t head_dim, const float *key, const float *value, size_t lane,
                          float *key_block, float *value_block);

/// One query row: its blocks in position order and how many positions (its own included) it sees.
typedef struct {
    const float *const *key_blocks;
    const float *const *value_blocks;
    size_t key_count;
} apus_attention_row;

/// Floats of scratch that one call needs for rows with at most `max_key_count` keys.
size_t apus_attention_scratch(size_t heads, size_t kv_heads, size_t head_dim, size_t max_key_count);
/// out[r] = softmax(scale · q·Kᵀ) V per head; q and out are [rows][heads·head_dim]. Rows that share block tables and are
/// adjacent are processed together (speed only, never bits). `log_sum_exp` [rows][heads] may be null; the backward needs it.
void apus_attention(size_t rows, size_t heads, size_t kv_heads, size_t head_dim, float scale, const float *q, size_t ldq,
                    const apus_attention_row *table, float *out, size_t ldo, float *log_sum_exp, float *scratch);

/// Backward for one segment's query rows (adjacent rows query_begin ..< query_begin + query_count of the packed batch) and one
/// kv head with the heads that share it. Key position p < prefix_length is row prefix_begin + p, otherwise row
/// query_begin + (p − prefix_length); query i sees prefix_length + i + 1 keys. k, v, dk, dv are [rows][kv_heads·head_dim]
/// (rotated keys), q, out, dout, dq are [rows][heads·head_dim]. dq is overwritten; dk and dv are added to.
size_t apus_attention_backward_scratch(size_t heads, size_t kv_heads, size_t head_dim, size_t query_count, size_t prefix_length);
void apus_attention_backward(size_t heads, size_t kv_heads, size_t head_dim, size_t kv_head, float scale,
                             size_t query_begin, size_t query_count, size_t prefix_begin, size_t prefix_length,
                             const float *q, const float *k, const float *v, const float *out, const float *log_sum_exp,
                             const float *dout, float *dq, float *dk, float *dv, float *scratch);

// ---------------------------------------------------------------- mixture-of-experts router

/// Softmax over all experts, then top-k (ties: lower id first), ids in ascending order, gates in the same order; gates are
/// renormalised to sum 1 when `normalise`. `replay` [rows][top_k] (null: none) fixes the ids of each row whose first id is ≥ 0
/// (they are sorted ascending); gates always come from these logits. probabilities [rows][experts] may be null.
void apus_router(size_t rows, size_t experts, size_t top_k, bool normalise, const float *logits, const int16_t *replay,
                 int16_t *ids, float *gates, float *probabilities);
/// dlogits[rows][experts] from dgates[rows][top_k].
void apus_router_backward(size_t rows, size_t experts, size_t top_k, bool normalise, const float *probabilities,
                          const int16_t *ids, const float *gates, const float *dgates, float *dlogits);
/// The experts that apus_router would choose by itself, from its probabilities [rows][experts]: ids [rows][top_k], ascending.
void apus_choose_experts(size_t rows, size_t experts, size_t top_k, const float *probabilities, int16_t *ids);
/// dlogits[rows][experts] += the gradient of Σ_rows Σ_e dprobabilities[e] · probability; returns that sum.
double apus_balance_backward(size_t rows, size_t experts, const float *probabilities, const float *dprobabilities,
                             float *dlogits);

// ---------------------------------------------------------------- language-model head

/// What a row's log-sum-exp and entropy are made of: for each APUS_SOFTMAX_PART columns z = logits · inverse_temperature, and
/// one after the other for all, their maximum m, Σ e^(z−m) and Σ e^(z−m) (z−m).
#define APUS_SOFTMAX_PART 512
typedef struct {
    float maximum;
    double sum, weighted;
} apus_partial_softmax;
/// parts[rows] (`stride` apart) of one part's logits[rows][columns].
void apus_softmax_part(size_t rows, size_t columns, const float *logits, size_t ld, float inverse_temperature,
                       apus_partial_softmax *parts, size_t stride);
/// From all of parts[rows][count], what apus_log_sum_exp says of whole rows, bit by bit.
void apus_log_sum_exp_of_parts(size_t rows, size_t count, const apus_partial_softmax *parts, float *log_sum_exp, float *entropy);
/// Per row of logits[rows][vocabulary] · inverse_temperature: log Σ exp and, when not null, the entropy in nats.
void apus_log_sum_exp(size_t rows, size_t vocabulary, const float *logits, size_t ld, float inverse_temperature,
                      float *log_sum_exp, float *entropy);
/// Turns logits into d loss / d logits in place. Row r has the predictions offsets[r] ..< offsets[r+1] of targets[] with
/// d loss / d log-prob dlogprob[]: dlogits = inverse_temperature · Σ_j dlogprob_j (onehot(target_j) − softmax). `dentropy`
/// [rows] adds the gradient of d loss / d entropy and needs the rows' `entropy`; both may be null. A row without predictions
/// gets 0.
void apus_log_prob_backward(size_t rows, size_t vocabulary, float *logits, size_t ld, float inverse_temperature,
                            const float *log_sum_exp, const float *entropy, const int32_t *offsets, const int32_t *targets,
                            const float *dlogprob, const float *dentropy);
/// Index sampled from softmax(logits · inverse_temperature) with `uniform` in [0, 1): the first index at which the running
/// sum of probabilities (in double, sixteen at a time, in index order) exceeds uniform; the last index of positive
/// probability otherwise; −1 when there is none, which is so only for logits with NaN or an infinity.
int32_t apus_sample(size_t vocabulary, const float *logits, float inverse_temperature, float log_sum_exp, double uniform);
/// The first index of the largest logit, NaN left out of account; 0 if there is none.
int32_t apus_argmax(size_t vocabulary, const float *logits);

// ---------------------------------------------------------------- optimizer, conversion, checksums

/// One decoupled-weight-decay Adam step (arXiv 1711.05101, as PyTorch computes it) on g = gradient · gradient_scale:
/// p −= lr·wd·p; m, v updated; p −= lr · (m / bias_correction1) / (sqrt(v / bias_correction2) + ε).
void apus_adamw(size_t count, float *parameter, const float *gradient, float *first_moment, float *second_moment,
                float gradient_scale, float learning_rate, float beta1, float beta2, float epsilon, float weight_decay,
                float bias_correction1, float bias_correction2);
/// How many elements of that step's new parameters and moments would not be finite, in fp32 or rounded to bf16. Changes
/// nothing.
size_t apus_adamw_overflows(size_t count, const float *parameter, const float *gradient, const float *first_moment,
                            const float *second_moment, float gradient_scale, float learning_rate, float beta1, float beta2,
                            float epsilon, float weight_decay, float bias_correction1, float bias_correction2);
/// Σ x², in double, in a fixed order.
double apus_sum_of_squares(size_t count, const float *x);
/// How many elements are NaN or infinite.
size_t apus_count_nonfinite(size_t count, const float *x);
/// Round to nearest even; NaN stays NaN.
void apus_f32_to_bf16(size_t count, const float *x, uint16_t *y);
void apus_bf16_to_f32(size_t count, const uint16_t *x, float *y);
/// CRC-32C (Castagnoli), continued from `crc` (0 to begin).
uint32_t apus_crc32c(uint32_t crc, const void *bytes, size_t count);

/// Instruction set in use: "avx512", "avx2", "neon" or "generic".
const char *apus_instruction_set(void);
/// For tests: makes later calls of this thread use this instruction set (null: the best again). False, and the best, if the
/// processor lacks it.
bool apus_force_instruction_set(const char *name);
/// Fused multiply-adds on registers only; returns floating-point operations done. Times the machine's fp32 peak.
double apus_fma_peak_probe(size_t iterations);
/// The same of what products in bf16 arithmetic are made of: the matrix unit's instruction on its own registers, or fused
/// multiply-adds where there is no such unit.
double apus_bf16_peak_probe(size_t iterations);

#ifdef __cplusplus
}
#endif
#endif
