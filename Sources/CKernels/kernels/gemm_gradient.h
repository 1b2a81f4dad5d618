// Gradient of a matrix product's weights: dw[n][k] += dyᵀ[n][m] · x[m][k], each element one chain over m that goes on from
// what dw holds. So the sum over rows doesn't depend on how they are cut into calls.

/// Columns of x that are packed at a time at most, DEPTH rows deep: what stays in the second-level cache.
#define GRADIENT_COLUMNS 512

/// Columns of the next group, where `left` columns make so many groups of about the same size.
INLINE size_t columns_of_group(size_t left, size_t groups) {
    return minimum(round_up(ceiling_divide(left, groups), PANEL), left);
}

static size_t gemm_gradient_scratch(void) { return GRADIENT_COLUMNS * DEPTH; }

/// Panels [32 columns][steps][32] of x, the last one padded with zeros.
INLINE void pack_rows(size_t steps, size_t columns, const float *x, size_t ldx, float *panels) {
    for (size_t first = 0; first < columns; first += PANEL)
        for (size_t i = 0; i < steps; i += 1) {
            float *to = panels + first * DEPTH + i * PANEL;
            for (size_t j = 0; j < PANEL; j += LANES)
                store(to + j, first + j < columns ? load_up_to(x + i * ldx + first + j, columns - first - j) : splat(0.0f));
        }
}

/// left[r][i] = dy[i][r] for `rows` ≤ 16 columns of dy, of which `readable` may be read.
INLINE void gather_columns(size_t rows, size_t steps, size_t readable, const float *dy, size_t lddy, float *left) {
    size_t i = 0;
    for (; readable >= LANES && i + LANES <= steps; i += LANES) transpose(dy + i * lddy, lddy, left + i, STRIDE);
    for (; i < steps; i += 1)
        for (size_t r = 0; r < rows; r += 1) left[r * STRIDE + i] = dy[i * lddy + r];
}

static void gemm_gradient(size_t m, size_t n, size_t k, const float *dy, size_t lddy, const float *x, size_t ldx,
                          float *dw, size_t lddw, size_t row_begin, size_t row_end, float *scratch) {
    float left[LANES * STRIDE] __attribute__((aligned(64)));
    row_end = minimum(row_end, n);
    for (size_t depth = 0; depth < m; depth += DEPTH) {
        const size_t steps = minimum(DEPTH, m - depth);
        size_t column = 0;
        for (size_t groups = ceiling_divide(k, GRADIENT_COLUMNS); groups > 0; groups -= 1) {
            const size_t columns = columns_of_group(k - column, groups);
            pack_rows(steps, columns, x + depth * ldx + column, ldx, scratch);
            size_t row = row_begin;
            for (size_t tiles = ceiling_divide(row_end - row, TILE_ROWS); tiles > 0; tiles -= 1) {
                const size_t rows = ceiling_divide(row_end - row, tiles);
                gather_columns(rows, steps, n - row, dy + depth * lddy + row, lddy, left);
                const panel_product product = {.dtype = APUS_F32, .rows = rows, .k = steps, .panel_words = DEPTH * PANEL,
                                               .left = left, .ldc = lddw, .accumulate = true, .tiles = 1};
                multiply_columns(&product, 0, columns, columns, (const uint32_t *)scratch, dw + row * lddw + column);
                row += rows;
            }
            column += columns;
        }
    }
}
