// Root-mean-square normalisation (arXiv 1910.07467) and rotary position embedding (arXiv 2104.09864).

static void rmsnorm(size_t rows, size_t dim, const float *x, size_t ldx, const float *weight, float epsilon, float *y,
                    size_t ldy, float *inverse_rms) {
    for (size_t r = 0; r < rows; r += 1) {
        const float *from = x + r * ldx;
        float *to = y + r * ldy;
        f32x16 squares = splat(0.0f);
        for (size_t i = 0; i < dim; i += LANES) {
            const f32x16 value = load_up_to(from + i, dim - i);
            squares = fma16(value, value, squares);
        }
        const float inverse = 1.0f / __builtin_sqrtf(sum_of_lanes(squares) / (float)dim + epsilon);
        if (inverse_rms != NULL) inverse_rms[r] = inverse;
        for (size_t i = 0; i < dim; i += LANES)
            store_up_to(to + i, dim - i,
                        load_up_to(from + i, dim - i) * splat(inverse) * load_up_to(weight + i, dim - i));
    }
}

/// With h = x/rms and g = dy·weight: dx = (g − h · mean(g·h)) / rms, dweight = Σ_rows dy·h.
static void rmsnorm_backward(size_t rows, size_t dim, const float *x, size_t ldx, const float *weight,
                             const float *inverse_rms, const float *dy, size_t lddy, float *dx, size_t lddx,
                             bool accumulate, float *dweight) {
    for (size_t r = 0; r < rows; r += 1) {
        const float *input = x + r * ldx, *upstream = dy + r * lddy;
        float *to = dx + r * lddx;
        const f32x16 inverse = splat(inverse_rms[r]);
        f32x16 products = splat(0.0f);
        for (size_t i = 0; i < dim; i += LANES) {
            const f32x16 gradient = load_up_to(upstream + i, dim - i) * load_up_to(weight + i, dim - i);
            products = fma16(gradient, load_up_to(input + i, dim - i) * inverse, products);
        }
        const f32x16 mean = splat(sum_of_lanes(products) / (float)dim);
        for (size_t i = 0; i < dim; i += LANES) {
            const size_t left = dim - i;
            const f32x16 normalised = load_up_to(input + i, left) * inverse;
            const f32x16 from_above = load_up_to(upstream + i, left);
            const f32x16 gradient = from_above * load_up_to(weight + i, left);
            const f32x16 result = fma16(-normalised, mean, gradient) * inverse;
            if (dweight != NULL)
                store_up_to(dweight + i, left, fma16(from_above, normalised, load_up_to(dweight + i, left)));
            store_up_to(to + i, left, accumulate ? load_up_to(to + i, left) + result : result);
        }
    }
}

static void rope(size_t rows, size_t heads, size_t head_dim, float *x, size_t ldx, const int32_t *positions,
                 const float *cosine, const float *sine, bool inverse) {
    const size_t half = head_dim / 2;
    for (size_t r = 0; r < rows; r += 1) {
        const float *cosines = cosine + (size_t)positions[r] * half, *sines = sine + (size_t)positions[r] * half;
        for (size_t head = 0; head < heads; head += 1) {
            float *first = x + r * ldx + head * head_dim, *second = first + half;
            for (size_t i = 0; i < half; i += LANES) {
                const size_t left = half - i;
                const f32x16 c = load_up_to(cosines + i, left), forward = load_up_to(sines + i, left);
                const f32x16 s = inverse ? -forward : forward;
                const f32x16 a = load_up_to(first + i, left), b = load_up_to(second + i, left);
                store_up_to(first + i, left, fma16(a, c, -(b * s)));
                store_up_to(second + i, left, fma16(b, c, a * s));
            }
        }
    }
}
