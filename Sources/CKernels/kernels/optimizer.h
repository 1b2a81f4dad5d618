// AdamW and the checks on gradients.

/// The constants of one step, and what it makes of sixteen elements.
typedef struct {
    f32x16 decay, scale, step, root, beta2, epsilon, rest1, rest2;
} adamw_step;
typedef struct {
    f32x16 parameter, first_moment, second_moment;
} adamw_state;

INLINE adamw_step adamw_constants(float gradient_scale, float learning_rate, float beta1, float beta2, float epsilon,
                                  float weight_decay, float bias_correction1, float bias_correction2) {
    return (adamw_step){
        .decay = splat(1.0f - learning_rate * weight_decay),
        .scale = splat(gradient_scale),
        .step = splat(learning_rate / bias_correction1),
        .root = splat(__builtin_sqrtf(bias_correction2)),
        .beta2 = splat(beta2),
        .epsilon = splat(epsilon),
        .rest1 = splat(1.0f - beta1),
        .rest2 = splat(1.0f - beta2),
    };
}

INLINE adamw_state adamw_next(adamw_step s, f32x16 parameter, f32x16 gradient, f32x16 first_moment,
                              f32x16 second_moment) {
    const f32x16 g = gradient * s.scale;
    const f32x16 m = fma16(s.rest1, g - first_moment, first_moment);
    const f32x16 v = fma16(s.rest2, g * g, second_moment * s.beta2);
    return (adamw_state){fma16(-s.step, m / (sqrt16(v) / s.root + s.epsilon), parameter * s.decay), m, v};
}

static void adamw(size_t count, float *parameter, const float *gradient, float *first_moment, float *second_moment,
                  float gradient_scale, float learning_rate, float beta1, float beta2, float epsilon,
                  float weight_decay, float bias_correction1, float bias_correction2) {
    const adamw_step step = adamw_constants(gradient_scale, learning_rate, beta1, beta2, epsilon, weight_decay,
                                            bias_correction1, bias_correction2);
    for (size_t i = 0; i < count; i += LANES) {
        const size_t left = count - i;
        const adamw_state next =
            adamw_next(step, load_up_to(parameter + i, left), load_up_to(gradient + i, left),
                       load_up_to(first_moment + i, left), load_up_to(second_moment + i, left));
        store_up_to(first_moment + i, left, next.first_moment);
        store_up_to(second_moment + i, left, next.second_moment);
        store_up_to(parameter + i, left, next.parameter);
    }
}

/// Lanes (−1) whose value is NaN, infinite, or too large to stay finite as bf16.
INLINE i32x16 overflowing(f32x16 x) {
    const u32x16 magnitude = (u32x16)x & 0x7fffffffu;
    return (i32x16)(magnitude > 0x7f7f0000u);
}

static size_t adamw_overflows(size_t count, const float *parameter, const float *gradient, const float *first_moment,
                              const float *second_moment, float gradient_scale, float learning_rate, float beta1,
                              float beta2, float epsilon, float weight_decay, float bias_correction1,
                              float bias_correction2) {
    const adamw_step step = adamw_constants(gradient_scale, learning_rate, beta1, beta2, epsilon, weight_decay,
                                            bias_correction1, bias_correction2);
    size_t total = 0;
    for (size_t i = 0; i < count;) {
        // Counted in 32-bit lanes, emptied before they could overflow.
        const size_t end = minimum(count, i + ((size_t)1 << 30));
        i32x16 found = {0};
        for (; i < end; i += LANES) {
            const size_t left = count - i;
            const adamw_state next =
                adamw_next(step, load_up_to(parameter + i, left), load_up_to(gradient + i, left),
                           load_up_to(first_moment + i, left), load_up_to(second_moment + i, left));
            found -= overflowing(next.parameter) | overflowing(next.first_moment) | overflowing(next.second_moment);
        }
        for (size_t lane = 0; lane < LANES; lane += 1) total += (size_t)found[lane];
    }
    return total;
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
