// Attention backward, recomputing the probabilities from the log-sum-exp (arXiv 2205.14135, algorithm 4):
//   P = exp(scale·q·Kᵀ − lse), dP = dO·Vᵀ, dS = P (dP − Σ dO·O), dQ = scale·dS·K, dK = scale·dSᵀ·Q, dV = Pᵀ·dO.
// Sixteen queries of one head against 256 keys at a time; keys, values and their gradients are gathered in scratch, padded
// to whole vectors with zeros, in key order, so that a segment's prefix and its own rows are one array.

typedef struct {
    size_t head_dim, width, key_count;   // width: head_dim rounded up to 16
    float *keys;                         // [key_count][width]
    float *keys_transposed;              // [key_count/16][width][16]
    float *values_transposed;            // the same
    float *dkeys, *dvalues;              // [key_count rounded up to 16][width]
    float *queries, *dout;               // [width/256][16][STRIDE]
    float *probabilities, *dscores;      // [16][STRIDE]
    float *transposed;                   // [16][STRIDE]: 16×16 tiles side by side
    float *dqueries;                     // [16][width]
} backward_scratch;

static size_t backward_layout(size_t head_dim, size_t key_count, float *scratch, backward_scratch *s) {
    const size_t width = round_up(head_dim, LANES), keys = round_up(key_count, LANES);
    const size_t operand = ceiling_divide(width, DEPTH) * LANES * STRIDE;
    const size_t sizes[] = {keys * width, keys * width, keys * width, keys * width, keys * width, operand,
                            operand, LANES * STRIDE, LANES * STRIDE, LANES * STRIDE, LANES * width};
    float **const parts[] = {&s->keys, &s->keys_transposed, &s->values_transposed, &s->dkeys, &s->dvalues, &s->queries,
                             &s->dout, &s->probabilities, &s->dscores, &s->transposed, &s->dqueries};
    size_t total = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i += 1) {
        if (scratch != NULL) *parts[i] = scratch + total;
        total += sizes[i];
    }
    s->head_dim = head_dim;
    s->width = width;
    s->key_count = key_count;
    return total;
}

static size_t attention_backward_scratch(size_t heads, size_t kv_heads, size_t head_dim, size_t query_count,
                                         size_t prefix_length) {
    (void)heads, (void)kv_heads;
    backward_scratch unused;
    return backward_layout(head_dim, prefix_length + query_count, NULL, &unused);
}

/// Copies 16 rows of `width` columns, zero where there is no row or column.
INLINE void gather_padded(size_t rows, size_t head_dim, size_t width, const float *from, size_t ld, float *to,
                          size_t to_stride) {
    for (size_t r = 0; r < LANES; r += 1)
        for (size_t i = 0; i < width; i += LANES)
            store(to + r * to_stride + i,
                  r < rows && i < head_dim ? load_up_to(from + r * ld + i, head_dim - i) : splat(0.0f));
}

/// The padded 16 rows of queries or output gradients as the left operand of tiles.
INLINE void gather_operand(const backward_scratch *s, size_t rows, const float *from, size_t ld, float *to) {
    for (size_t depth = 0; depth < s->width; depth += DEPTH)
        gather_padded(rows, s->head_dim - depth, minimum(DEPTH, s->width - depth), from + depth, ld,
                      to + depth / DEPTH * LANES * STRIDE, STRIDE);
}

/// scores[16][keys] = operand · blocksᵀ for whole blocks of keys begin ..< begin + keys.
INLINE void multiply_keys(const backward_scratch *s, size_t begin, size_t keys, const float *operand,
                          const float *blocks, float *scores) {
    for (size_t key = 0; key < keys; key += 2 * LANES) {
        const size_t vectors = minimum(2, ceiling_divide(keys - key, LANES));
        for (size_t depth = 0; depth < s->width; depth += DEPTH) {
            const float *first = blocks + (begin + key) * s->width + depth * LANES;
            const float *second = first + (vectors - 1) * LANES * s->width;
            const right_operand b = operand_of(first, second, first, second, LANES);
            multiply(LANES, vectors, minimum(DEPTH, s->width - depth), operand + depth / DEPTH * LANES * STRIDE, &b,
                     scores + key, STRIDE, depth > 0);
        }
    }
}

/// gradient[key][·] += Σ_query weights[query][key] · operand[query][·] for 256 keys or fewer.
INLINE void add_transposed(const backward_scratch *s, size_t begin, size_t keys, const float *weights,
                           const float *operand, float *gradient) {
    for (size_t key = 0; key < keys; key += LANES) {
        transpose(weights + key, STRIDE, s->transposed + key, STRIDE);
        for (size_t i = 0; i < s->width; i += 2 * LANES) {
            const size_t vectors = minimum(2, (s->width - i) / LANES);
            const float *first = operand + i / DEPTH * LANES * STRIDE + i % DEPTH, *second = first + (vectors - 1) * LANES;
            const right_operand b = operand_of(first, second, first, second, STRIDE);
            multiply(LANES, vectors, LANES, s->transposed + key, &b, gradient + (begin + key) * s->width + i, s->width,
                     true);
        }
    }
}

/// Sixteen queries (or fewer) of one head against all the keys they see.
static void backward_of_queries(const backward_scratch *s, size_t first_visible, size_t rows, float scale,
                                const float *log_sum, size_t log_sum_stride, const float *delta) {
    const size_t visible = first_visible + rows - 1;
    for (size_t begin = 0; begin < visible; begin += DEPTH) {
        const size_t keys = minimum(DEPTH, visible - begin);
        multiply_keys(s, begin, keys, s->queries, s->keys_transposed, s->probabilities);
        multiply_keys(s, begin, keys, s->dout, s->values_transposed, s->dscores);
        for (size_t r = 0; r < LANES; r += 1)
            for (size_t key = 0; key < keys; key += LANES) {
                float *p = s->probabilities + r * STRIDE + key, *ds = s->dscores + r * STRIDE + key;
                const size_t limit = r < rows ? first_visible + r : 0, position = begin + key;
                const i32x16 mask = first_lanes(limit - minimum(limit, position));
                const float lse = r < rows ? log_sum[r * log_sum_stride] : 0.0f;
                const f32x16 probability =
                    select16(mask, exp16(load(p) * splat(scale) - splat(lse)), splat(0.0f));
                const f32x16 dscore = probability * (load(ds) - splat(r < rows ? delta[r] : 0.0f)) * splat(scale);
                store(p, probability);
                store(ds, select16(mask, dscore, splat(0.0f)));
            }
        for (size_t i = 0; i < s->width; i += 2 * LANES) {
            const size_t vectors = minimum(2, (s->width - i) / LANES);
            const float *first = s->keys + begin * s->width + i, *second = first + (vectors - 1) * LANES;
            const right_operand b = operand_of(first, second, first, second, s->width);
            multiply(LANES, vectors, keys, s->dscores, &b, s->dqueries + i, s->width, begin > 0);
        }
        add_transposed(s, begin, keys, s->probabilities, s->dout, s->dvalues);
        add_transposed(s, begin, keys, s->dscores, s->queries, s->dkeys);
    }
}

/// Fills keys and the transposed blocks, and clears the gradients. `block` is free to use as a buffer of 16·width.
static void gather_keys(const backward_scratch *s, size_t prefix_length, size_t prefix_begin, size_t query_begin,
                        const float *k, const float *v, size_t ld) {
    const size_t width = s->width, padded = round_up(s->key_count, LANES);
    for (size_t begin = 0; begin < padded; begin += LANES) {
        float *keys = s->keys + begin * width, *values = s->dvalues + begin * width;
        for (size_t i = 0; i < LANES; i += 1) {
            const size_t key = begin + i;
            const size_t row = key < prefix_length ? prefix_begin + key : query_begin + key - prefix_length;
            const bool exists = key < s->key_count;
            for (size_t d = 0; d < width; d += LANES) {
                const bool inside = exists && d < s->head_dim;
                store(keys + i * width + d, inside ? load_up_to(k + row * ld + d, s->head_dim - d) : splat(0.0f));
                store(values + i * width + d, inside ? load_up_to(v + row * ld + d, s->head_dim - d) : splat(0.0f));
            }
        }
        for (size_t d = 0; d < width; d += LANES) {
            transpose(keys + d, width, s->keys_transposed + begin * width + d * LANES, LANES);
            transpose(values + d, width, s->values_transposed + begin * width + d * LANES, LANES);
        }
    }
    memset(s->dkeys, 0, padded * width * sizeof(float));
    memset(s->dvalues, 0, padded * width * sizeof(float));
}

static void attention_backward(size_t heads, size_t kv_heads, size_t head_dim, size_t kv_head, float scale,
                               size_t query_begin, size_t query_count, size_t prefix_begin, size_t prefix_length,
                               const float *q, const float *k, const float *v, const float *out,
                               const float *log_sum, const float *dout, float *dq, float *dk, float *dv,
                               float *scratch) {
    backward_scratch s;
    backward_layout(head_dim, prefix_length + query_count, scratch, &s);
    const size_t shared = heads / kv_heads, ld = heads * head_dim, ldk = kv_heads * head_dim;
    gather_keys(&s, prefix_length, prefix_begin, query_begin, k + kv_head * head_dim, v + kv_head * head_dim, ldk);
    for (size_t head = kv_head * shared; head < (kv_head + 1) * shared; head += 1)
        for (size_t first = 0; first < query_count; first += LANES) {
            const size_t rows = minimum(LANES, query_count - first), row = query_begin + first;
            const size_t offset = row * ld + head * head_dim;
            float delta[LANES];
            for (size_t r = 0; r < rows; r += 1) {
                f32x16 sum = splat(0.0f);
                for (size_t i = 0; i < head_dim; i += LANES)
                    sum = fma16(load_up_to(dout + offset + r * ld + i, head_dim - i),
                                load_up_to(out + offset + r * ld + i, head_dim - i), sum);
                delta[r] = sum_of_lanes(sum);
            }
            gather_operand(&s, rows, q + offset, ld, s.queries);
            gather_operand(&s, rows, dout + offset, ld, s.dout);
            backward_of_queries(&s, prefix_length + first + 1, rows, scale, log_sum + row * heads + head, heads, delta);
            for (size_t r = 0; r < rows; r += 1)
                for (size_t i = 0; i < head_dim; i += LANES)
                    store_up_to(dq + offset + r * ld + i, head_dim - i, load(s.dqueries + r * s.width + i));
        }
    for (size_t key = 0; key < s.key_count; key += 1) {
        const size_t row = key < prefix_length ? prefix_begin + key : query_begin + key - prefix_length;
        const size_t offset = row * ldk + kv_head * head_dim;
        add(head_dim, s.dkeys + key * s.width, dk + offset);
        add(head_dim, s.dvalues + key * s.width, dv + offset);
    }
}
