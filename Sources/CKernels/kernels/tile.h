// The register tile that all matrix products are made of: c[R][16·V] (+)= a[R][k] · b[k][16·V].
// Each element is one chain of fused multiply-adds over k, so tiles of any shape give the same bits.

/// Columns of k that one tile call covers at most, and the row stride of a tile's left operand. The stride is a constant
/// so that rows are addressed by immediates, and 16 more than a power of two so that rows don't share cache sets.
#define DEPTH 256
#define STRIDE 272

// Accumulators fill the register file: 32 registers of 16 lanes; 16 of 8; 32 of 4.
#if defined(APUS_AVX512)
#define TILE_ROWS 14
#define TILE_VECTORS 2
#else
#define TILE_ROWS 6
#define TILE_VECTORS 1
#endif

/// Vector `v` of a row of weights. bf16 pairs two columns in 32 bits: even vectors are the low halves, odd ones the high.
INLINE f32x16 load_weights(const void *b, size_t offset, bool bf16, size_t v) {
    if (!bf16) return load((const float *)b + offset);
    const u32x16 pairs = *(const u32x16_unaligned *)((const uint32_t *)b + offset);
    return (f32x16)(v % 2 == 0 ? pairs << 16 : pairs & 0xffff0000u);
}

/// `rows`, `vectors`, `bf16` and `first` (parity of the first vector) are constants at every call.
INLINE void tile(size_t rows, size_t vectors, bool bf16, size_t first, size_t k, const float *a, size_t a_stride,
                 const void *const *b, size_t b_stride, const char *next, float *c, size_t c_stride, bool accumulate) {
    f32x16 sum[TILE_ROWS][8];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r += 1)
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v += 1)
            sum[r][v] = accumulate ? load(c + r * c_stride + v * LANES) : splat(0.0f);
    for (size_t i = 0; i < k; i += 1) {
        f32x16 weights[8];
        __builtin_prefetch(next + i * b_stride * 4, 0, 2);
        if (!bf16 && vectors > 1) __builtin_prefetch(next + i * b_stride * 4 + 64, 0, 2);
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v += 1) weights[v] = load_weights(b[v], i * b_stride, bf16, first + v);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r += 1) {
            const f32x16 x = splat(a[r * a_stride + i]);
#pragma clang loop unroll(full)
            for (size_t v = 0; v < vectors; v += 1) sum[r][v] = fma16(x, weights[v], sum[r][v]);
        }
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r += 1)
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v += 1) store(c + r * c_stride + v * LANES, sum[r][v]);
}

typedef void tile_function(size_t k, const float *a, const void *b0, const void *b1, size_t b_stride, const void *next, float *c,
                           size_t c_stride, bool accumulate);

#define TILE(name, rows, vectors, bf16, first)                                                                  \
    static void name##_##rows(size_t k, const float *a, const void *b0, const void *b1, size_t b_stride, const void *next, float *c, \
                              size_t c_stride, bool accumulate) {                                               \
        const void *const b[2] = {b0, b1};                                                                      \
        tile(rows, vectors, bf16, first, k, a, STRIDE, b, b_stride, next, c, c_stride, accumulate);                   \
    }
#define TILES_TO_6(name, vectors, bf16, first)                                                              \
    TILE(name, 1, vectors, bf16, first) TILE(name, 2, vectors, bf16, first) TILE(name, 3, vectors, bf16, first) \
    TILE(name, 4, vectors, bf16, first) TILE(name, 5, vectors, bf16, first) TILE(name, 6, vectors, bf16, first)
#define NAMES_TO_6(name) name##_1, name##_2, name##_3, name##_4, name##_5, name##_6
#if TILE_ROWS == 14
#define TILES(name, vectors, bf16, first)                                                                   \
    TILES_TO_6(name, vectors, bf16, first)                                                                      \
    TILE(name, 7, vectors, bf16, first) TILE(name, 8, vectors, bf16, first) TILE(name, 9, vectors, bf16, first) \
    TILE(name, 10, vectors, bf16, first) TILE(name, 11, vectors, bf16, first) TILE(name, 12, vectors, bf16, first) \
    TILE(name, 13, vectors, bf16, first) TILE(name, 14, vectors, bf16, first)                                   \
    static tile_function *const name[TILE_ROWS] = {NAMES_TO_6(name), name##_7, name##_8, name##_9, name##_10,   \
                                                   name##_11, name##_12, name##_13, name##_14};
#else
#define TILES(name, vectors, bf16, first)  \
    TILES_TO_6(name, vectors, bf16, first) \
    static tile_function *const name[TILE_ROWS] = {NAMES_TO_6(name)};
#endif

TILES(tile_single, 1, false, 0)
#if TILE_VECTORS == 2
TILES(tile_double, 2, false, 0)
TILES(tile_bf16, 2, true, 0)
#else
TILES(tile_bf16_low, 1, true, 0)
TILES(tile_bf16_high, 1, true, 1)
#endif

/// c[rows][16·vectors] (+)= a[rows][k] · b[k][16·vectors], rows ≤ TILE_ROWS, vectors 1 or 2, k ≤ DEPTH.
/// Vector v of row i of b is at b_v + i·b_stride; a has row stride STRIDE.
INLINE void multiply_tile(size_t rows, size_t vectors, size_t k, const float *a, const float *b0, const float *b1,
                          size_t b_stride, float *c, size_t c_stride, bool accumulate) {
#if TILE_VECTORS == 2
    tile_function *const function = vectors == 2 ? tile_double[rows - 1] : tile_single[rows - 1];
    function(k, a, b0, b1, b_stride, b0, c, c_stride, accumulate);
#else
    tile_single[rows - 1](k, a, b0, NULL, b_stride, b0, c, c_stride, accumulate);
    if (vectors == 2) tile_single[rows - 1](k, a, b1, NULL, b_stride, b1, c + LANES, c_stride, accumulate);
#endif
}

/// The same for any number of rows, split evenly into tiles.
static void multiply(size_t rows, size_t vectors, size_t k, const float *a, const float *b0, const float *b1,
                     size_t b_stride, float *c, size_t c_stride, bool accumulate) {
    for (size_t tiles = ceiling_divide(rows, TILE_ROWS); tiles > 0; tiles -= 1) {
        const size_t count = ceiling_divide(rows, tiles);
        multiply_tile(count, vectors, k, a, b0, b1, b_stride, c, c_stride, accumulate);
        rows -= count;
        a += count * STRIDE;
        c += count * c_stride;
    }
}

/// Copies a[rows][columns] into the layout of a tile's left operand.
INLINE void gather_rows(size_t rows, size_t columns, const float *a, size_t lda, float *tile_rows) {
    for (size_t r = 0; r < rows; r += 1) memcpy(tile_rows + r * STRIDE, a + r * lda, columns * sizeof(float));
}
