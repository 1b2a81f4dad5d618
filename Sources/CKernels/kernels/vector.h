// Sixteen fp32 lanes, whatever the instruction set: the compiler splits them into the registers it has.
#ifndef APUS_VECTOR_H
#define APUS_VECTOR_H

#define INLINE static inline __attribute__((always_inline))
#define LANES 16

typedef float f32x16 __attribute__((vector_size(64)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef uint32_t u32x16 __attribute__((vector_size(64)));
typedef uint16_t u16x16 __attribute__((vector_size(32)));
typedef double f64x16 __attribute__((vector_size(128)));
typedef float f32x16_unaligned __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint32_t u32x16_unaligned __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint16_t u16x16_unaligned __attribute__((vector_size(32), aligned(2), may_alias));

INLINE size_t minimum(size_t a, size_t b) { return a < b ? a : b; }
INLINE size_t maximum(size_t a, size_t b) { return a > b ? a : b; }
INLINE size_t ceiling_divide(size_t a, size_t b) { return (a + b - 1) / b; }
INLINE size_t round_up(size_t a, size_t b) { return ceiling_divide(a, b) * b; }

INLINE f32x16 splat(float x) { return (f32x16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }
INLINE f32x16 load(const float *x) { return *(const f32x16_unaligned *)x; }
INLINE void store(float *y, f32x16 x) { *(f32x16_unaligned *)y = x; }

/// The first `count` < 16 elements; the other lanes are +0.
INLINE f32x16 load_first(const float *x, size_t count) {
    float lanes[LANES] __attribute__((aligned(64))) = {0};
    for (size_t i = 0; i < count; i += 1) lanes[i] = x[i];
    return load(lanes);
}

INLINE void store_first(float *y, size_t count, f32x16 x) {
    float lanes[LANES] __attribute__((aligned(64)));
    store(lanes, x);
    for (size_t i = 0; i < count; i += 1) y[i] = lanes[i];
}

INLINE f32x16 load_up_to(const float *x, size_t count) { return count >= LANES ? load(x) : load_first(x, count); }
INLINE void store_up_to(float *y, size_t count, f32x16 x) {
    if (count >= LANES) store(y, x);
    else store_first(y, count, x);
}

INLINE f32x16 fma16(f32x16 a, f32x16 b, f32x16 c) { return __builtin_elementwise_fma(a, b, c); }
INLINE f32x16 sqrt16(f32x16 x) { return __builtin_elementwise_sqrt(x); }

/// Lanes of `a` where `mask` is all ones, of `b` where it is zero.
INLINE f32x16 select16(i32x16 mask, f32x16 a, f32x16 b) {
    return (f32x16)((mask & (i32x16)a) | (~mask & (i32x16)b));
}

/// The larger of each pair of lanes; `b` where either is NaN.
INLINE f32x16 max16(f32x16 a, f32x16 b) { return select16(a > b, a, b); }

/// All ones in the first `count` lanes.
INLINE i32x16 first_lanes(size_t count) {
    const i32x16 index = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const int32_t limit = (int32_t)minimum(count, LANES);
    return index < (i32x16){limit, limit, limit, limit, limit, limit, limit, limit,
                            limit, limit, limit, limit, limit, limit, limit, limit};
}

#define FOLD(x, operation)                                                                                     \
    x = operation(x, __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));     \
    x = operation(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));     \
    x = operation(x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));     \
    x = operation(x, __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));

INLINE f32x16 add16(f32x16 a, f32x16 b) { return a + b; }

/// The one tree over lanes: i + (i+8), then + (i+4), + (i+2), + (i+1).
INLINE float sum_of_lanes(f32x16 x) {
    FOLD(x, add16)
    return x[0];
}

INLINE float max_of_lanes(f32x16 x) {
    FOLD(x, max16)
    return x[0];
}

/// The same tree in double.
INLINE double sum_of_wide_lanes(f64x16 x) {
    typedef double f64x8 __attribute__((vector_size(64)));
    typedef double f64x4 __attribute__((vector_size(32)));
    const f64x8 x8 = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7) +
                     __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
    const f64x4 x4 = __builtin_shufflevector(x8, x8, 0, 1, 2, 3) + __builtin_shufflevector(x8, x8, 4, 5, 6, 7);
    return (x4[0] + x4[2]) + (x4[1] + x4[3]);
}

INLINE f64x16 widen(f32x16 x) { return __builtin_convertvector(x, f64x16); }

/// Transposes a 16×16 tile: to[j][i] = from[i][j].
INLINE void transpose(const float *from, size_t from_stride, float *to, size_t to_stride) {
    f32x16 a[LANES], b[LANES];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < LANES; i += 1) a[i] = load(from + i * from_stride);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 8; i += 1) {
        b[2 * i] = __builtin_shufflevector(a[i], a[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        b[2 * i + 1] =
            __builtin_shufflevector(a[i], a[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 8; i += 1) {
        a[2 * i] = __builtin_shufflevector(b[i], b[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        a[2 * i + 1] =
            __builtin_shufflevector(b[i], b[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 8; i += 1) {
        b[2 * i] = __builtin_shufflevector(a[i], a[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        b[2 * i + 1] =
            __builtin_shufflevector(a[i], a[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < 8; i += 1) {
        store(to + 2 * i * to_stride,
              __builtin_shufflevector(b[i], b[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
        store(to + (2 * i + 1) * to_stride,
              __builtin_shufflevector(b[i], b[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
    }
}

#endif
