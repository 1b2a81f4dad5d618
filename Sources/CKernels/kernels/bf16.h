// Matrix products in bf16 arithmetic: both factors rounded to bf16, sums in fp32, in the order of Intel's matrix unit (AMX,
// instruction TDPBF16PS), which other processors follow with multiply-adds of their own. So the bits are the same everywhere.
//
// For each block of 32 inputs in order, missing ones being zeros: the products of the even inputs are one chain of fused
// multiply-adds from +0, those of the odd inputs another, and the sum of both is added to the element. Numbers too small to be
// normal count as zero, those that go in and those that come out. (Intel's reference says all this of one instruction; the
// tests compare.)
//
// A panel holds 32 output columns: for each block [2 halves][16 pairs of inputs][16 columns] words, whose low half is the even
// input. That is a tile of the matrix unit for each half.

#define BLOCK_INPUTS 32
#define BLOCK_WORDS (BLOCK_INPUTS / 2 * PANEL)
#define HALF_WORDS (BLOCK_WORDS / 2)
/// Rows that share what is loaded of a panel.
#define BLOCK_ROWS 32
/// Blocks of so many rows that stay in the first-level cache while panels pass by.
#define BLOCKS_AT_ONCE 16
/// Columns whose panels, so many blocks deep, stay in the second-level cache while all rows pass by.
#define COLUMNS_OF_BLOCKS 512
/// Inputs of so many blocks.
#define INPUTS_AT_ONCE (BLOCKS_AT_ONCE * BLOCK_INPUTS)

static size_t bf16_stride(size_t k) { return round_up(k, BLOCK_INPUTS); }
static size_t packed_bf16_bytes(size_t n, size_t k) {
    return ceiling_divide(n, PANEL) * bf16_stride(k) * PANEL * sizeof(uint16_t);
}

/// Rounded to bf16, in the low halves of words. The instruction makes zeros of numbers that are not normal, as the products do.
INLINE u32x16 rounded_words(f32x16 x) {
#if defined(APUS_AMX)
    typedef __bf16 bf16x16 __attribute__((vector_size(32)));
    return __builtin_convertvector((u16x16)__builtin_convertvector(x, bf16x16), u32x16);
#else
    return __builtin_convertvector(round_to_bf16((u32x16)x), u32x16);
#endif
}

static void round_rows(size_t rows, size_t k, const float *x, size_t ldx, uint16_t *q) {
    const size_t stride = bf16_stride(k);
    for (size_t r = 0; r < rows; r += 1)
        for (size_t i = 0; i < stride; i += LANES) {
            const u32x16 words = i < k ? rounded_words(load_up_to(x + r * ldx + i, k - i)) : (u32x16)splat(0.0f);
            *(u16x16_unaligned *)(q + r * stride + i) = __builtin_convertvector(words, u16x16);
        }
}

/// Up to 16 elements as bf16 in the low halves of words; the other lanes are 0.
INLINE u32x16 halves(const void *x, apus_dtype dtype, size_t count) {
    if (dtype == APUS_F32) return rounded_words(load_up_to(x, count));
    if (count >= LANES) return __builtin_convertvector(*(const u16x16_unaligned *)x, u32x16);
    uint16_t lanes[LANES] = {0};
    for (size_t i = 0; i < count; i += 1) lanes[i] = ((const uint16_t *)x)[i];
    return __builtin_convertvector(*(const u16x16_unaligned *)lanes, u32x16);
}

/// 16 pairs of up to 32 adjacent elements.
INLINE u32x16 adjacent_pairs(const void *x, apus_dtype dtype, size_t count) {
    uint16_t elements[BLOCK_INPUTS] __attribute__((aligned(64))) = {0};
    const size_t present = minimum(count, BLOCK_INPUTS);
    if (dtype == APUS_F32) f32_to_bf16(present, x, elements);
    else memcpy(elements, x, present * sizeof(uint16_t));
    return *(const u32x16_unaligned *)elements;
}

static void pack_bf16(const void *w, apus_dtype dtype, size_t n, size_t k, void *packed) {
    const size_t size = dtype == APUS_F32 ? sizeof(float) : sizeof(uint16_t);
    uint32_t *to = packed;
    for (size_t first = 0; first < n; first += PANEL)
        for (size_t input = 0; input < k; input += BLOCK_INPUTS)
            for (size_t half = 0; half < PANEL; half += LANES, to += HALF_WORDS) {
                u32x16 columns[LANES];
                for (size_t j = 0; j < LANES; j += 1) {
                    const size_t column = first + half + j;
                    columns[j] = column < n ? adjacent_pairs((const char *)w + (column * k + input) * size, dtype, k - input)
                                            : (u32x16)splat(0.0f);
                }
                transpose((const float *)columns, LANES, (float *)to, LANES);
            }
}

/// Panels of x[m][k] for sums over m: the pairs are of rows. From a panel to the next are `panel_words`.
static void pack_rows_bf16(size_t m, size_t k, const void *x, apus_dtype dtype, size_t ldx, uint32_t *panels, size_t panel_words) {
    const size_t size = dtype == APUS_F32 ? sizeof(float) : sizeof(uint16_t);
    for (size_t first = 0; first < k; first += PANEL)
        for (size_t row = 0; row < bf16_stride(m); row += 2)
            for (size_t half = 0; half < PANEL; half += LANES) {
                const size_t column = first + half, pair = row % BLOCK_INPUTS / 2;
                const char *from = (const char *)x + (row * ldx + column) * size;
                u32x16 words = (u32x16)splat(0.0f);
                if (column < k && row < m) words = halves(from, dtype, k - column);
                if (column < k && row + 1 < m) words |= halves(from + ldx * size, dtype, k - column) << 16;
                uint32_t *to = panels + first / PANEL * panel_words + row / BLOCK_INPUTS * BLOCK_WORDS;
                *(u32x16_unaligned *)(to + half / LANES * HALF_WORDS + pair * LANES) = words;
            }
}

static void pack_bf16_transposed(const void *w, apus_dtype dtype, size_t n, size_t k, void *packed) {
    pack_rows_bf16(n, k, w, dtype, k, packed, bf16_stride(n) * PANEL / 2);
}

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

/// c[rows][32] (+)= a[rows][32 · blocks] · panel.
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
        __builtin_ia32_tileloadd64(6, words, words_bytes);
        __builtin_ia32_tileloadd64(4, a + block * BLOCK_INPUTS, left_bytes);
        __builtin_ia32_tdpbf16ps(0, 4, 6);
        __builtin_ia32_tileloadd64(7, words + HALF_WORDS, words_bytes);
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

/// The same for up to 32 columns, none beyond them touched.
INLINE void multiply_block_columns(matrix_unit *unit, size_t rows, size_t columns, const uint16_t *a, size_t lda,
                                   const uint32_t *panel, size_t blocks, float *c, size_t ldc, bool accumulate) {
    if (columns >= PANEL) return multiply_blocks(unit, rows, a, lda, panel, blocks, c, ldc, accumulate);
    float buffer[BLOCK_ROWS * PANEL] __attribute__((aligned(64))) = {0};
    for (size_t r = 0; accumulate && r < rows; r += 1) memcpy(buffer + r * PANEL, c + r * ldc, columns * sizeof(float));
    multiply_blocks(unit, rows, a, lda, panel, blocks, buffer, PANEL, accumulate);
    for (size_t r = 0; r < rows; r += 1) memcpy(c + r * ldc, buffer + r * PANEL, columns * sizeof(float));
}

/// The product of some blocks of inputs, from `first` on: c (+)= …
INLINE void multiply_columns_of_blocks(matrix_unit *unit, size_t m, size_t stride, size_t first, size_t count, const uint16_t *q,
                                       const uint32_t *packed, float *c, size_t ldc, bool accumulate, size_t begin, size_t end) {
    const size_t blocks = stride / BLOCK_INPUTS;
    for (size_t row = 0; row < m; row += BLOCK_ROWS)
        for (size_t column = begin; column < end; column += PANEL)
            multiply_block_columns(unit, minimum(BLOCK_ROWS, m - row), minimum(end - column, PANEL),
                                   q + row * stride + first * BLOCK_INPUTS, stride,
                                   packed + (column / PANEL * blocks + first) * BLOCK_WORDS, count, c + row * ldc + column,
                                   ldc, accumulate);
}

static void gemm_bf16(size_t m, size_t n, size_t k, const uint16_t *q, const void *packed, float *c, size_t ldc, bool accumulate,
                      size_t column_begin, size_t column_end) {
    const size_t stride = bf16_stride(k), blocks = stride / BLOCK_INPUTS;
    // Few rows read weights once, from end to end; more do so in parts of about the same size.
    const size_t parts = m <= BLOCK_ROWS ? 1 : maximum((blocks + BLOCKS_AT_ONCE / 2) / BLOCKS_AT_ONCE, 1);
    column_end = minimum(column_end, n);
    matrix_unit unit = begin_products();
    for (size_t part = 0; part < parts; part += 1) {
        const size_t first = part * blocks / parts, count = (part + 1) * blocks / parts - first;
        for (size_t begin = column_begin; begin < column_end; begin += COLUMNS_OF_BLOCKS)
            multiply_columns_of_blocks(&unit, m, stride, first, count, q, packed, c, ldc, accumulate || part > 0, begin,
                                       minimum(begin + COLUMNS_OF_BLOCKS, column_end));
    }
    end_products(&unit);
}

static size_t gemm_gradient_bf16_scratch(size_t k) { return round_up(k, PANEL) * INPUTS_AT_ONCE / 2; }

/// left[r][i] = dy[i][r] for up to 32 columns of dy, of which `readable` may be read; zeros after the last step.
static void gather_columns_bf16(size_t columns, size_t steps, size_t readable, const float *dy, size_t lddy, uint16_t *left) {
    for (size_t step = 0; step < steps; step += BLOCK_INPUTS)
        for (size_t column = 0; column < columns; column += LANES) {
            u32x16 pairs[LANES];
            for (size_t pair = 0; pair < LANES; pair += 1) {
                const size_t i = step + 2 * pair;
                pairs[pair] = (u32x16)splat(0.0f);
                if (i < steps) pairs[pair] = halves(dy + i * lddy + column, APUS_F32, readable - column);
                if (i + 1 < steps) pairs[pair] |= halves(dy + (i + 1) * lddy + column, APUS_F32, readable - column) << 16;
            }
            transpose((const float *)pairs, LANES, (float *)(left + column * INPUTS_AT_ONCE + step), INPUTS_AT_ONCE / 2);
        }
}

static void gemm_gradient_bf16(size_t m, size_t n, size_t k, const float *dy, size_t lddy, const float *x, size_t ldx, float *dw,
                               size_t lddw, size_t row_begin, size_t row_end, float *scratch) {
    uint16_t left[BLOCK_ROWS * INPUTS_AT_ONCE] __attribute__((aligned(64)));
    const size_t panel_words = BLOCKS_AT_ONCE * BLOCK_WORDS;
    row_end = minimum(row_end, n);
    for (size_t first = 0; first < m; first += INPUTS_AT_ONCE) {
        const size_t steps = minimum(INPUTS_AT_ONCE, m - first), blocks = ceiling_divide(steps, BLOCK_INPUTS);
        pack_rows_bf16(steps, k, x + first * ldx, APUS_F32, ldx, (uint32_t *)scratch, panel_words);
        for (size_t row = row_begin; row < row_end; row += BLOCK_ROWS) {
            const size_t rows = minimum(BLOCK_ROWS, row_end - row);
            gather_columns_bf16(rows, steps, n - row, dy + first * lddy + row, lddy, left);
            matrix_unit unit = begin_products();
            for (size_t column = 0; column < k; column += PANEL)
                multiply_block_columns(&unit, rows, minimum(PANEL, k - column), left, INPUTS_AT_ONCE,
                                       (const uint32_t *)scratch + column / PANEL * panel_words, blocks,
                                       dw + row * lddw + column, lddw, true);
            end_products(&unit);
        }
    }
}
