// Language-model head: log-sum-exp and entropy, the gradient of log-probabilities, sampling.

INLINE float row_maximum(size_t count, const float *x) {
    f32x16 largest = splat(-__builtin_inff());
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) largest = max16(load(x + i), largest);
    if (i < count)
        largest = max16(select16(first_lanes(count - i), load_first(x + i, count - i), largest), largest);
    return max_of_lanes(largest);
}

/// With z = logits/T and m = max z: log Σ exp z = m + log S and H = log S − Σ e^(z−m) (z−m) / S. Sums are in double, as
/// a vocabulary of 150,000 would cost fp32 its last three digits.
static void log_sum_exp(size_t rows, size_t vocabulary, const float *logits, size_t ld, float inverse_temperature,
                        float *log_sum, float *entropy) {
    for (size_t r = 0; r < rows; r += 1) {
        const float *x = logits + r * ld;
        const float top = row_maximum(vocabulary, x) * inverse_temperature;
        f64x16 sum = widen(splat(0.0f)), weighted = sum;
        for (size_t i = 0; i < vocabulary; i += LANES) {
            const size_t left = vocabulary - i;
            const f32x16 z = load_up_to(x + i, left) * splat(inverse_temperature) - splat(top);
            f32x16 e = exp16(z);
            // e is 0 where z is −∞, and −∞ · 0 is not.
            f32x16 product = select16(z < splat(-87.0f), splat(0.0f), e * z);
            if (left < LANES) {
                e = select16(first_lanes(left), e, splat(0.0f));
                product = select16(first_lanes(left), product, splat(0.0f));
            }
            sum += widen(e);
            if (entropy != NULL) weighted += widen(product);
        }
        const double total = sum_of_wide_lanes(sum), log_total = log_of(total);
        log_sum[r] = (float)((double)top + log_total);
        if (entropy != NULL) entropy[r] = (float)(log_total - sum_of_wide_lanes(weighted) / total);
    }
}

/// With p = softmax(z), z = logits/T: dz of Σ_j a_j log p(target_j) + b H is Σ_j a_j (onehot_j − p) − b p (log p + H).
static void log_prob_backward(size_t rows, size_t vocabulary, float *logits, size_t ld, float inverse_temperature,
                              const float *log_sum, const float *entropy, const int32_t *offsets,
                              const int32_t *targets, const float *dlogprob, const float *dentropy) {
    for (size_t r = 0; r < rows; r += 1) {
        float *x = logits + r * ld, total = 0.0f;
        for (int32_t j = offsets[r]; j < offsets[r + 1]; j += 1) total += dlogprob[j];
        if (offsets[r] == offsets[r + 1]) {
            memset(x, 0, vocabulary * sizeof(float));
            continue;
        }
        const f32x16 factor = splat(-total * inverse_temperature);
        for (size_t i = 0; i < vocabulary; i += LANES) {
            const size_t left = vocabulary - i;
            const f32x16 z = load_up_to(x + i, left) * splat(inverse_temperature) - splat(log_sum[r]);
            f32x16 scale = factor;
            // p is 0 where z is −∞, and −∞ · 0 is not.
            if (dentropy != NULL)
                scale -= splat(dentropy[r] * inverse_temperature) *
                         select16(z < splat(-87.0f), splat(0.0f), z + splat(entropy[r]));
            store_up_to(x + i, left, exp16(z) * scale);
        }
        for (int32_t j = offsets[r]; j < offsets[r + 1]; j += 1)
            x[targets[j]] = __builtin_fmaf(dlogprob[j], inverse_temperature, x[targets[j]]);
    }
}

/// Probabilities of 16 tokens from `begin` on; 0 past the vocabulary.
INLINE f32x16 probabilities_at(size_t begin, size_t vocabulary, const float *logits, float inverse_temperature,
                               float log_sum) {
    const size_t left = vocabulary - begin;
    const f32x16 p = exp16(load_up_to(logits + begin, left) * splat(inverse_temperature) - splat(log_sum));
    return left < LANES ? select16(first_lanes(left), p, splat(0.0f)) : p;
}

/// Skips sixteen tokens at a time until their sum reaches past `uniform`, then goes one by one.
static int32_t sample(size_t vocabulary, const float *logits, float inverse_temperature, float log_sum,
                      double uniform) {
    double running = 0.0;
    size_t last_positive = vocabulary;
    bool reached = false;
    for (size_t begin = 0; begin < vocabulary && !reached; begin += LANES) {
        const f32x16 p = probabilities_at(begin, vocabulary, logits, inverse_temperature, log_sum);
        const double sum = sum_of_wide_lanes(widen(p));
        if (sum > 0.0) last_positive = begin;
        reached = running + sum > uniform;
        if (!reached) running += sum;
    }
    if (last_positive == vocabulary) return -1;
    const f32x16 p = probabilities_at(last_positive, vocabulary, logits, inverse_temperature, log_sum);
    size_t chosen = 0;
    for (size_t lane = 0; lane < LANES; lane += 1) {
        running += (double)p[lane];
        if (p[lane] > 0.0f) chosen = last_positive + lane;
        if (reached && running > uniform) break;
    }
    return (int32_t)chosen;
}

static int32_t argmax(size_t vocabulary, const float *logits) {
    const float largest = row_maximum(vocabulary, logits);
    for (size_t i = 0; i < vocabulary; i += 1)
        if (logits[i] == largest) return (int32_t)i;
    return 0;
}
