// Every kernel once: K(result, name, parameters, arguments). From this list come the table of function pointers that each
// instruction set fills, and the public functions apus_<name> that call through it.
#ifndef APUS_KERNEL_TABLE_H
#define APUS_KERNEL_TABLE_H

#include "include/CKernels.h"

#define APUS_KERNELS(K)                                                                                                \
    K(void, pack, (const void *w, apus_dtype dtype, size_t n, size_t k, void *packed), (w, dtype, n, k, packed))       \
    K(void, pack_transposed, (const void *w, apus_dtype dtype, size_t n, size_t k, void *packed),                      \
      (w, dtype, n, k, packed))                                                                                        \
    K(void, gemm_packed,                                                                                               \
      (size_t m, size_t n, size_t k, const float *a, size_t lda, const void *packed, apus_dtype dtype, float *c,       \
       size_t ldc, bool accumulate, size_t column_begin, size_t column_end),                                           \
      (m, n, k, a, lda, packed, dtype, c, ldc, accumulate, column_begin, column_end))                                  \
    K(size_t, quantised_stride, (size_t k), (k))                                                                       \
    K(size_t, quantised_scales, (size_t k), (k))                                                                       \
    K(size_t, packed_int8_bytes, (size_t n, size_t k), (n, k))                                                         \
    K(void, pack_int8,                                                                                                 \
      (const void *w, apus_dtype dtype, size_t n, size_t k, void *packed, float *row, int16_t *quantised),             \
      (w, dtype, n, k, packed, row, quantised))                                                                        \
    K(void, quantise_rows, (size_t rows, size_t k, const float *x, size_t ldx, int16_t *q, float *scales),             \
      (rows, k, x, ldx, q, scales))                                                                                    \
    K(void, gemm_int8,                                                                                                 \
      (size_t m, size_t n, size_t k, const int16_t *q, const float *scales, const void *packed, float *c, size_t ldc,  \
       bool accumulate, size_t column_begin, size_t column_end),                                                       \
      (m, n, k, q, scales, packed, c, ldc, accumulate, column_begin, column_end))                                      \
    K(size_t, bf16_stride, (size_t k), (k))                                                                            \
    K(size_t, packed_bf16_bytes, (size_t n, size_t k), (n, k))                                                         \
    K(void, pack_bf16, (const void *w, apus_dtype dtype, size_t n, size_t k, void *packed), (w, dtype, n, k, packed))  \
    K(void, pack_bf16_transposed, (const void *w, apus_dtype dtype, size_t n, size_t k, void *packed),                 \
      (w, dtype, n, k, packed))                                                                                        \
    K(void, round_rows, (size_t rows, size_t k, const float *x, size_t ldx, uint16_t *q), (rows, k, x, ldx, q))        \
    K(void, gemm_bf16,                                                                                                 \
      (size_t m, size_t n, size_t k, const uint16_t *q, const void *packed, float *c, size_t ldc, bool accumulate,     \
       size_t column_begin, size_t column_end),                                                                        \
      (m, n, k, q, packed, c, ldc, accumulate, column_begin, column_end))                                              \
    K(size_t, gemm_gradient_bf16_scratch, (size_t k), (k))                                                             \
    K(void, gemm_gradient_bf16,                                                                                        \
      (size_t m, size_t n, size_t k, const float *dy, size_t lddy, const float *x, size_t ldx, float *dw, size_t lddw, \
       size_t row_begin, size_t row_end, float *scratch),                                                              \
      (m, n, k, dy, lddy, x, ldx, dw, lddw, row_begin, row_end, scratch))                                              \
    K(size_t, gemm_gradient_scratch, (void), ())                                                                       \
    K(void, gemm_gradient,                                                                                             \
      (size_t m, size_t n, size_t k, const float *dy, size_t lddy, const float *x, size_t ldx, float *dw, size_t lddw, \
       size_t row_begin, size_t row_end, float *scratch),                                                              \
      (m, n, k, dy, lddy, x, ldx, dw, lddw, row_begin, row_end, scratch))                                              \
    K(void, rmsnorm,                                                                                                   \
      (size_t rows, size_t dim, const float *x, size_t ldx, const float *weight, float epsilon, float *y, size_t ldy,  \
       float *inverse_rms),                                                                                            \
      (rows, dim, x, ldx, weight, epsilon, y, ldy, inverse_rms))                                                       \
    K(void, rmsnorm_backward,                                                                                          \
      (size_t rows, size_t dim, const float *x, size_t ldx, const float *weight, const float *inverse_rms,             \
       const float *dy, size_t lddy, float *dx, size_t lddx, bool accumulate, float *dweight),                         \
      (rows, dim, x, ldx, weight, inverse_rms, dy, lddy, dx, lddx, accumulate, dweight))                               \
    K(void, rope,                                                                                                      \
      (size_t rows, size_t heads, size_t head_dim, float *x, size_t ldx, const int32_t *positions,                     \
       const float *cosine, const float *sine, bool inverse),                                                          \
      (rows, heads, head_dim, x, ldx, positions, cosine, sine, inverse))                                               \
    K(void, swiglu, (size_t rows, size_t dim, const float *gate_up, size_t ld, float *y, size_t ldy),                  \
      (rows, dim, gate_up, ld, y, ldy))                                                                                \
    K(void, swiglu_rounded, (size_t rows, size_t dim, const float *gate_up, size_t ld, uint16_t *q, size_t ldq),       \
      (rows, dim, gate_up, ld, q, ldq))                                                                                \
    K(void, swiglu_backward,                                                                                           \
      (size_t rows, size_t dim, const float *gate_up, size_t ld, const float *dy, size_t lddy, float *dgate_up,        \
       size_t lddgate_up),                                                                                             \
      (rows, dim, gate_up, ld, dy, lddy, dgate_up, lddgate_up))                                                        \
    K(void, add_bias, (size_t rows, size_t dim, const float *bias, float *y, size_t ldy), (rows, dim, bias, y, ldy))   \
    K(void, add, (size_t count, const float *x, float *y), (count, x, y))                                              \
    K(void, add_scaled, (size_t count, float scale, const float *x, float *y), (count, scale, x, y))                   \
    K(void, store_key_value,                                                                                           \
      (size_t kv_heads, size_t head_dim, const float *key, const float *value, size_t lane, float *key_block,          \
       float *value_block),                                                                                            \
      (kv_heads, head_dim, key, value, lane, key_block, value_block))                                                  \
    K(size_t, attention_scratch, (size_t heads, size_t kv_heads, size_t head_dim, size_t max_key_count),               \
      (heads, kv_heads, head_dim, max_key_count))                                                                      \
    K(void, attention,                                                                                                 \
      (size_t rows, size_t heads, size_t kv_heads, size_t head_dim, float scale, const float *q, size_t ldq,           \
       const apus_attention_row *table, float *out, size_t ldo, float *log_sum_exp, float *scratch),                   \
      (rows, heads, kv_heads, head_dim, scale, q, ldq, table, out, ldo, log_sum_exp, scratch))                         \
    K(size_t, attention_backward_scratch,                                                                              \
      (size_t heads, size_t kv_heads, size_t head_dim, size_t query_count, size_t prefix_length),                      \
      (heads, kv_heads, head_dim, query_count, prefix_length))                                                         \
    K(void, attention_backward,                                                                                        \
      (size_t heads, size_t kv_heads, size_t head_dim, size_t kv_head, float scale, size_t query_begin,                \
       size_t query_count, size_t prefix_begin, size_t prefix_length, const float *q, const float *k, const float *v,  \
       const float *out, const float *log_sum_exp, const float *dout, float *dq, float *dk, float *dv,                 \
       float *scratch),                                                                                                \
      (heads, kv_heads, head_dim, kv_head, scale, query_begin, query_count, prefix_begin, prefix_length, q, k, v, out, \
       log_sum_exp, dout, dq, dk, dv, scratch))                                                                        \
    K(void, router,                                                                                                    \
      (size_t rows, size_t experts, size_t top_k, bool normalise, const float *logits, const int16_t *replay,          \
       int16_t *ids, float *gates, float *probabilities),                                                              \
      (rows, experts, top_k, normalise, logits, replay, ids, gates, probabilities))                                    \
    K(void, router_backward,                                                                                           \
      (size_t rows, size_t experts, size_t top_k, bool normalise, const float *probabilities, const int16_t *ids,      \
       const float *gates, const float *dgates, float *dlogits),                                                       \
      (rows, experts, top_k, normalise, probabilities, ids, gates, dgates, dlogits))                                   \
    K(void, choose_experts, (size_t rows, size_t experts, size_t top_k, const float *probabilities, int16_t *ids),     \
      (rows, experts, top_k, probabilities, ids))                                                                      \
    K(double, balance_backward,                                                                                        \
      (size_t rows, size_t experts, const float *probabilities, const float *dprobabilities, float *dlogits),          \
      (rows, experts, probabilities, dprobabilities, dlogits))                                                         \
    K(void, softmax_part,                                                                                              \
      (size_t rows, size_t columns, const float *logits, size_t ld, float inverse_temperature,                         \
       apus_partial_softmax *parts, size_t stride),                                                                    \
      (rows, columns, logits, ld, inverse_temperature, parts, stride))                                                 \
    K(void, log_sum_exp_of_parts,                                                                                      \
      (size_t rows, size_t count, const apus_partial_softmax *parts, float *log_sum, float *entropy),                  \
      (rows, count, parts, log_sum, entropy))                                                                          \
    K(void, log_sum_exp,                                                                                               \
      (size_t rows, size_t vocabulary, const float *logits, size_t ld, float inverse_temperature, float *log_sum,      \
       float *entropy),                                                                                                \
      (rows, vocabulary, logits, ld, inverse_temperature, log_sum, entropy))                                           \
    K(void, log_prob_backward,                                                                                         \
      (size_t rows, size_t vocabulary, float *logits, size_t ld, float inverse_temperature, const float *log_sum_exp,  \
       const float *entropy, const int32_t *offsets, const int32_t *targets, const float *dlogprob,                    \
       const float *dentropy),                                                                                         \
      (rows, vocabulary, logits, ld, inverse_temperature, log_sum_exp, entropy, offsets, targets, dlogprob, dentropy)) \
    K(int32_t, sample,                                                                                                 \
      (size_t vocabulary, const float *logits, float inverse_temperature, float log_sum_exp, double uniform),          \
      (vocabulary, logits, inverse_temperature, log_sum_exp, uniform))                                                 \
    K(int32_t, argmax, (size_t vocabulary, const float *logits), (vocabulary, logits))                                 \
    K(void, adamw,                                                                                                     \
      (size_t count, float *parameter, const float *gradient, float *first_moment, float *second_moment,               \
       float gradient_scale, float learning_rate, float beta1, float beta2, float epsilon, float weight_decay,         \
       float bias_correction1, float bias_correction2),                                                                \
      (count, parameter, gradient, first_moment, second_moment, gradient_scale, learning_rate, beta1, beta2, epsilon,  \
       weight_decay, bias_correction1, bias_correction2))                                                              \
    K(size_t, adamw_overflows,                                                                                         \
      (size_t count, const float *parameter, const float *gradient, const float *first_moment,                         \
       const float *second_moment, float gradient_scale, float learning_rate, float beta1, float beta2, float epsilon, \
       float weight_decay, float bias_correction1, float bias_correction2),                                            \
      (count, parameter, gradient, first_moment, second_moment, gradient_scale, learning_rate, beta1, beta2, epsilon,  \
       weight_decay, bias_correction1, bias_correction2))                                                              \
    K(double, sum_of_squares, (size_t count, const float *x), (count, x))                                              \
    K(size_t, count_nonfinite, (size_t count, const float *x), (count, x))                                             \
    K(void, f32_to_bf16, (size_t count, const float *x, uint16_t *y), (count, x, y))                                   \
    K(void, bf16_to_f32, (size_t count, const uint16_t *x, float *y), (count, x, y))                                   \
    K(uint32_t, crc32c, (uint32_t crc, const void *bytes, size_t count), (crc, bytes, count))                          \
    K(double, fma_peak_probe, (size_t iterations), (iterations))                                                       \
    K(double, bf16_peak_probe, (size_t iterations), (iterations))

#define APUS_MEMBER(result, name, parameters, arguments) result(*name) parameters;

/// The kernels compiled for one instruction set.
typedef struct {
    const char *instruction_set;
    APUS_KERNELS(APUS_MEMBER)
} apus_kernels;

#if defined(__x86_64__)
extern const apus_kernels apus_kernels_amx, apus_kernels_avx512vnni, apus_kernels_avx512, apus_kernels_avx2;
#endif
extern const apus_kernels apus_kernels_generic;

#endif
