// The machine's fp32 peak: independent chains of fused multiply-adds on registers.

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
