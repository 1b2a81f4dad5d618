// Rounding and packing for products in bf16 arithmetic; bf16.h says how a panel looks.

static size_t packed_bf16_bytes(size_t n, size_t k) {
    return ceiling_divide(n, PANEL) * bf16_stride(k) * PANEL * sizeof(uint16_t);
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
