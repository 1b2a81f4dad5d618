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
    size_t tile, tiles;            // of those that pass over a panel in turn, each fetching its share of the next one
} panel_product;

/// The part of the next panel that sweep `sweep` of this tile fetches, of `sweeps` that the tile makes over the panel.
INLINE right_operand operand_of_panel(const panel_product *p, const uint32_t *panel, const uint32_t *next, size_t sweep,
                                      size_t sweeps) {
    const size_t half = p->dtype == APUS_BF16 ? 0 : LANES, stride = panel_words(1, p->dtype);
    const size_t step = ceiling_divide(stride * sizeof(uint32_t), p->tiles * sweeps);
    const uint32_t *share = (const uint32_t *)((const char *)next + (p->tile * sweeps + sweep) * p->k * step);
    return (right_operand){
        .vectors = {panel, panel + half}, .next = {share, share + half}, .stride = stride, .next_step = step};
}

/// c[rows][32] from one panel; `next` is the panel wanted after it.
INLINE void multiply_panel(const panel_product *p, const uint32_t *panel, const uint32_t *next, float *c) {
    const bool bf16 = p->dtype == APUS_BF16;
#if TILE_VECTORS == 1
    if (p->rows > DOUBLE_ROWS) {
        const right_operand low = operand_of_panel(p, panel, next, 0, 2);
        const right_operand high = operand_of_panel(p, panel + (bf16 ? 0 : LANES), next, 1, 2);
        (bf16 ? tile_bf16_low : tile_single)[p->rows - 1](p->k, p->left, &low, c, p->ldc, p->accumulate);
        (bf16 ? tile_bf16_high : tile_single)[p->rows - 1](p->k, p->left, &high, c + LANES, p->ldc, p->accumulate);
        return;
    }
#endif
    const right_operand b = operand_of_panel(p, panel, next, 0, 1);
    (bf16 ? tile_bf16 : tile_double)[p->rows - 1](p->k, p->left, &b, c, p->ldc, p->accumulate);
}

/// c[rows][64] from two panels, for few rows.
INLINE void multiply_two_panels(const panel_product *p, const uint32_t *panel, const uint32_t *next, float *c) {
    const size_t half = p->dtype == APUS_BF16 ? 0 : LANES, words = p->panel_words, stride = panel_words(1, p->dtype);
    const right_operand b = {.vectors = {panel, panel + half, panel + words, panel + words + half},
                             .next = {next, next + half, next + words, next + words + half},
                             .stride = stride, .next_step = stride * sizeof(uint32_t)};
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

/// All panels of columns begin ..< end for one row tile. `panel` and `c` are those of column `begin`; panels up to column
/// `last` are worth fetching ahead.
static void multiply_columns(const panel_product *p, size_t begin, size_t end, size_t last, const uint32_t *panel,
                             float *c) {
    for (size_t column = begin; column < end;) {
        const size_t left = end - column;
        const size_t panels = p->rows <= FEW_ROWS && left >= 2 * PANEL ? 2 : 1;
        const uint32_t *next = last - column >= 2 * panels * PANEL ? panel + panels * p->panel_words : panel;
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
/// Rows whose left operands, DEPTH deep, stay in the second-level cache while all weights pass by once.
#define ROWS_AT_ONCE 64

/// Up to ROWS_AT_ONCE rows: panel by panel, all row tiles on each, so that weights are read from memory once, evenly in time.
static void gemm_few_rows(size_t m, size_t k, const float *a, size_t lda, const void *packed, apus_dtype dtype, float *c,
                          size_t ldc, bool accumulate, size_t column_begin, size_t column_end) {
    float left[ROWS_AT_ONCE * STRIDE] __attribute__((aligned(64)));
    const size_t tiles = ceiling_divide(m, TILE_ROWS);
    panel_product product = {.dtype = dtype, .panel_words = panel_words(k, dtype), .ldc = ldc, .tiles = tiles};
    // Few rows of one tile take two panels at a time.
    const size_t columns_at_once = tiles == 1 ? maximum(column_end, 1) : PANEL;
    for (size_t depth = 0; depth < maximum(k, 1); depth += DEPTH) {
        product.k = minimum(DEPTH, k - depth);
        product.accumulate = accumulate || depth > 0;
        gather_rows(m, product.k, a + depth, lda, left);
        for (size_t begin = column_begin; begin < column_end; begin += columns_at_once) {
            const uint32_t *panel =
                (const uint32_t *)packed + begin / PANEL * product.panel_words + panel_words(depth, dtype);
            const size_t end = minimum(begin + columns_at_once, column_end);
            for (product.tile = 0; product.tile < tiles; product.tile += 1) {
                const size_t row = product.tile * m / tiles;
                product.rows = (product.tile + 1) * m / tiles - row;
                product.left = left + row * STRIDE;
                multiply_columns(&product, begin, end, column_end, panel, c + row * ldc + begin - column_begin);
            }
        }
    }
}

static void gemm_packed(size_t m, size_t n, size_t k, const float *a, size_t lda, const void *packed, apus_dtype dtype,
                        float *c, size_t ldc, bool accumulate, size_t column_begin, size_t column_end) {
    float left[TILE_ROWS * STRIDE] __attribute__((aligned(64)));
    column_end = minimum(column_end, n);
    if (m <= ROWS_AT_ONCE) {
        if (m > 0) gemm_few_rows(m, k, a, lda, packed, dtype, c, ldc, accumulate, column_begin, column_end);
        return;
    }
    panel_product product = {.dtype = dtype, .panel_words = panel_words(k, dtype), .left = left, .ldc = ldc, .tiles = 1};
    for (size_t depth = 0; depth < maximum(k, 1); depth += DEPTH) {
        product.k = minimum(DEPTH, k - depth);
        product.accumulate = accumulate || depth > 0;
        for (size_t begin = column_begin; begin < column_end; begin += COLUMNS_AT_ONCE) {
            const uint32_t *panel =
                (const uint32_t *)packed + begin / PANEL * product.panel_words + panel_words(depth, dtype);
            const size_t end = minimum(begin + COLUMNS_AT_ONCE, column_end);
            size_t row = 0;
            for (size_t tiles = ceiling_divide(m, TILE_ROWS); tiles > 0; tiles -= 1) {
                product.rows = ceiling_divide(m - row, tiles);
                gather_rows(product.rows, product.k, a + row * lda + depth, lda, left);
                multiply_columns(&product, begin, end, end, panel, c + row * ldc + begin - column_begin);
                row += product.rows;
            }
        }
    }
}
