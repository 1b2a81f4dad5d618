// Matrix product of rows and weights that are both rounded to eight bits, for quantised rollouts.
//
// A row of weights (one output channel) becomes integers −127 … 127 and one scale, the largest magnitude over 127; a row of
// activations likewise with a scale for every 64 inputs, since activations have outliers. Sums of products of integers are
// exact, so they have no order; with b the blocks of 64 inputs in order and sums that start at +0,
//     y = (… fma(sum_b, activation scale_b, …)) · weight scale.
// Hence the bits are the same everywhere.
//
// Packed weights: strips of eight output columns, for every four inputs in order [8 columns][4 inputs] bytes; after the last
// strip one scale per column. Columns and inputs that don't exist are zeros.

#define STRIP 8
#define QUAD 4
/// Inputs with a scale of their own.
#define SCALED_INPUTS 64
/// Rows of one tile: two accumulators each, of sixteen registers or of thirty-two; and how an activation is kept, since
/// vpdpbusd wants one factor without sign.
#if defined(APUS_VNNI)
#define QUANTISED_ROWS 8
typedef uint8_t activation;
#else
#define QUANTISED_ROWS 6
typedef int16_t activation;
#endif

typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef float f32x8 __attribute__((vector_size(32)));
typedef int16_t i16x16 __attribute__((vector_size(32)));
typedef int8_t i8x16 __attribute__((vector_size(16)));
typedef uint64_t u64x4 __attribute__((vector_size(32)));
typedef int8_t i8x16_unaligned __attribute__((vector_size(16), aligned(1), may_alias));
typedef int16_t i16x16_unaligned __attribute__((vector_size(32), aligned(2), may_alias));
typedef float f32x8_unaligned __attribute__((vector_size(32), aligned(4), may_alias));

static size_t quantised_stride(size_t k) { return round_up(k, QUAD); }
static size_t quantised_scales(size_t k) { return ceiling_divide(k, SCALED_INPUTS); }
INLINE size_t strip_bytes(size_t k) { return quantised_stride(k) * STRIP; }

static size_t packed_int8_bytes(size_t n, size_t k) {
    const size_t strips = ceiling_divide(n, STRIP);
    return strips * strip_bytes(k) + strips * STRIP * sizeof(float);
}

/// The scale of `k` inputs, and in *inverse what its elements are multiplied by. One that is not finite makes it NaN, so that what is not finite is seen in the result.
INLINE float scale_of(size_t k, const float *x, float *inverse) {
    u32x16 most = (u32x16)splat(0.0f);
    for (size_t i = 0; i < k; i += LANES) {
        const u32x16 magnitude = (u32x16)load_up_to(x + i, k - i) & 0x7fffffffu;
        const u32x16 greater = (u32x16)(magnitude > most);
        most = (magnitude & greater) | (most & ~greater);
    }
    uint32_t bits = 0;
    for (size_t lane = 0; lane < LANES; lane += 1) bits = most[lane] > bits ? most[lane] : bits;
    float largest;
    memcpy(&largest, &bits, sizeof bits);
    if (bits >= 0x7f800000u) {
        *inverse = 0.0f;
        return __builtin_nanf("");
    }
    // The inverse of less would overflow, and inputs of less than 2⁻¹⁰⁰ are nothing.
    *inverse = largest < 0x1p-100f ? 0.0f : 127.0f / largest;
    return largest / 127.0f;
}

/// Nearest integers, ties to even: adding 1.5·2²³ leaves them in the low bits. Not finite gives anything.
INLINE i32x16 nearest(f32x16 x) {
    const i32x16 bits = (i32x16)(x + splat(12582912.0f));
    return bits - (i32x16)splat(12582912.0f);
}

/// q[k rounded up to 4] and the common scale of `k` inputs.
INLINE float quantise_block(size_t k, const float *x, int16_t *q) {
    float inverse;
    const float scale = scale_of(k, x, &inverse);
    size_t i = 0;
    for (; i + LANES <= k; i += LANES)
        *(i16x16_unaligned *)(q + i) = __builtin_convertvector(nearest(load(x + i) * splat(inverse)), i16x16);
    if (i < k) {
        const i32x16 last = nearest(load_first(x + i, k - i) * splat(inverse));
        for (size_t lane = 0; i + lane < quantised_stride(k); lane += 1) q[i + lane] = (int16_t)last[lane];
    }
    return scale;
}

/// The place of a row is the same for all instruction sets; what is in it is not.
static void quantise_rows(size_t rows, size_t k, const float *x, size_t ldx, int16_t *q, float *scales) {
    const size_t stride = quantised_stride(k), blocks = quantised_scales(k);
    for (size_t r = 0; r < rows; r += 1)
        for (size_t block = 0; block < blocks; block += 1) {
            const size_t first = block * SCALED_INPUTS, count = minimum(SCALED_INPUTS, k - first);
            activation *to = (activation *)(q + r * stride) + first;
#if defined(APUS_VNNI)
            int16_t numbers[SCALED_INPUTS];
            scales[r * blocks + block] = quantise_block(count, x + r * ldx + first, numbers);
            for (size_t i = 0; i < quantised_stride(count); i += 1) to[i] = (activation)(numbers[i] + 128);
#else
            scales[r * blocks + block] = quantise_block(count, x + r * ldx + first, to);
#endif
        }
}

static void pack_int8(const void *w, apus_dtype dtype, size_t n, size_t k, void *packed, float *row,
                      int16_t *quantised) {
    const size_t stride = quantised_stride(k), strips = ceiling_divide(n, STRIP);
    int8_t *bytes = packed;
    float *scales = (float *)(void *)(bytes + strips * strip_bytes(k));
    memset(packed, 0, packed_int8_bytes(n, k));
    for (size_t column = 0; column < n; column += 1) {
        if (dtype == APUS_BF16) bf16_to_f32(k, (const uint16_t *)w + column * k, row);
        const float *from = dtype == APUS_BF16 ? row : (const float *)w + column * k;
        scales[column] = quantise_block(k, from, quantised);
        int8_t *to = bytes + column / STRIP * strip_bytes(k) + column % STRIP * QUAD;
        for (size_t i = 0; i < stride; i += 1) to[i / QUAD * STRIP * QUAD + i % QUAD] = (int8_t)quantised[i];
    }
}

/// What one call of a tile works on: `rows` quantised rows against one strip of columns.
typedef struct {
    size_t quads;
    const activation *rows;
    size_t row_stride;
    const int8_t *weights, *next;   // next: wanted soon, `next_step` bytes further with each quad
    size_t next_step;
    const float *row_scales;        // [rows][blocks]
    size_t blocks;
    const float *column_scales;
    float *to;
    size_t to_stride;
    bool accumulate;
} quantised_product;

/// What is read along the inputs; each part moves on with every four of them.
typedef struct {
    const activation *x;
    const int8_t *weights, *next;
} quantised_reader;

#if defined(APUS_VNNI)

typedef int32_t i32x8_unaligned __attribute__((vector_size(32), aligned(4), may_alias));

/// Sums over `quads` quads of inputs for each row. Activations have 128 added, so 128 · Σ weights is taken off again.
INLINE void sum_quads(size_t rows, size_t quads, const quantised_product *p, quantised_reader *reader, i32x8 *sums) {
    const i32x8 offset = (i32x8){0} + (int32_t)0x80808080;
    i32x8 even[QUANTISED_ROWS], odd[QUANTISED_ROWS], even_excess = {0}, odd_excess = {0};
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r += 1) even[r] = odd[r] = (i32x8){0};
    const activation *x = reader->x;
    const int8_t *w = reader->weights, *next = reader->next;
    size_t quad = 0;
    for (; quad + 2 <= quads; quad += 2) {
        __builtin_prefetch(next, 0, 2);
        __builtin_prefetch(next + p->next_step, 0, 2);
        const i32x8 first = *(const i32x8_unaligned *)w, second = *(const i32x8_unaligned *)(w + STRIP * QUAD);
        even_excess = __builtin_ia32_vpdpbusd256(even_excess, offset, first);
        odd_excess = __builtin_ia32_vpdpbusd256(odd_excess, offset, second);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r += 1) {
            int32_t a, b;
            memcpy(&a, x + r * p->row_stride, sizeof a);
            memcpy(&b, x + r * p->row_stride + QUAD, sizeof b);
            even[r] = __builtin_ia32_vpdpbusd256(even[r], (i32x8){a, a, a, a, a, a, a, a}, first);
            odd[r] = __builtin_ia32_vpdpbusd256(odd[r], (i32x8){b, b, b, b, b, b, b, b}, second);
        }
        x += 2 * QUAD;
        w += 2 * STRIP * QUAD;
        next += 2 * p->next_step;
    }
    if (quad < quads) {
        const i32x8 last = *(const i32x8_unaligned *)w;
        even_excess = __builtin_ia32_vpdpbusd256(even_excess, offset, last);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r += 1) {
            int32_t a;
            memcpy(&a, x + r * p->row_stride, sizeof a);
            even[r] = __builtin_ia32_vpdpbusd256(even[r], (i32x8){a, a, a, a, a, a, a, a}, last);
        }
        x += QUAD;
        w += STRIP * QUAD;
        next += p->next_step;
    }
    *reader = (quantised_reader){x, w, next};
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r += 1) sums[r] = even[r] + odd[r] - (even_excess + odd_excess);
}

#else

/// Sums of products of adjacent pairs.
INLINE i32x8 multiply_pairs(i16x16 a, i16x16 b) {
#if defined(APUS_AVX512) || defined(APUS_AVX2)
    return (i32x8)__builtin_ia32_pmaddwd256(a, b);
#else
    const i32x16 products = __builtin_convertvector(a, i32x16) * __builtin_convertvector(b, i32x16);
    return __builtin_shufflevector(products, products, 0, 2, 4, 6, 8, 10, 12, 14) +
           __builtin_shufflevector(products, products, 1, 3, 5, 7, 9, 11, 13, 15);
#endif
}

/// Sixteen weights, four columns of four inputs, as sixteen bits each.
INLINE i16x16 load_quads(const int8_t *w) {
    return __builtin_convertvector((i8x16)*(const i8x16_unaligned *)w, i16x16);
}

/// Four activations, repeated for every column.
INLINE i16x16 repeat_quad(const int16_t *x) {
    uint64_t quad;
    memcpy(&quad, x, sizeof quad);
    return (i16x16)(u64x4){quad, quad, quad, quad};
}

/// Sums over `quads` quads of inputs for each row.
INLINE void sum_quads(size_t rows, size_t quads, const quantised_product *p, quantised_reader *reader, i32x8 *sums) {
    i32x8 low[QUANTISED_ROWS], high[QUANTISED_ROWS];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r += 1) low[r] = high[r] = (i32x8){0};
    const activation *x = reader->x;
    const int8_t *w = reader->weights, *next = reader->next;
    for (size_t quad = 0; quad < quads; quad += 1) {
        __builtin_prefetch(next, 0, 2);
        const i16x16 first = load_quads(w), second = load_quads(w + STRIP / 2 * QUAD);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r += 1) {
            const i16x16 activations = repeat_quad(x + r * p->row_stride);
            low[r] += multiply_pairs(activations, first);
            high[r] += multiply_pairs(activations, second);
        }
        x += QUAD;
        w += STRIP * QUAD;
        next += p->next_step;
    }
    *reader = (quantised_reader){x, w, next};
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r += 1)
        sums[r] = __builtin_shufflevector(low[r], high[r], 0, 2, 4, 6, 8, 10, 12, 14) +
                  __builtin_shufflevector(low[r], high[r], 1, 3, 5, 7, 9, 11, 13, 15);
}

#endif

INLINE void tile_int8(size_t rows, const quantised_product *p) {
    f32x8 totals[QUANTISED_ROWS];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r += 1) totals[r] = (f32x8){0};
    quantised_reader reader = {p->rows, p->weights, p->next};
    size_t left = p->quads;
    for (size_t block = 0; block < p->blocks; block += 1) {
        const size_t quads = minimum(left, SCALED_INPUTS / QUAD);
        left -= quads;
        i32x8 sums[QUANTISED_ROWS];
        sum_quads(rows, quads, p, &reader, sums);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r += 1) {
            const float scale = p->row_scales[r * p->blocks + block];
            totals[r] = __builtin_elementwise_fma(
                __builtin_convertvector(sums[r], f32x8), (f32x8){scale, scale, scale, scale, scale, scale, scale, scale},
                totals[r]);
        }
    }
    const f32x8 scales = *(const f32x8_unaligned *)p->column_scales;
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r += 1) {
        f32x8_unaligned *to = (f32x8_unaligned *)(p->to + r * p->to_stride);
        *to = p->accumulate ? *to + totals[r] * scales : totals[r] * scales;
    }
}

typedef void quantised_tile(const quantised_product *p);
#define QUANTISED_TILE(rows) \
    static void tile_int8_##rows(const quantised_product *p) { tile_int8(rows, p); }
QUANTISED_TILE(1)
QUANTISED_TILE(2)
QUANTISED_TILE(3)
QUANTISED_TILE(4)
QUANTISED_TILE(5)
QUANTISED_TILE(6)
#if defined(APUS_VNNI)
QUANTISED_TILE(7)
QUANTISED_TILE(8)
#endif
static quantised_tile *const quantised_tiles[QUANTISED_ROWS] = {
    tile_int8_1, tile_int8_2, tile_int8_3, tile_int8_4, tile_int8_5, tile_int8_6,
#if defined(APUS_VNNI)
    tile_int8_7, tile_int8_8,
#endif
};

/// A strip with fewer than eight real columns goes through a buffer, so that no element past them is touched.
INLINE void multiply_narrow_strip(quantised_product p, size_t rows, size_t columns) {
    float buffer[QUANTISED_ROWS * STRIP] = {0}, *to = p.to;
    const size_t stride = p.to_stride;
    for (size_t r = 0; p.accumulate && r < rows; r += 1)
        memcpy(buffer + r * STRIP, to + r * stride, columns * sizeof(float));
    p.to = buffer;
    p.to_stride = STRIP;
    quantised_tiles[rows - 1](&p);
    for (size_t r = 0; r < rows; r += 1) memcpy(to + r * stride, buffer + r * STRIP, columns * sizeof(float));
}

static void gemm_int8(size_t m, size_t n, size_t k, const int16_t *q, const float *scales, const void *packed, float *c,
                      size_t ldc, bool accumulate, size_t column_begin, size_t column_end) {
    const int8_t *bytes = packed;
    const float *column_scales = (const float *)(const void *)(bytes + ceiling_divide(n, STRIP) * strip_bytes(k));
    const size_t tiles = ceiling_divide(m, QUANTISED_ROWS), end = minimum(column_end, n);
    for (size_t column = column_begin; column < end; column += STRIP)
        for (size_t tile = 0; tile < tiles; tile += 1) {
            const size_t row = tile * m / tiles, rows = (tile + 1) * m / tiles - row;
            const size_t step = ceiling_divide(STRIP * QUAD, tiles), columns = minimum(STRIP, end - column);
            const quantised_product p = {.quads = quantised_stride(k) / QUAD,
                                         .rows = (const activation *)(q + row * quantised_stride(k)),
                                         .row_stride = quantised_stride(k) * sizeof *q / sizeof(activation),
                                         .weights = bytes + column / STRIP * strip_bytes(k),
                                         .next = bytes + (column / STRIP + 1) * strip_bytes(k) +
                                                 tile * (quantised_stride(k) / QUAD) * step,
                                         .next_step = step,
                                         .row_scales = scales + row * quantised_scales(k),
                                         .blocks = quantised_scales(k),
                                         .column_scales = column_scales + column,
                                         .to = c + row * ldc + column - column_begin,
                                         .to_stride = ldc,
                                         .accumulate = accumulate};
            if (columns == STRIP) quantised_tiles[rows - 1](&p);
            else multiply_narrow_strip(p, rows, columns);
        }
}
