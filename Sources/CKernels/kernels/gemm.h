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

/// What one row tile does on one chunk of k: packed weights of panel `column / PANEL` at this depth, and so on.
typedef struct {
    apus_dtype dtype;
    size_t rows, k, panel_words;   // panel_words: from a panel to the next
    const float *left;
    size_t ldc;
    bool accumulate;
} panel_product;

/// c[rows][32] from one panel; `next` is the panel wanted after it.
INLINE void multiply_panel(const panel_product *p, const uint32_t *panel, const uint32_t *next, float *c) {
    const size_t half = p->dtype == APUS_BF16 ? 0 : LANES;
    right_operand b = {.vectors = {panel, panel + half}, .next = {next, next + half},
                       .stride = panel_words(1, p->dtype)};
#if TILE_VECTORS == 2
    tile_function *const function = p->dtype == APUS_BF16 ? tile_bf16[p->rows - 1] : tile_double[p->rows - 1];
    function(p->k, p->left, &b, c, p->ldc, p->accumulate);
#else
    const bool bf16 = p->dtype == APUS_BF16;
    (bf16 ? tile_bf16_low : tile_single)[p->rows - 1](p->k, p->left, &b, c, p->ldc, p->accumulate);
    b.vectors[0] += half;
    b.next[0] += half;
    (bf16 ? tile_bf16_high : tile_single)[p->rows - 1](p->k, p->left, &b, c + LANES, p->ldc, p->accumulate);
#endif
}

/// c[rows][64] from two panels, for few rows.
INLINE void multiply_two_panels(const panel_product *p, const uint32_t *panel, const uint32_t *next, float *c) {
    const size_t half = p->dtype == APUS_BF16 ? 0 : LANES, words = p->panel_words;
    const right_operand b = {.vectors = {panel, panel + half, panel + words, panel + words + half},
                             .next = {next, next + half, next + words, next + words + half},
                             .stride = panel_words(1, p->dtype)};
    tile_function *const function =
        p->dtype == APUS_BF16 ? tile_bf16_pair[p->rows - 1] : tile_double_pair[p->rows - 1];
    function(p->k, p->left, &b, c, p->ldc, p->accumulate);
}

/// A panel with fewer than 32 real columns goes through a buffer, so that no element past them is touched.
INLINE void multiply_narrow_panel(const panel_product *p, const uint32_t *panel, size_t columns, float *c) {
    float buffer[TILE_ROWS * PANEL] __attribute__((aligned(64))) = {0};
    for (size_t r = 0; p->accumulate && r < p->rows; r += 1)
        memcpy(buffer + r * PANEL, c + r * p->ldc, columns * sizeof(float));
    panel_product inside = *p;
    inside.ldc = PANEL;
    multiply_panel(&inside, panel, panel, buffer);
    for (size_t r = 0; r < p->rows; r += 1) memcpy(c + r * p->ldc, buffer + r * PANEL, columns * sizeof(float));
}

/// All panels of columns begin ..< end for one row tile. `panel` and `c` are those of column `begin`.
static void multiply_columns(const panel_product *p, size_t begin, size_t end, const uint32_t *panel, float *c) {
    for (size_t column = begin; column < end;) {
        const size_t left = end - column;
        const size_t panels = p->rows <= FEW_ROWS && left >= 2 * PANEL ? 2 : 1;
        const uint32_t *next = left >= 2 * panels * PANEL ? panel + panels * p->panel_words : panel;
        if (panels == 2) multiply_two_panels(p, panel, next, c);
        else if (left >= PANEL) multiply_panel(p, panel, next, c);
        else multiply_narrow_panel(p, panel, left, c);
        column += panels * PANEL;
        panel += panels * p->panel_words;
        c += panels * PANEL;
    }
}

/// Columns whose weights, DEPTH deep, stay in the second-level cache while all row tiles pass over them.
#define COLUMNS_AT_ONCE 512

static void gemm_packed(size_t m, size_t n, size_t k, const float *a, size_t lda, const void *packed, apus_dtype dtype,
                        float *c, size_t ldc, bool accumulate, size_t column_begin, size_t column_end) {
    float left[TILE_ROWS * STRIDE] __attribute__((aligned(64)));
    panel_product product = {.dtype = dtype, .panel_words = panel_words(k, dtype), .left = left, .ldc = ldc};
    column_end = minimum(column_end, n);
    // A matrix with one row tile is read once: in one sweep.
    const size_t columns_at_once = m <= TILE_ROWS ? maximum(n, 1) : COLUMNS_AT_ONCE;
    for (size_t depth = 0; depth < maximum(k, 1); depth += DEPTH) {
        product.k = minimum(DEPTH, k - depth);
        product.accumulate = accumulate || depth > 0;
        for (size_t begin = column_begin; begin < column_end; begin += columns_at_once) {
            const uint32_t *panel =
                (const uint32_t *)packed + begin / PANEL * product.panel_words + panel_words(depth, dtype);
            size_t row = 0;
            for (size_t tiles = ceiling_divide(m, TILE_ROWS); tiles > 0; tiles -= 1) {
                product.rows = ceiling_divide(m - row, tiles);
                gather_rows(product.rows, product.k, a + row * lda + depth, lda, left);
                multiply_columns(&product, begin, minimum(begin + columns_at_once, column_end), panel,
                                 c + row * ldc + begin);
                row += product.rows;
            }
        }
    }
}
