// bf16 is the upper half of an fp32.

/// Round to nearest even in integers; a NaN keeps its upper payload and is made quiet.
INLINE u16x16 round_to_bf16(u32x16 bits) {
    const u32x16 rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    const u32x16 quiet = (bits >> 16) | 0x40u;
    const u32x16 is_nan = (u32x16)((bits & 0x7fffffffu) > 0x7f800000u);
    return __builtin_convertvector((is_nan & quiet) | (~is_nan & rounded), u16x16);
}

/// Inputs that products in bf16 arithmetic take at once (bf16.h).
#define BLOCK_INPUTS 32
static size_t bf16_stride(size_t k) { return round_up(k, BLOCK_INPUTS); }

/// Rounded to bf16, in the low halves of words. The instruction makes zeros of numbers that are not normal, as the products do.
INLINE u32x16 rounded_words(f32x16 x) {
#if defined(APUS_AMX)
    typedef __bf16 bf16x16 __attribute__((vector_size(32)));
    return __builtin_convertvector((u16x16)__builtin_convertvector(x, bf16x16), u32x16);
#else
    return __builtin_convertvector(round_to_bf16((u32x16)x), u32x16);
#endif
}

static void f32_to_bf16(size_t count, const float *x, uint16_t *y) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) *(u16x16_unaligned *)(y + i) = round_to_bf16((u32x16)load(x + i));
    if (i == count) return;
    const u16x16 last = round_to_bf16((u32x16)load_first(x + i, count - i));
    for (size_t lane = 0; i + lane < count; lane += 1) y[i + lane] = last[lane];
}

static void bf16_to_f32(size_t count, const uint16_t *x, float *y) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        const u16x16 halves = *(const u16x16_unaligned *)(x + i);
        store(y + i, (f32x16)(__builtin_convertvector(halves, u32x16) << 16));
    }
    for (; i < count; i += 1) {
        const uint32_t bits = (uint32_t)x[i] << 16;
        memcpy(y + i, &bits, sizeof bits);
    }
}
