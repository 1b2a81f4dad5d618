// What a product in bf16 arithmetic is made of (bf16.h has its definition): up to 32 rows times one panel, by Intel's matrix unit
// or by multiply-adds in the unit's order.

#if defined(APUS_AMX)

/// What LDTILECFG reads. Tiles 0 to 3 are sums, 4 and 5 rows, 6 and 7 the halves of a panel.
typedef struct {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
} tile_shapes;

/// The unit's state in a call: how many rows its tiles have, 0 before any.
typedef struct { size_t rows; } matrix_unit;

INLINE matrix_unit begin_products(void) { return (matrix_unit){0}; }
INLINE void end_products(const matrix_unit *unit) {
    if (unit->rows > 0) __builtin_ia32_tilerelease();
}

INLINE void shape_tiles(matrix_unit *unit, size_t rows) {
    if (unit->rows == rows) return;
    unit->rows = rows;
    const uint8_t upper = (uint8_t)minimum(rows, LANES), lower = (uint8_t)(rows - upper);
    tile_shapes shapes = {.palette = 1, .rows = {upper, upper, lower, lower, upper, lower, LANES, LANES}};
    for (size_t i = 0; i < 8; i += 1) shapes.row_bytes[i] = shapes.rows[i] == 0 ? 0 : LANES * sizeof(float);
    __builtin_ia32_tile_loadconfig(&shapes);
}

/// c[rows][32] (+)= a[rows][32 · blocks] · panel. The panel is loaded past the first-level cache, where the rows stay.
static void multiply_blocks(matrix_unit *unit, size_t rows, const uint16_t *a, size_t lda, const uint32_t *panel, size_t blocks,
                            float *c, size_t ldc, bool accumulate) {
    shape_tiles(unit, rows);
    const bool both = rows > LANES;
    const size_t row_bytes = ldc * sizeof(float), left_bytes = lda * sizeof(uint16_t), words_bytes = LANES * sizeof(uint32_t);
    float *const c_lower = c + LANES * ldc;
    const uint16_t *const a_lower = a + LANES * lda;
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
    for (size_t block = 0; block < blocks; block += 1) {
        const uint32_t *const words = panel + block * BLOCK_WORDS;
        __builtin_ia32_tileloaddt164(6, words, words_bytes);
        __builtin_ia32_tileloadd64(4, a + block * BLOCK_INPUTS, left_bytes);
        __builtin_ia32_tdpbf16ps(0, 4, 6);
        __builtin_ia32_tileloaddt164(7, words + HALF_WORDS, words_bytes);
        __builtin_ia32_tdpbf16ps(1, 4, 7);
        if (both) {
            __builtin_ia32_tileloadd64(5, a_lower + block * BLOCK_INPUTS, left_bytes);
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

/// How the processor treats numbers that are too small, outside of these products.
typedef struct { uint64_t control; } matrix_unit;

#if defined(__x86_64__)
/// Flush to zero, and denormals are zeros.
#define SMALL_IS_ZERO 0x8040u
INLINE matrix_unit begin_products(void) {
    const matrix_unit unit = {__builtin_ia32_stmxcsr()};
    __builtin_ia32_ldmxcsr((uint32_t)unit.control | SMALL_IS_ZERO);
    return unit;
}
INLINE void end_products(const matrix_unit *unit) { __builtin_ia32_ldmxcsr((uint32_t)unit->control); }
#elif defined(__aarch64__)
#define SMALL_IS_ZERO ((uint64_t)1 << 24)
INLINE matrix_unit begin_products(void) {
    matrix_unit unit;
    __asm__ volatile("mrs %0, fpcr" : "=r"(unit.control));
    __asm__ volatile("msr fpcr, %0" : : "r"(unit.control | SMALL_IS_ZERO));
    return unit;
}
INLINE void end_products(const matrix_unit *unit) { __asm__ volatile("msr fpcr, %0" : : "r"(unit->control)); }
#else
#error "say how this processor makes zeros of numbers that are not normal"
#endif

// Two sums for each row and vector, a vector for each parity of weights: what registers hold.
#if defined(APUS_AVX512)
#define PAIR_LANES 16
#define PAIR_ROWS 12
#else
#define PAIR_LANES 8
#define PAIR_ROWS 5
#endif
typedef float pair_sums __attribute__((vector_size(PAIR_LANES * 4)));
typedef uint32_t pair_words __attribute__((vector_size(PAIR_LANES * 4)));
typedef float pair_sums_unaligned __attribute__((vector_size(PAIR_LANES * 4), aligned(4), may_alias));
typedef uint32_t pair_words_unaligned __attribute__((vector_size(PAIR_LANES * 4), aligned(4), may_alias));

/// c[rows][PAIR_LANES] (+)= left[rows][32 · blocks] · the columns that begin at `words`; `rows` is a constant at every call.
INLINE void emulate_tile(size_t rows, const float *left, const uint32_t *words, size_t blocks, float *c, size_t ldc,
                           bool accumulate) {
    for (size_t block = 0; block < blocks; block += 1, words += BLOCK_WORDS, left += BLOCK_INPUTS) {
        pair_sums even[PAIR_ROWS], odd[PAIR_ROWS];
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r += 1) even[r] = odd[r] = (pair_sums){0};
        for (size_t pair = 0; pair < BLOCK_INPUTS / 2; pair += 1) {
            const pair_words both = *(const pair_words_unaligned *)(words + pair * LANES);
            const pair_sums low = (pair_sums)(both << 16), high = (pair_sums)(both & 0xffff0000u);
#pragma clang loop unroll(full)
            for (size_t r = 0; r < rows; r += 1) {
                const float *const x = left + r * STRIDE + 2 * pair;
                even[r] = __builtin_elementwise_fma((pair_sums){0} + x[0], low, even[r]);
                odd[r] = __builtin_elementwise_fma((pair_sums){0} + x[1], high, odd[r]);
            }
        }
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r += 1) {
            pair_sums_unaligned *const sum = (pair_sums_unaligned *)(c + r * ldc);
            *sum = (accumulate || block > 0 ? *sum : (pair_sums){0}) + (even[r] + odd[r]);
        }
    }
}

#define PAIRS(count) \
    case count: emulate_tile(count, left, words, blocks, c, ldc, accumulate); break;

/// Kept out of line, so that no operation is moved to where small numbers are numbers.
static __attribute__((noinline)) void emulate_rows(size_t rows, const float *left, const uint32_t *words, size_t blocks,
                                                          float *c, size_t ldc, bool accumulate) {
    switch (rows) {
        PAIRS(1) PAIRS(2) PAIRS(3) PAIRS(4) PAIRS(5)
#if PAIR_ROWS == 12
        PAIRS(6) PAIRS(7) PAIRS(8) PAIRS(9) PAIRS(10) PAIRS(11) PAIRS(12)
#endif
    }
}

/// c[rows][32] (+)= a[rows][32 · blocks] · panel.
static void multiply_blocks(matrix_unit *unit, size_t rows, const uint16_t *a, size_t lda, const uint32_t *panel, size_t blocks,
                            float *c, size_t ldc, bool accumulate) {
    (void)unit;
    float left[BLOCK_ROWS * STRIDE] __attribute__((aligned(64)));
    for (size_t first = 0; first < blocks; first += DEPTH / BLOCK_INPUTS) {
        const size_t count = minimum(DEPTH / BLOCK_INPUTS, blocks - first);
        for (size_t r = 0; r < rows; r += 1)
            bf16_to_f32(count * BLOCK_INPUTS, a + r * lda + first * BLOCK_INPUTS, left + r * STRIDE);
        for (size_t column = 0; column < PANEL; column += PAIR_LANES) {
            const uint32_t *const words =
                panel + first * BLOCK_WORDS + column / LANES * HALF_WORDS + column % LANES;
            for (size_t row = 0; row < rows; row += PAIR_ROWS)
                emulate_rows(minimum(PAIR_ROWS, rows - row), left + row * STRIDE, words, count,
                                    c + row * ldc + column, ldc, accumulate || first > 0);
        }
    }
    for (size_t r = 0; blocks == 0 && !accumulate && r < rows; r += 1) memset(c + r * ldc, 0, PANEL * sizeof(float));
}

#endif
