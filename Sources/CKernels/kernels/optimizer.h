// AdamW and the checks on gradients.

static void adamw(size_t count, float *parameter, const float *gradient, float *first_moment, float *second_moment,
                  float gradient_scale, float learning_rate, float beta1, float beta2, float epsilon,
                  float weight_decay, float bias_correction1, float bias_correction2) {
    const f32x16 decay = splat(1.0f - learning_rate * weight_decay), scale = splat(gradient_scale);
    const f32x16 step = splat(learning_rate / bias_correction1);
    const f32x16 root = splat(__builtin_sqrtf(bias_correction2));
    for (size_t i = 0; i < count; i += LANES) {
        const size_t left = count - i;
        const f32x16 g = load_up_to(gradient + i, left) * scale;
        const f32x16 m0 = load_up_to(first_moment + i, left), v0 = load_up_to(second_moment + i, left);
        const f32x16 m = fma16(splat(1.0f - beta1), g - m0, m0);
        const f32x16 v = fma16(splat(1.0f - beta2), g * g, v0 * splat(beta2));
        const f32x16 p = load_up_to(parameter + i, left) * decay;
        store_up_to(first_moment + i, left, m);
        store_up_to(second_moment + i, left, v);
        store_up_to(parameter + i, left, fma16(-step, m / (sqrt16(v) / root + splat(epsilon)), p));
    }
}

static double sum_of_squares(size_t count, const float *x) {
    f64x16 sum = widen(splat(0.0f));
    for (size_t i = 0; i < count; i += LANES) {
        const f64x16 value = widen(load_up_to(x + i, count - i));
        sum += value * value;
    }
    return sum_of_wide_lanes(sum);
}

static size_t count_nonfinite(size_t count, const float *x) {
    size_t total = 0;
    for (size_t i = 0; i < count;) {
        // Counted in 32-bit lanes, emptied before they could overflow.
        const size_t end = minimum(count, i + ((size_t)1 << 30));
        i32x16 found = {0};
        for (; i < end; i += LANES) {
            const u32x16 bits = (u32x16)load_up_to(x + i, count - i);
            found -= (i32x16)((bits & 0x7f800000u) == 0x7f800000u);
        }
        for (size_t lane = 0; lane < LANES; lane += 1) total += (size_t)found[lane];
    }
    return total;
}
