// The machine's peaks: independent sums on registers alone.

static double fma_peak_probe(size_t iterations) {
#if defined(APUS_AVX512)
#define CHAINS 16
#else
#define CHAINS 6
#endif
    // Read where the compiler can't see: it would fold chains whose values it knows.
    const volatile float unknown = 0.5f;
    f32x16 sum[CHAINS];
    const f32x16 factor = splat(unknown), term = splat(unknown);
#pragma clang loop unroll(full)
    for (size_t j = 0; j < CHAINS; j += 1) sum[j] = splat(unknown + (float)j);
    for (size_t i = 0; i < iterations; i += 1)
#pragma clang loop unroll(full)
        for (size_t j = 0; j < CHAINS; j += 1) sum[j] = fma16(sum[j], factor, term);
    f32x16 total = splat(0.0f);
#pragma clang loop unroll(full)
    for (size_t j = 0; j < CHAINS; j += 1) total += sum[j];
    // Stored where the compiler can't see, or it would drop the work.
    volatile float sink = sum_of_lanes(total);
    (void)sink;
    return 2.0 * LANES * CHAINS * (double)iterations;
}

#if defined(APUS_AMX)
static double bf16_peak_probe(size_t iterations) {
    matrix_unit unit;
    begin_products(&unit);
    take_rows(&unit, BLOCK_ROWS, NULL, 0, 0);
    for (size_t i = 0; i < iterations; i += 1) {
        __builtin_ia32_tdpbf16ps(0, 4, 6);
        __builtin_ia32_tdpbf16ps(1, 4, 7);
        __builtin_ia32_tdpbf16ps(2, 5, 6);
        __builtin_ia32_tdpbf16ps(3, 5, 7);
    }
    end_products(&unit);
    return 2.0 * BLOCK_ROWS * PANEL * BLOCK_INPUTS * (double)iterations;
}
#else
static double bf16_peak_probe(size_t iterations) { return fma_peak_probe(iterations); }
#endif
