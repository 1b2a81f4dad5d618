// Exponential and logarithm as fixed sequences of IEEE operations, so that their bits are the same everywhere.

/// exp(x) to about 1 ulp; 0 below −87.33 (no subnormal results), +∞ above 88.37, NaN for NaN.
/// x = n·ln 2 + r with |r| ≤ ln 2 / 2; exp(r) by a degree-7 Taylor polynomial whose relative error is below 2⁻²⁷.
INLINE f32x16 exp16(f32x16 x) {
    // Adding 1.5·2²³ rounds to an integer; the further 127 puts n + 127, the exponent of 2ⁿ, in the low bits.
    const float rounder = 12582912.0f + 127.0f;
    const f32x16 shifted = fma16(x, splat(0x1.715476p+0f), splat(rounder));
    const f32x16 n = shifted - splat(rounder);
    const f32x16 power = (f32x16)((u32x16)shifted << 23);
    f32x16 r = fma16(n, splat(-0x1.62e4p-1f), x);
    r = fma16(n, splat(-0x1.7f7d1cp-20f), r);
    f32x16 p = splat(1.0f / 5040.0f);
    p = fma16(p, r, splat(1.0f / 720.0f));
    p = fma16(p, r, splat(1.0f / 120.0f));
    p = fma16(p, r, splat(1.0f / 24.0f));
    p = fma16(p, r, splat(1.0f / 6.0f));
    p = fma16(p, r, splat(0.5f));
    p = fma16(p, r, splat(1.0f));
    p = fma16(p, r, splat(1.0f));
    f32x16 y = p * power;
    y = select16(x < splat(-87.33f), splat(0.0f), y);
    return select16(x > splat(88.37f), splat(__builtin_inff()), y);
}

/// 1 / (1 + exp(−x)).
INLINE f32x16 sigmoid16(f32x16 x) { return splat(1.0f) / (splat(1.0f) + exp16(-x)); }

/// Natural logarithm of a positive normal number, in double to about 1e-15: m·2ᵉ with m in [√½, √2),
/// log m = 2 atanh((m−1)/(m+1)) by its series. Infinity and NaN stay what they are.
INLINE double log_of(double x) {
    if (!(x < __builtin_inf())) return x;
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    const uint64_t shifted = bits - 0x3fe6a09e667f3bcdull;
    const int64_t exponent = (int64_t)shifted >> 52;
    const uint64_t reduced = bits - ((uint64_t)exponent << 52);
    double m;
    memcpy(&m, &reduced, sizeof m);
    const double s = (m - 1.0) / (m + 1.0), z = s * s;
    double p = 1.0 / 19.0;
    for (int odd = 17; odd >= 1; odd -= 2) p = __builtin_fma(p, z, 1.0 / odd);
    return __builtin_fma((double)exponent, 0x1.62e42fefa39efp-1, 2.0 * s * p);
}
