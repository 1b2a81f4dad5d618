// Language-model head: log-sum-exp and entropy, the gradient of log-probabilities, sampling.

INLINE float row_maximum(size_t count, const float *x) {
    f32x16 largest = splat(-__builtin_inff());
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) largest = max16(load(x + i), largest);
    if (i < count)
        largest = max16(select16(first_lanes(count - i), load_first(x + i, count - i), largest), largest);
    return max_of_lanes(largest);
}

/// Sums are in double, as a vocabulary of 150,000 would cost fp32 its last three digits.
INLINE apus_partial_softmax softmax_part_of(size_t count, const float *x, float inverse_temperature) {
    // A part whose every logit is −∞ has a finite maximum all the same: −∞ − −∞ is not a number.
    const float top = max_of_lanes(max16(splat(row_maximum(count, x) * inverse_temperature), splat(-__FLT_MAX__)));
    f64x16 sum = widen(splat(0.0f)), weighted = sum;
    for (size_t i = 0; i < count; i += LANES) {
        const size_t left = count - i;
        const f32x16 z = load_up_to(x + i, left) * splat(inverse_temperature) - splat(top);
        f32x16 e = exp16(z);
        // e is 0 where z is −∞, and −∞ · 0 is not.
        f32x16 product = select16(z < splat(-87.0f), splat(0.0f), e * z);
        if (left < LANES) {
            e = select16(first_lanes(left), e, splat(0.0f));
            product = select16(first_lanes(left), product, splat(0.0f));
        }
        sum += widen(e);
        weighted += widen(product);
    }
    return (apus_partial_softmax){top, sum_of_wide_lanes(sum), sum_of_wide_lanes(weighted)};
}

/// The sums of `part` taken from a maximum that is higher by −d: Σ e^(z−m+d) = e^d Σ e^(z−m), and likewise with (z−m+d).
INLINE apus_partial_softmax with_maximum(apus_partial_softmax part, float maximum) {
    const float distance = part.maximum - maximum;
    const double factor = (double)exp16(splat(distance))[0];
    // So far below that nothing is left, and ∞ · 0 is not nothing.
    const double weighted = factor == 0.0 ? part.weighted * 0.0 : (part.weighted + (double)distance * part.sum) * factor;
    return (apus_partial_softmax){maximum, part.sum * factor, weighted};
}

/// One part after the other, in order: that is what the result is, whoever computed the parts.
INLINE apus_partial_softmax join_parts(apus_partial_softmax a, apus_partial_softmax b) {
    const float maximum = b.maximum > a.maximum ? b.maximum : a.maximum;
    if (a.maximum < maximum) a = with_maximum(a, maximum);
    if (b.maximum < maximum) b = with_maximum(b, maximum);
    return (apus_partial_softmax){maximum, a.sum + b.sum, a.weighted + b.weighted};
}

/// With m = max z and S = Σ e^(z−m): log Σ exp z = m + log S and H = log S − Σ e^(z−m) (z−m) / S.
INLINE void finish_softmax(apus_partial_softmax all, float *log_sum, float *entropy) {
    const double log_total = log_of(all.sum);
    *log_sum = (float)((double)all.maximum + log_total);
    if (entropy != NULL) *entropy = (float)(log_total - all.weighted / all.sum);
}

static void softmax_part(size_t rows, size_t columns, const float *logits, size_t ld, float inverse_temperature,
                         apus_partial_softmax *parts, size_t stride) {
    for (size_t r = 0; r < rows; r += 1) parts[r * stride] = softmax_part_of(columns, logits + r * ld, inverse_temperature);
}

static void log_sum_exp_of_parts(size_t rows, size_t count, const apus_partial_softmax *parts, float *log_sum, float *entropy) {
    for (size_t r = 0; r < rows; r += 1) {
        apus_partial_softmax all = parts[r * count];
        for (size_t i = 1; i < count; i += 1) all = join_parts(all, parts[r * count + i]);
        finish_softmax(all, log_sum + r, entropy == NULL ? NULL : entropy + r);
    }
}

static void log_sum_exp(size_t rows, size_t vocabulary, const float *logits, size_t ld, float inverse_temperature,
                        float *log_sum, float *entropy) {
    for (size_t r = 0; r < rows; r += 1) {
        const float *x = logits + r * ld;
        apus_partial_softmax all = softmax_part_of(minimum(APUS_SOFTMAX_PART, vocabulary), x, inverse_temperature);
        for (size_t i = APUS_SOFTMAX_PART; i < vocabulary; i += APUS_SOFTMAX_PART)
            all = join_parts(all, softmax_part_of(minimum(APUS_SOFTMAX_PART, vocabulary - i), x + i, inverse_temperature));
        finish_softmax(all, log_sum + r, entropy == NULL ? NULL : entropy + r);
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
