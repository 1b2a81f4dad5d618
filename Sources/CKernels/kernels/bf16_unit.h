// What a product in bf16 arithmetic is made of (bf16.h has its definition): up to 32 rows times one panel, by Intel's matrix unit
// or by multiply-adds in the unit's order.

#if defined(APUS_AMX)

/// What LDTILECFG reads. Tiles 0 to 3 are sums, 4 and 5 rows, 6 and 7 the halves of a panel.
typedef struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_shapes;

/// Blocks of so many rows that stay in the first-level cache while panels pass by.
#define BLOCKS_AT_ONCE 16
/// Columns of a weight gradient's right factor, so many blocks deep, that stay in the second-level cache.
#define GRADIENT_COLUMNS_OF_BLOCKS 1536
/// In how many parts of about the same size the blocks of a product are taken; few rows read weights once, from end to end.
INLINE size_t parts_of(size_t rows, size_t blocks) {
    return rows <= BLOCK_ROWS ? 1 : maximum((blocks + BLOCKS_AT_ONCE / 2) / BLOCKS_AT_ONCE, 1);
}

/// The rows that were taken last, and what the unit's tiles are shaped for: none at first.
typedef struct {
    size_t rows, stride;
    const uint16_t *left;
} matrix_unit;

INLINE void begin_products(matrix_unit *unit) { *unit = (matrix_unit){0}; }
INLINE void end_products(const matrix_unit *unit) {
    if (unit->rows > 0) __builtin_ia32_tilerelease();
}

/// The next products are of a[rows][32 · blocks]: up to 32 rows, which must stay where they are.
INLINE void take_rows(matrix_unit *unit, size_t rows, const uint16_t *a, size_t lda, size_t blocks) {
    (void)blocks;
    unit->left = a;
    unit->stride = lda;
    if (unit->rows == rows) return;
    unit->rows = rows;
    const uint8_t upper = (uint8_t)minimum(rows, LANES), lower = (uint8_t)(rows - upper);
    tile_shapes shapes = {.palette = 1, .rows = {upper, upper, lower, lower, upper, lower, LANES, LANES}};
    for (size_t i = 0; i < 8; i += 1) shapes.row_bytes[i] = shapes.rows[i] == 0 ? 0 : LANES * sizeof(float);
    __builtin_ia32_tile_loadconfig(&shapes);
}

/// c[rows][32] (+)= the rows taken · panel. The panel is loaded past the first-level cache, where the rows stay.
static void multiply_blocks(const matrix_unit *unit, const uint32_t *panel, size_t blocks, float *c, size_t ldc,
                            bool accumulate) {
    const bool both = unit->rows > LANES;
    const size_t row_bytes = ldc * sizeof(float), left_bytes = unit->stride * sizeof(uint16_t);
    const size_t words_bytes = LANES * sizeof(uint32_t);
    float *const c_lower = c + LANES * ldc;
    const uint16_t *const a = unit->left, *const a_lower = a + LANES * unit->stride;
    __builtin_ia32_tilezero(0);
    __builtin_ia32_tilezero(1);
    if (both) {
        __builtin_ia32_tilezero(2);
        __builtin_ia32_tilezero(3);
    }
    if (accumulate) {
        __builtin_ia32_tileloadd64(0, c, row_bytes);
        __builtin_ia32_tileloadd64(1, c + LANES, row_bytes);
        if (both) {
            __builtin_ia32_tileloadd64(2, c_lower, row_bytes);
            __builtin_ia32_tileloadd64(3, c_lower + LANES, row_bytes);
        }
    }
    // Loads beside each other, products beside each other: at times changing between them is dear (docs/lab-log.md).
    for (size_t block = 0; block < blocks; block += 1) {
        const uint32_t *const words = panel + block * BLOCK_WORDS;
        __builtin_ia32_tileloaddt164(6, words, words_bytes);
        __builtin_ia32_tileloadd64(4, a + block * BLOCK_INPUTS, left_bytes);
        __builtin_ia32_tileloaddt164(7, words + HALF_WORDS, words_bytes);
        if (both) __builtin_ia32_tileloadd64(5, a_lower + block * BLOCK_INPUTS, left_bytes);
        __builtin_ia32_tdpbf16ps(0, 4, 6);
        __builtin_ia32_tdpbf16ps(1, 4, 7);
        if (both) {
            __builtin_ia32_tdpbf16ps(2, 5, 6);
            __builtin_ia32_tdpbf16ps(3, 5, 7);
        }
    }
    __builtin_ia32_tilestored64(0, c, row_bytes);
    __builtin_ia32_tilestored64(1, c + LANES, row_bytes);
    if (both) {
        __builtin_ia32_tilestored64(2, c_lower, row_bytes);
        __builtin_ia32_tilestored64(3, c_lower + LANES, row_bytes);
    }
}

#else

/// Blocks of so many rows, as fp32, that stay in the first-level cache while panels pass by.
#define BLOCKS_AT_ONCE (DEPTH / BLOCK_INPUTS)
/// Columns of a weight gradient's right factor, so many blocks deep, that stay in the second-level cache.
#define GRADIENT_COLUMNS_OF_BLOCKS 768
/// In how many parts the blocks of a product are taken.
INLINE size_t parts_of(size_t rows, size_t blocks) {
    (void)rows;
    return maximum(ceiling_divide(blocks, BLOCKS_AT_ONCE), 1);
}

/// The rows that were taken last, as fp32, and how the processor treats numbers that are too small outside of these products.
typedef struct {
    uint64_t control;
    size_t rows;
    float left[BLOCK_ROWS * STRIDE] __attribute__((aligned(64)));
} matrix_unit;

#if defined(__x86_64__)
/// Flush to zero, and denormals are zeros.
#define SMALL_IS_ZERO 0x8040u
INLINE void begin_products(matrix_unit *unit) {
    unit->control = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr((uint32_t)unit->control | SMALL_IS_ZERO);
}
INLINE void end_products(const matrix_unit *unit) { __builtin_ia32_ldmxcsr((uint32_t)unit->control); }
#elif defined(__aarch64__)
#define SMALL_IS_ZERO ((uint64_t)1 << 24)
INLINE void begin_products(matrix_unit *unit) {
    __asm__ volatile("mrs %0, fpcr" : "=r"(unit->control));
    __asm__ volatile("msr fpcr, %0" : : "r"(unit->control | SMALL_IS_ZERO));
}
INLINE void end_products(const matrix_unit *unit) { __asm__ volatile("msr fpcr, %0" : : "r"(unit->control)); }
#else
#error "say how this processor makes zeros of numbers that are not normal"
#endif

/// The next products are of a[rows][32 · blocks]: up to 32 rows, blocks that may be had at once.
INLINE void take_rows(matrix_unit *unit, size_t rows, const uint16_t *a, size_t lda, size_t blocks) {
    unit->rows = rows;
    for (size_t r = 0; r < rows; r += 1) bf16_to_f32(blocks * BLOCK_INPUTS, a + r * lda, unit->left + r * STRIDE);
}

// A tile is two vectors wide, so that what is loaded of a row serves two multiply-adds, and sums one parity of inputs at a time:
// registers hold these sums and the weights they take.
#if defined(APUS_AVX512)
#define SUM_LANES 16
#define SUM_ROWS 12
#define SECOND_VECTOR HALF_WORDS
#else
#define SUM_LANES 8
#define SUM_ROWS 6
#define SECOND_VECTOR SUM_LANES
#endif
typedef float sums __attribute__((vector_size(SUM_LANES * 4)));
typedef uint32_t sum_words __attribute__((vector_size(SUM_LANES * 4)));
typedef float sums_unaligned __attribute__((vector_size(SUM_LANES * 4), aligned(4), may_alias));
typedef uint32_t sum_words_unaligned __attribute__((vector_size(SUM_LANES * 4), aligned(4), may_alias));

#if defined(APUS_AVX512)
INLINE sums splat_sums(float x) { return splat(x); }
#else
INLINE sums splat_sums(float x) { return (sums){x, x, x, x, x, x, x, x}; }
#endif

/// The weights of one parity of inputs in a vector of pairs.
INLINE sums weights_of(const uint32_t *words, bool odd) {
    const sum_words pairs = *(const sum_words_unaligned *)words;
    return (sums)(odd ? pairs & 0xffff0000u : pairs << 16);
}

/// sum[rows][2] = left[rows][32] · the two vectors of columns at `words`, over one parity of a block's inputs.
INLINE void sum_of_parity(size_t rows, const float *left, const uint32_t *words, bool odd, sums sum[SUM_ROWS][2]) {
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r += 1) sum[r][0] = sum[r][1] = (sums){0};
    for (size_t pair = 0; pair < BLOCK_INPUTS / 2; pair += 1) {
        const sums first = weights_of(words + pair * LANES, odd);
        const sums second = weights_of(words + SECOND_VECTOR + pair * LANES, odd);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r += 1) {
            const sums x = splat_sums(left[r * STRIDE + 2 * pair + odd]);
            sum[r][0] = __builtin_elementwise_fma(x, first, sum[r][0]);
            sum[r][1] = __builtin_elementwise_fma(x, second, sum[r][1]);
        }
    }
}

/// c[rows][2 · SUM_LANES] (+)= left[rows][32 · blocks] · the columns that begin at `words`; `rows` is a constant at every call.
INLINE void emulate_tile(size_t rows, const float *left, const uint32_t *words, size_t blocks, float *c, size_t ldc,
                         bool accumulate) {
    // The first block takes long enough to bring its results from the last-level cache.
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r += 1) {
        __builtin_prefetch(c + r * ldc, 1, 3);
        __builtin_prefetch(c + r * ldc + SUM_LANES, 1, 3);
    }
    for (size_t block = 0; block < blocks; block += 1, words += BLOCK_WORDS, left += BLOCK_INPUTS) {
        sums even[SUM_ROWS][2], odd[SUM_ROWS][2];
        sum_of_parity(rows, left, words, false, even);
        sum_of_parity(rows, left, words, true, odd);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r += 1)
#pragma clang loop unroll(full)
            for (size_t v = 0; v < 2; v += 1) {
                sums_unaligned *const sum = (sums_unaligned *)(c + r * ldc + v * SUM_LANES);
                *sum = (accumulate || block > 0 ? *sum : (sums){0}) + (even[r][v] + odd[r][v]);
            }
    }
}

#define EMULATE(count) \
    case count: emulate_tile(count, left, words, blocks, c, ldc, accumulate); break;

/// Kept out of line, so that no operation is moved to where small numbers are numbers.
static __attribute__((noinline)) void emulate_rows(size_t rows, const float *left, const uint32_t *words, size_t blocks,
                                                   float *c, size_t ldc, bool accumulate) {
    switch (rows) {
        EMULATE(1) EMULATE(2) EMULATE(3) EMULATE(4) EMULATE(5) EMULATE(6)
#if SUM_ROWS == 12
        EMULATE(7) EMULATE(8) EMULATE(9) EMULATE(10) EMULATE(11) EMULATE(12)
#endif
    }
}

/// c[rows][32] (+)= the rows taken · panel.
static void multiply_blocks(const matrix_unit *unit, const uint32_t *panel, size_t blocks, float *c, size_t ldc,
                            bool accumulate) {
    const float *left = unit->left;
    size_t rows = unit->rows;
    for (size_t r = 0; blocks == 0 && !accumulate && r < rows; r += 1) memset(c + r * ldc, 0, PANEL * sizeof(float));
    for (size_t tiles = ceiling_divide(rows, SUM_ROWS); tiles > 0; tiles -= 1) {
        const size_t count = ceiling_divide(rows, tiles);
        for (size_t column = 0; column < PANEL; column += 2 * SUM_LANES)
            emulate_rows(count, left, panel + column / LANES * HALF_WORDS, blocks, c + column, ldc, accumulate);
        rows -= count;
        left += count * STRIDE;
        c += count * ldc;
    }
}

#endif
