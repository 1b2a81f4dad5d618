// Causal attention on paged keys and values, forward.
//
// Per kv head, a band of adjacent query rows is processed together, each row with the query heads that share the kv head:
// scores (16 keys per vector), softmax, weighted sum of values (16 columns per vector). Where the rows' blocks are the same
// memory they share its loads, elsewhere they take turns. No row reads what lies past its last key.

/// Query rows times heads of one band, unless one row alone has more heads.
#define BAND 12
#define BLOCKS_PER_CHUNK (DEPTH / APUS_BLOCK)

/// Scratch of one band: queries [head_dim/256][rows][STRIDE], scores [keys/256][rows][STRIDE], sums [rows][head_dim].
typedef struct {
    size_t rows, heads;
    const apus_attention_row *table;
    float *queries, *scores, *sums;
} band;

INLINE size_t band_rows(size_t heads_per_kv_head) { return maximum(BAND, heads_per_kv_head); }

static size_t attention_scratch(size_t heads, size_t kv_heads, size_t head_dim, size_t max_key_count) {
    const size_t chunks = ceiling_divide(head_dim, DEPTH) + ceiling_divide(max_key_count, DEPTH);
    return band_rows(heads / kv_heads) * (chunks * STRIDE + head_dim);
}

/// Where row `row` has its scores of the keys from block `block` on, up to the next multiple of DEPTH keys.
INLINE float *scores_at(const band *b, size_t row, size_t block) {
    const size_t chunk = block / BLOCKS_PER_CHUNK, lane = block % BLOCKS_PER_CHUNK * APUS_BLOCK;
    return b->scores + (chunk * b->rows * b->heads + row * b->heads) * STRIDE + lane;
}

INLINE size_t block_count(const apus_attention_row *row) { return ceiling_divide(row->key_count, APUS_BLOCK); }

static void store_key_value(size_t kv_heads, size_t head_dim, const float *key, const float *value, size_t lane,
                            float *key_block, float *value_block) {
    for (size_t head = 0; head < kv_heads; head += 1) {
        for (size_t i = 0; i < head_dim; i += 1)
            key_block[(head * head_dim + i) * APUS_BLOCK + lane] = key[head * head_dim + i];
        memcpy(value_block + (head * APUS_BLOCK + lane) * head_dim, value + head * head_dim, head_dim * sizeof(float));
    }
}

/// Whether two rows have the same `count` blocks of keys from `block` on.
INLINE bool same_keys(const apus_attention_row *a, const apus_attention_row *b, size_t block, size_t count) {
    return a->key_blocks[block] == b->key_blocks[block] &&
           a->key_blocks[block + count - 1] == b->key_blocks[block + count - 1];
}

/// What a row reads after its block of keys before `block`: keys, and after the last of them the first values.
INLINE const float *keys_or_values(const apus_attention_row *row, size_t block) {
    const size_t count = block_count(row);
    return block < count ? row->key_blocks[block] : row->value_blocks[minimum(block - count, count - 1)];
}

/// Up to two blocks of row `row` from `block` on that exist.
INLINE size_t pair_at(const apus_attention_row *row, size_t block) {
    const size_t count = block_count(row);
    return block < count ? minimum(2, count - block) : 0;
}

/// q·Kᵀ of one or two blocks for `rows` rows that share them.
INLINE void score_pair(const band *b, size_t begin, size_t rows, size_t block, size_t blocks, size_t kv_head,
                       size_t head_dim) {
    const apus_attention_row *row = b->table + begin;
    for (size_t depth = 0; depth < head_dim; depth += DEPTH) {
        const size_t offset = (kv_head * head_dim + depth) * APUS_BLOCK;
        const right_operand keys =
            operand_of(row->key_blocks[block] + offset, row->key_blocks[block + blocks - 1] + offset,
                       keys_or_values(row, block + 2) + offset, keys_or_values(row, block + 3) + offset, APUS_BLOCK);
        const float *queries = b->queries + (depth / DEPTH * b->rows + begin) * b->heads * STRIDE;
        multiply(rows * b->heads, blocks, minimum(DEPTH, head_dim - depth), queries, &keys, scores_at(b, begin, block),
                 STRIDE, depth > 0);
    }
}

INLINE size_t most_blocks(const band *b) {
    size_t most = 0;
    for (size_t r = 0; r < b->rows; r += 1) most = maximum(most, block_count(b->table + r));
    return most;
}

/// All scores, two blocks at a time. Lanes past a row's last key get meaningless ones.
static void score_keys(const band *b, size_t kv_head, size_t head_dim) {
    const size_t most = most_blocks(b);
    for (size_t block = 0; block < most; block += 2)
        for (size_t r = 0; r < b->rows;) {
            const apus_attention_row *row = b->table + r;
            const size_t blocks = pair_at(row, block);
            size_t end = r + 1;
            while (end < b->rows && blocks > 0 && pair_at(b->table + end, block) == blocks &&
                   same_keys(row, b->table + end, block, blocks))
                end += 1;
            if (blocks > 0) score_pair(b, r, end - r, block, blocks, kv_head, head_dim);
            r = end;
        }
}

/// Turns one row's scores of one head into exp(scale·score − maximum); returns their sum and sets *largest.
static float exponentiate(const band *b, size_t row, size_t head, float scale, float *largest) {
    const size_t keys = b->table[row].key_count;
    f32x16 top = splat(-__builtin_inff());
    for (size_t key = 0; key < keys; key += LANES) {
        float *scores = scores_at(b, row, key / APUS_BLOCK) + head * STRIDE;
        f32x16 score = load(scores) * splat(scale);
        if (keys - key < LANES) score = select16(first_lanes(keys - key), score, splat(-__builtin_inff()));
        store(scores, score);
        top = max16(score, top);
    }
    *largest = max_of_lanes(top);
    f32x16 sum = splat(0.0f);
    for (size_t key = 0; key < keys; key += LANES) {
        float *scores = scores_at(b, row, key / APUS_BLOCK) + head * STRIDE;
        const f32x16 weight = exp16(load(scores) - splat(*largest));
        store(scores, weight);
        sum = sum + weight;
    }
    return sum_of_lanes(sum);
}

/// sums (+)= weights · values for `keys` keys of one block and `rows` rows of weights; `next` is wanted after it.
INLINE void add_values(size_t rows, size_t keys, size_t head_dim, const float *weights, const float *values,
                       const float *next, float *sums, bool accumulate) {
    size_t i = 0;
    while (i + LANES <= head_dim) {
        const size_t vectors = minimum(2, (head_dim - i) / LANES), second = i + (vectors - 1) * LANES;
        const right_operand b = operand_of(values + i, values + second, next + i, next + second, head_dim);
        multiply(rows, vectors, keys, weights, &b, sums + i, head_dim, accumulate);
        i += vectors * LANES;
    }
    for (; i < head_dim; i += 1)
        for (size_t r = 0; r < rows; r += 1) {
            float sum = accumulate ? sums[r * head_dim + i] : 0.0f;
            for (size_t key = 0; key < keys; key += 1)
                sum = __builtin_fmaf(weights[r * STRIDE + key], values[key * head_dim + i], sum);
            sums[r * head_dim + i] = sum;
        }
}

/// The weighted sums over all blocks. Rows share a block only when all of them see the whole of it.
static void sum_values(const band *b, size_t kv_head, size_t head_dim) {
    const size_t offset = kv_head * APUS_BLOCK * head_dim, most = most_blocks(b);
    for (size_t block = 0; block < most; block += 1)
        for (size_t r = 0; r < b->rows;) {
            const apus_attention_row *row = b->table + r;
            size_t end = r + 1;
            if (block < block_count(row)) {
                const size_t keys = minimum(APUS_BLOCK, row->key_count - block * APUS_BLOCK);
                const float *values = row->value_blocks[block];
                while (end < b->rows && keys == APUS_BLOCK && b->table[end].key_count >= (block + 1) * APUS_BLOCK &&
                       b->table[end].value_blocks[block] == values)
                    end += 1;
                const float *next = block + 1 < block_count(row) ? row->value_blocks[block + 1] : values;
                add_values((end - r) * b->heads, keys, head_dim, scores_at(b, r, block), values + offset, next + offset,
                           b->sums + r * b->heads * head_dim, block > 0);
            }
            r = end;
        }
}

/// The rows of q that a band multiplies with keys, in the layout of a tile's left operand.
INLINE void gather_queries(const band *b, size_t kv_head, size_t head_dim, const float *q, size_t ldq) {
    for (size_t r = 0; r < b->rows; r += 1)
        for (size_t depth = 0; depth < head_dim; depth += DEPTH)
            gather_rows(b->heads, minimum(DEPTH, head_dim - depth), q + r * ldq + kv_head * b->heads * head_dim + depth,
                        head_dim, b->queries + (depth / DEPTH * b->rows + r) * b->heads * STRIDE);
}

/// One band and kv head; q, out and log_sum are those of the band's first row.
static void attend(const band *b, size_t heads, size_t kv_head, size_t head_dim, float scale, const float *q, size_t ldq,
                   float *out, size_t ldo, float *log_sum) {
    float inverse_sums[b->rows * b->heads];
    gather_queries(b, kv_head, head_dim, q, ldq);
    score_keys(b, kv_head, head_dim);
    for (size_t r = 0; r < b->rows; r += 1)
        for (size_t head = 0; head < b->heads; head += 1) {
            float largest;
            const float sum = exponentiate(b, r, head, scale, &largest);
            inverse_sums[r * b->heads + head] = 1.0f / sum;
            if (log_sum != NULL)
                log_sum[r * heads + kv_head * b->heads + head] = (float)((double)largest + log_of((double)sum));
        }
    sum_values(b, kv_head, head_dim);
    for (size_t r = 0; r < b->rows; r += 1)
        for (size_t head = 0; head < b->heads; head += 1) {
            const float *sums = b->sums + (r * b->heads + head) * head_dim;
            float *to = out + r * ldo + (kv_head * b->heads + head) * head_dim;
            for (size_t i = 0; i < head_dim; i += LANES)
                store_up_to(to + i, head_dim - i,
                            load_up_to(sums + i, head_dim - i) * splat(inverse_sums[r * b->heads + head]));
        }
}

static void attention(size_t rows, size_t heads, size_t kv_heads, size_t head_dim, float scale, const float *q,
                      size_t ldq, const apus_attention_row *table, float *out, size_t ldo, float *log_sum,
                      float *scratch) {
    const size_t shared = heads / kv_heads, capacity = band_rows(shared), rows_at_once = capacity / shared;
    for (size_t begin = 0; begin < rows;) {
        size_t end = begin + 1;
        while (end < rows && end - begin < rows_at_once && table[end].key_blocks[0] == table[begin].key_blocks[0])
            end += 1;
        band b = {.rows = end - begin, .heads = shared, .table = table + begin, .queries = scratch};
        b.sums = b.queries + ceiling_divide(head_dim, DEPTH) * capacity * STRIDE;
        b.scores = b.sums + capacity * head_dim;
        for (size_t kv_head = 0; kv_head < kv_heads; kv_head += 1)
            attend(&b, heads, kv_head, head_dim, scale, q + begin * ldq, ldq, out + begin * ldo, ldo,
                   log_sum == NULL ? NULL : log_sum + begin * heads);
        begin = end;
    }
}
