// The register tile that all matrix products are made of: c[R][16·V] (+)= a[R][k] · b[k][16·V].
// Each element is one chain of fused multiply-adds over k, so tiles of any shape give the same bits.

/// Columns of k that one tile covers at most, and the row stride of a tile's left operand. The stride is a constant so that
/// rows are addressed by immediates, and 16 more than a power of two so that rows don't share cache sets.
#define DEPTH 256
#define STRIDE 272

// Accumulators fill the register file: 32 registers of 16 lanes; 16 of 8; 32 of 4. Few rows make too few chains to hide the
// latency of a multiply-add: up to FEW_ROWS take two panels of weights at once. Where a tile is one vector wide, up to
// DOUBLE_ROWS take two.
#if defined(APUS_AVX512)
#define TILE_ROWS 14
#define TILE_VECTORS 2
#define FEW_ROWS 6
#else
#define TILE_ROWS 6
#define TILE_VECTORS 1
#define FEW_ROWS 1
#define DOUBLE_ROWS 2
#endif
#define MOST_VECTORS 4

/// Right operand: vector v of row i is at vectors[v] + i·stride, counted in words of four bytes. What begins at next[v] is
/// wanted soon and prefetched into the second-level cache, `next_step` bytes further with each row, as processors don't do that
/// well by themselves.
typedef struct {
    const uint32_t *vectors[MOST_VECTORS];
    const uint32_t *next[MOST_VECTORS];
    size_t stride, next_step;
} right_operand;

/// bf16 pairs two columns in a word: even vectors are the low halves, odd ones the high.
INLINE f32x16 load_weights(const uint32_t *words, bool bf16, size_t v) {
    const u32x16 pairs = *(const u32x16_unaligned *)words;
    if (!bf16) return (f32x16)pairs;
    return (f32x16)(v % 2 == 0 ? pairs << 16 : pairs & 0xffff0000u);
}

/// `rows`, `vectors`, `bf16` and `first` (the number of the first vector) are constants at every call.
INLINE void tile(size_t rows, size_t vectors, bool bf16, size_t first, size_t k, const float *a, const right_operand *b,
                 float *c, size_t c_stride, bool accumulate) {
    f32x16 sum[TILE_ROWS][MOST_VECTORS];
    const uint32_t *from[MOST_VECTORS], *next[MOST_VECTORS];
    const size_t stride = b->stride, next_step = b->next_step;
#pragma clang loop unroll(full)
    for (size_t v = 0; v < vectors; v += 1) {
        from[v] = b->vectors[v];
        next[v] = b->next[v];
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r += 1)
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v += 1)
            sum[r][v] = accumulate ? load(c + r * c_stride + v * LANES) : splat(0.0f);
    for (size_t i = 0; i < k; i += 1) {
        f32x16 weights[MOST_VECTORS];
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v += 1) {
            if (!bf16 || v % 2 == 0) __builtin_prefetch((const char *)next[v] + i * next_step, 0, 2);
            weights[v] = load_weights(from[v] + i * stride, bf16, first + v);
        }
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r += 1) {
            const f32x16 x = splat(a[r * STRIDE + i]);
#pragma clang loop unroll(full)
            for (size_t v = 0; v < vectors; v += 1) sum[r][v] = fma16(x, weights[v], sum[r][v]);
        }
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r += 1)
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v += 1) store(c + r * c_stride + v * LANES, sum[r][v]);
}

typedef void tile_function(size_t k, const float *a, const right_operand *b, float *c, size_t c_stride, bool accumulate);

// One function for each number of rows, and the table of them.
#define TILE(rows, name, vectors, bf16, first)                                                            \
    static void name##_##rows(size_t k, const float *a, const right_operand *b, float *c, size_t c_stride, \
                              bool accumulate) {                                                          \
        tile(rows, vectors, bf16, first, k, a, b, c, c_stride, accumulate);                               \
    }
#define TILES_1(...) TILE(1, __VA_ARGS__)
#define TILES_2(...) TILES_1(__VA_ARGS__) TILE(2, __VA_ARGS__)
#define TILES_6(...) TILES_2(__VA_ARGS__) TILE(3, __VA_ARGS__) TILE(4, __VA_ARGS__) TILE(5, __VA_ARGS__) TILE(6, __VA_ARGS__)
#define TILES_10(...) \
    TILES_6(__VA_ARGS__) TILE(7, __VA_ARGS__) TILE(8, __VA_ARGS__) TILE(9, __VA_ARGS__) TILE(10, __VA_ARGS__)
#define TILES_14(...) \
    TILES_10(__VA_ARGS__) TILE(11, __VA_ARGS__) TILE(12, __VA_ARGS__) TILE(13, __VA_ARGS__) TILE(14, __VA_ARGS__)
#define NAMES_1(name) name##_1
#define NAMES_2(name) NAMES_1(name), name##_2
#define NAMES_6(name) NAMES_2(name), name##_3, name##_4, name##_5, name##_6
#define NAMES_14(name) \
    NAMES_6(name), name##_7, name##_8, name##_9, name##_10, name##_11, name##_12, name##_13, name##_14
#define TABLE(count, name, ...) \
    TILES_##count(name, __VA_ARGS__) static tile_function *const name[count] = {NAMES_##count(name)};

#if TILE_VECTORS == 2
TABLE(14, tile_single, 1, false, 0)
TABLE(14, tile_double, 2, false, 0)
TABLE(14, tile_bf16, 2, true, 0)
TABLE(6, tile_double_pair, 4, false, 0)
TABLE(6, tile_bf16_pair, 4, true, 0)
#else
TABLE(6, tile_single, 1, false, 0)
TABLE(6, tile_bf16_low, 1, true, 0)
TABLE(6, tile_bf16_high, 1, true, 1)
TABLE(2, tile_double, 2, false, 0)
TABLE(2, tile_bf16, 2, true, 0)
TABLE(1, tile_double_pair, 4, false, 0)
TABLE(1, tile_bf16_pair, 4, true, 0)
#endif

/// An fp32 right operand of two vectors, or of one (then the second pair of pointers is ignored).
INLINE right_operand operand_of(const float *first, const float *second, const float *next_first,
                                const float *next_second, size_t stride) {
    return (right_operand){.vectors = {(const uint32_t *)first, (const uint32_t *)second},
                           .next = {(const uint32_t *)next_first, (const uint32_t *)next_second},
                           .stride = stride, .next_step = stride * sizeof(float)};
}

/// c[rows][16·vectors] (+)= a[rows][k] · b[k][16·vectors], fp32, for vectors 1 or 2 and k ≤ DEPTH; any number of rows, split
/// evenly into tiles. a has row stride STRIDE.
static void multiply(size_t rows, size_t vectors, size_t k, const float *a, const right_operand *b, float *c,
                     size_t c_stride, bool accumulate) {
#if TILE_VECTORS == 1
    const right_operand second = {
        .vectors = {b->vectors[1]}, .next = {b->next[1]}, .stride = b->stride, .next_step = b->next_step};
#endif
    for (size_t tiles = ceiling_divide(rows, TILE_ROWS); tiles > 0; tiles -= 1) {
        const size_t count = ceiling_divide(rows, tiles);
#if TILE_VECTORS == 2
        (vectors == 2 ? tile_double : tile_single)[count - 1](k, a, b, c, c_stride, accumulate);
#else
        if (vectors == 2 && count <= DOUBLE_ROWS) tile_double[count - 1](k, a, b, c, c_stride, accumulate);
        else tile_single[count - 1](k, a, b, c, c_stride, accumulate);
        if (vectors == 2 && count > DOUBLE_ROWS) tile_single[count - 1](k, a, &second, c + LANES, c_stride, accumulate);
#endif
        rows -= count;
        a += count * STRIDE;
        c += count * c_stride;
    }
}

/// Copies a[rows][columns] into the layout of a tile's left operand.
INLINE void gather_rows(size_t rows, size_t columns, const float *a, size_t lda, float *tile_rows) {
    for (size_t r = 0; r < rows; r += 1) memcpy(tile_rows + r * STRIDE, a + r * lda, columns * sizeof(float));
}
