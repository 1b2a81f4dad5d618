// Mixture-of-experts router: softmax over all experts in fp32, top-k, gates.

/// Softmax of one row into p.
INLINE void softmax_row(size_t count, const float *logits, float *p) {
    f32x16 largest = splat(-__builtin_inff());
    for (size_t i = 0; i < count; i += LANES) {
        const i32x16 valid = first_lanes(count - i);
        largest = max16(select16(valid, load_up_to(logits + i, count - i), splat(-__builtin_inff())), largest);
    }
    const f32x16 top = splat(max_of_lanes(largest));
    f32x16 sum = splat(0.0f);
    for (size_t i = 0; i < count; i += LANES) {
        const f32x16 e = exp16(load_up_to(logits + i, count - i) - top);
        sum = sum + select16(first_lanes(count - i), e, splat(0.0f));
        store_up_to(p + i, count - i, e);
    }
    const f32x16 total = splat(sum_of_lanes(sum));
    for (size_t i = 0; i < count; i += LANES) store_up_to(p + i, count - i, load_up_to(p + i, count - i) / total);
}

/// Orders probabilities with NaN below everything, so that a broken row still has valid ids.
INLINE float comparable(float probability) { return probability == probability ? probability : -1.0f; }

/// The top_k ids by (probability descending, id ascending).
INLINE void choose_experts_of_row(size_t experts, size_t top_k, const float *p, int16_t *ids) {
    float last = __builtin_inff();
    size_t last_id = 0;
    for (size_t j = 0; j < top_k; j += 1) {
        float best = -2.0f;
        size_t best_id = 0;
        for (size_t e = 0; e < experts; e += 1) {
            const float candidate = comparable(p[e]);
            const bool remaining = candidate < last || (candidate == last && e > last_id);
            if (remaining && candidate > best) {
                best = candidate;
                best_id = e;
            }
        }
        ids[j] = (int16_t)best_id;
        last = best;
        last_id = best_id;
    }
}

INLINE void sort_ascending(size_t count, int16_t *ids) {
    for (size_t i = 1; i < count; i += 1)
        for (size_t j = i; j > 0 && ids[j - 1] > ids[j]; j -= 1) {
            const int16_t larger = ids[j - 1];
            ids[j - 1] = ids[j];
            ids[j] = larger;
        }
}

static void router(size_t rows, size_t experts, size_t top_k, bool normalise, const float *logits,
                   const int16_t *replay, int16_t *ids, float *gates, float *probabilities) {
    float own[experts];
    for (size_t r = 0; r < rows; r += 1) {
        float *p = probabilities != NULL ? probabilities + r * experts : own;
        int16_t *row_ids = ids + r * top_k;
        softmax_row(experts, logits + r * experts, p);
        if (replay != NULL && replay[r * top_k] >= 0) memcpy(row_ids, replay + r * top_k, top_k * sizeof(int16_t));
        else choose_experts_of_row(experts, top_k, p, row_ids);
        sort_ascending(top_k, row_ids);
        float sum = 0.0f;
        for (size_t j = 0; j < top_k; j += 1) sum += p[row_ids[j]];
        for (size_t j = 0; j < top_k; j += 1) gates[r * top_k + j] = normalise ? p[row_ids[j]] / sum : p[row_ids[j]];
    }
}

/// dp of a chosen expert is dgate, or (dgate − Σ dgate·gate) / Σ p when gates were renormalised; then
/// dlogit_e = p_e (dp_e − Σ_j dp_j p_j).
static void router_backward(size_t rows, size_t experts, size_t top_k, bool normalise, const float *probabilities,
                            const int16_t *ids, const float *gates, const float *dgates, float *dlogits) {
    float dp[top_k];
    for (size_t r = 0; r < rows; r += 1) {
        const float *p = probabilities + r * experts, *gate = gates + r * top_k, *dgate = dgates + r * top_k;
        const int16_t *row_ids = ids + r * top_k;
        float *to = dlogits + r * experts;
        float sum = 0.0f, mean = 0.0f, inner = 0.0f;
        for (size_t j = 0; j < top_k; j += 1) {
            sum += p[row_ids[j]];
            mean = __builtin_fmaf(dgate[j], gate[j], mean);
        }
        for (size_t j = 0; j < top_k; j += 1) {
            dp[j] = normalise ? (dgate[j] - mean) / sum : dgate[j];
            inner = __builtin_fmaf(dp[j], p[row_ids[j]], inner);
        }
        for (size_t e = 0; e < experts; e += 1) to[e] = -(p[e] * inner);
        for (size_t j = 0; j < top_k; j += 1) to[row_ids[j]] = p[row_ids[j]] * (dp[j] - inner);
    }
}

static void choose_experts(size_t rows, size_t experts, size_t top_k, const float *probabilities, int16_t *ids) {
    for (size_t r = 0; r < rows; r += 1) {
        choose_experts_of_row(experts, top_k, probabilities + r * experts, ids + r * top_k);
        sort_ascending(top_k, ids + r * top_k);
    }
}

/// A loss Σ_e c_e p_e of each row has dlogit_e = p_e (c_e − Σ c p).
static double balance_backward(size_t rows, size_t experts, const float *probabilities, const float *dprobabilities,
                               float *dlogits) {
    double total = 0.0;
    for (size_t r = 0; r < rows; r += 1) {
        const float *p = probabilities + r * experts;
        float *to = dlogits + r * experts, loss = 0.0f;
        for (size_t e = 0; e < experts; e += 1) loss = __builtin_fmaf(dprobabilities[e], p[e], loss);
        for (size_t e = 0; e < experts; e += 1) to[e] = __builtin_fmaf(p[e], dprobabilities[e] - loss, to[e]);
        total += (double)loss;
    }
    return total;
}
