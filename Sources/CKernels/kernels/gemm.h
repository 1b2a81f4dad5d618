// Matrix product with packed weights. A panel holds 32 output columns: for each k in order, 32 fp32 values, or 16 words
// whose low half is the bf16 weight of column i and whose high half that of column i + 16.

#define PANEL 32

INLINE size_t panel_words(size_t k, apus_dtype dtype) { return k * (dtype == APUS_BF16 ? PANEL / 2 : PANEL); }

/// One word of a bf16 panel.
INLINE uint32_t join(uint16_t low, uint16_t high) { return low | (uint32_t)high << 16; }
INLINE u32x16 join16(const uint16_t *low, const uint16_t *high) {
    const u32x16 lows = __builtin_convertvector(*(const u16x16_unaligned *)low, u32x16);
    return lows | __builtin_convertvector(*(const u16x16_unaligned *)high, u32x16) << 16;
}

static void pack_panel_f32(const float *w, size_t columns, size_t k, float *to) {
    size_t i = 0;
    for (; columns == PANEL && i + LANES <= k; i += LANES) {
        transpose(w + i, k, to + i * PANEL, PANEL);
        transpose(w + LANES * k + i, k, to + i * PANEL + LANES, PANEL);
    }
    for (; i < k; i += 1)
        for (size_t j = 0; j < PANEL; j += 1) to[i * PANEL + j] = j < columns ? w[j * k + i] : 0.0f;
}

static void pack_panel_bf16(const uint16_t *w, size_t columns, size_t k, uint32_t *to) {
    size_t i = 0;
    for (; columns == PANEL && i + LANES <= k; i += LANES) {
        u32x16 words[LANES];
        for (size_t j = 0; j < LANES; j += 1) words[j] = join16(w + j * k + i, w + (j + LANES) * k + i);
        transpose((const float *)words, LANES, (float *)to + i * LANES, LANES);
    }
    for (; i < k; i += 1)
        for (size_t j = 0; j < LANES; j += 1)
            to[i * LANES + j] = join(j < columns ? w[j * k + i] : 0, j + LANES < columns ? w[(j + LANES) * k + i] : 0);
}

static void pack(const void *w, apus_dtype dtype, size_t n, size_t k, void *packed) {
    for (size_t first = 0; first < n; first += PANEL) {
        const size_t columns = minimum(PANEL, n - first);
        uint32_t *to = (uint32_t *)packed + first / PANEL * panel_words(k, dtype);
        if (dtype == APUS_BF16) pack_panel_bf16((const uint16_t *)w + first * k, columns, k, to);
        else pack_panel_f32((const float *)w + first * k, columns, k, (float *)to);
    }
}

static void pack_transposed(const void *w, apus_dtype dtype, size_t n, size_t k, void *packed) {
    for (size_t first = 0; first < k; first += PANEL) {
        const size_t columns = minimum(PANEL, k - first);
        uint32_t *to = (uint32_t *)packed + first / PANEL * panel_words(n, dtype);
        for (size_t i = 0; i < n; i += 1, to += panel_words(1, dtype)) {
            if (dtype == APUS_F32) {
                memset(to, 0, PANEL * sizeof(float));
                memcpy(to, (const float *)w + i * k + first, columns * sizeof(float));
                continue;
            }
            const uint16_t *from = (const uint16_t *)w + i * k + first;
            if (columns == PANEL) *(u32x16_unaligned *)to = join16(from, from + LANES);
            else
                for (size_t j = 0; j < LANES; j += 1)
                    to[j] = join(j < columns ? from[j] : 0, j + LANES < columns ? from[j + LANES] : 0);
        }
    }
}

/// One register tile of one panel; `panel` points at the row of k where the tile begins.
INLINE void multiply_panel(size_t rows, apus_dtype dtype, size_t k, const float *a, const uint32_t *panel,
                           const uint32_t *next, float *c,
                           size_t ldc, bool accumulate) {
#if TILE_VECTORS == 2
    if (dtype == APUS_BF16) tile_bf16[rows - 1](k, a, panel, panel, PANEL / 2, next, c, ldc, accumulate);
    else tile_double[rows - 1](k, a, panel, panel + LANES, PANEL, next, c, ldc, accumulate);
#else
    if (dtype == APUS_BF16) {
        tile_bf16_low[rows - 1](k, a, panel, NULL, PANEL / 2, next, c, ldc, accumulate);
        tile_bf16_high[rows - 1](k, a, panel, NULL, PANEL / 2, next, c + LANES, ldc, accumulate);
    } else {
        tile_single[rows - 1](k, a, panel, NULL, PANEL, next, c, ldc, accumulate);
        tile_single[rows - 1](k, a, panel + LANES, NULL, PANEL, next + LANES, c + LANES, ldc, accumulate);
    }
#endif
}

/// A panel with fewer than 32 real columns goes through a buffer, so that no element past them is touched.
INLINE void multiply_narrow_panel(size_t rows, size_t columns, apus_dtype dtype, size_t k, const float *a,
                                  const uint32_t *panel, const uint32_t *next, float *c, size_t ldc, bool accumulate) {
    float buffer[TILE_ROWS * PANEL] __attribute__((aligned(64))) = {0};
    for (size_t r = 0; accumulate && r < rows; r += 1)
        memcpy(buffer + r * PANEL, c + r * ldc, columns * sizeof(float));
    multiply_panel(rows, dtype, k, a, panel, next, buffer, PANEL, accumulate);
    for (size_t r = 0; r < rows; r += 1) memcpy(c + r * ldc, buffer + r * PANEL, columns * sizeof(float));
}

/// Columns whose weights, DEPTH deep, stay in the second-level cache while all row tiles pass over them.
#define COLUMNS_AT_ONCE 512

static void gemm_packed(size_t m, size_t n, size_t k, const float *a, size_t lda, const void *packed, apus_dtype dtype,
                        float *c, size_t ldc, bool accumulate, size_t column_begin, size_t column_end) {
    float left[TILE_ROWS * STRIDE] __attribute__((aligned(64)));
    const uint32_t *weights = packed;
    const size_t words = panel_words(k, dtype), row_words = panel_words(1, dtype);
    column_end = minimum(column_end, n);
    for (size_t depth = 0; depth < maximum(k, 1); depth += DEPTH) {
        const size_t steps = minimum(DEPTH, k - depth);
        for (size_t begin = column_begin; begin < column_end; begin += COLUMNS_AT_ONCE) {
            const size_t end = minimum(begin + COLUMNS_AT_ONCE, column_end);
            size_t row = 0;
            for (size_t tiles = ceiling_divide(m, TILE_ROWS); tiles > 0; tiles -= 1) {
                const size_t rows = ceiling_divide(m - row, tiles);
                gather_rows(rows, steps, a + row * lda + depth, lda, left);
                for (size_t column = begin; column < end; column += PANEL) {
                    const uint32_t *panel = weights + column / PANEL * words + depth * row_words;
                    const uint32_t *next = column + PANEL < end ? panel + words : panel;
                    float *to = c + row * ldc + column;
                    const bool add = accumulate || depth > 0;
                    if (end - column >= PANEL) multiply_panel(rows, dtype, steps, left, panel, next, to, ldc, add);
                    else multiply_narrow_panel(rows, end - column, dtype, steps, left, panel, next, to, ldc, add);
                }
                row += rows;
            }
        }
    }
}
