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

#define BLOCK_WORDS (BLOCK_INPUTS / 2 * PANEL)
#define HALF_WORDS (BLOCK_WORDS / 2)
/// Rows that share what is loaded of a panel.
#define BLOCK_ROWS 32
/// Columns whose panels, so many blocks deep, stay in the second-level cache while all rows pass by.
#define COLUMNS_OF_BLOCKS 512

#include "bf16_pack.h"
#include "bf16_unit.h"

/// Inputs of so many blocks.
#define INPUTS_AT_ONCE (BLOCKS_AT_ONCE * BLOCK_INPUTS)

/// multiply_blocks for up to 32 columns of c, none beyond them touched.
INLINE void multiply_block_columns(const matrix_unit *unit, size_t columns, const uint32_t *panel, size_t blocks, float *c,
                                   size_t ldc, bool accumulate) {
    if (columns >= PANEL) return multiply_blocks(unit, panel, blocks, c, ldc, accumulate);
    const size_t rows = unit->rows;
    float buffer[BLOCK_ROWS * PANEL] __attribute__((aligned(64))) = {0};
    for (size_t r = 0; accumulate && r < rows; r += 1) memcpy(buffer + r * PANEL, c + r * ldc, columns * sizeof(float));
    multiply_blocks(unit, panel, blocks, buffer, PANEL, accumulate);
    for (size_t r = 0; r < rows; r += 1) memcpy(c + r * ldc, buffer + r * PANEL, columns * sizeof(float));
}

/// What `count` blocks of inputs from `first` on add to columns begin ..< end of the product, with which c begins.
INLINE void multiply_columns_of_blocks(matrix_unit *unit, size_t m, size_t stride, size_t first, size_t count, const uint16_t *q,
                                       const uint32_t *packed, float *c, size_t ldc, bool accumulate, size_t begin, size_t end) {
    const size_t blocks = stride / BLOCK_INPUTS;
    for (size_t row = 0; row < m; row += BLOCK_ROWS) {
        take_rows(unit, minimum(BLOCK_ROWS, m - row), q + row * stride + first * BLOCK_INPUTS, stride, count);
        for (size_t column = begin; column < end; column += PANEL)
            multiply_block_columns(unit, minimum(end - column, PANEL), packed + (column / PANEL * blocks + first) * BLOCK_WORDS,
                                   count, c + row * ldc + column - begin, ldc, accumulate);
    }
}

static void gemm_bf16(size_t m, size_t n, size_t k, const uint16_t *q, const void *packed, float *c, size_t ldc, bool accumulate,
                      size_t column_begin, size_t column_end) {
    const size_t stride = bf16_stride(k), blocks = stride / BLOCK_INPUTS, parts = parts_of(m, blocks);
    column_end = minimum(column_end, n);
    matrix_unit unit;
    begin_products(&unit);
    for (size_t part = 0; part < parts; part += 1) {
        const size_t first = part * blocks / parts, count = (part + 1) * blocks / parts - first;
        for (size_t begin = column_begin; begin < column_end; begin += COLUMNS_OF_BLOCKS)
            multiply_columns_of_blocks(&unit, m, stride, first, count, q, packed, c + begin - column_begin, ldc,
                                       accumulate || part > 0, begin, minimum(begin + COLUMNS_OF_BLOCKS, column_end));
    }
    end_products(&unit);
}

static size_t gemm_gradient_bf16_scratch(size_t k) {
    return minimum(round_up(k, PANEL), GRADIENT_COLUMNS_OF_BLOCKS) * INPUTS_AT_ONCE / 2;
}

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

/// What `steps` ≤ INPUTS_AT_ONCE rows of dy and x add to `columns` columns of rows begin ..< end of dw; n as in gemm_gradient_bf16.
INLINE void gradient_of_columns(size_t steps, size_t n, size_t columns, const float *dy, size_t lddy, const float *x, size_t ldx,
                                float *dw, size_t lddw, size_t begin, size_t end, uint32_t *panels) {
    uint16_t left[BLOCK_ROWS * INPUTS_AT_ONCE] __attribute__((aligned(64)));
    const size_t panel_words = BLOCKS_AT_ONCE * BLOCK_WORDS, blocks = ceiling_divide(steps, BLOCK_INPUTS);
    pack_rows_bf16(steps, columns, x, APUS_F32, ldx, panels, panel_words);
    for (size_t row = begin; row < end; row += BLOCK_ROWS) {
        const size_t rows = minimum(BLOCK_ROWS, end - row);
        gather_columns_bf16(rows, steps, n - row, dy + row, lddy, left);
        matrix_unit unit;
        begin_products(&unit);
        take_rows(&unit, rows, left, INPUTS_AT_ONCE, blocks);
        for (size_t column = 0; column < columns; column += PANEL)
            multiply_block_columns(&unit, minimum(PANEL, columns - column), panels + column / PANEL * panel_words, blocks,
                                   dw + row * lddw + column, lddw, true);
        end_products(&unit);
    }
}

static void gemm_gradient_bf16(size_t m, size_t n, size_t k, const float *dy, size_t lddy, const float *x, size_t ldx, float *dw,
                               size_t lddw, size_t row_begin, size_t row_end, float *scratch) {
    for (size_t first = 0; first < m; first += INPUTS_AT_ONCE) {
        const size_t steps = minimum(INPUTS_AT_ONCE, m - first);
        size_t column = 0;
        for (size_t groups = ceiling_divide(k, GRADIENT_COLUMNS_OF_BLOCKS); groups > 0; groups -= 1) {
            const size_t columns = columns_of_group(k - column, groups);
            gradient_of_columns(steps, n, columns, dy + first * lddy, lddy, x + first * ldx + column, ldx, dw + column, lddw,
                                row_begin, minimum(row_end, n), (uint32_t *)scratch);
            column += columns;
        }
    }
}
