// SwiGLU (arXiv 2002.05202) and element-wise sums.

/// silu(gate) · up of 16 elements from `i` on.
INLINE f32x16 swiglu_at(const float *gate_up, size_t dim, size_t i) {
    const f32x16 gate = load_up_to(gate_up + i, dim - i), up = load_up_to(gate_up + dim + i, dim - i);
    return gate / (splat(1.0f) + exp16(-gate)) * up;
}

static void swiglu(size_t rows, size_t dim, const float *gate_up, size_t ld, float *y, size_t ldy) {
    for (size_t r = 0; r < rows; r += 1)
        for (size_t i = 0; i < dim; i += LANES)
            store_up_to(y + r * ldy + i, dim - i, swiglu_at(gate_up + r * ld, dim, i));
}

/// Rounded as factors of products in bf16 arithmetic are, with zeros up to a multiple of 32.
static void swiglu_rounded(size_t rows, size_t dim, const float *gate_up, size_t ld, uint16_t *q, size_t ldq) {
    for (size_t r = 0; r < rows; r += 1)
        for (size_t i = 0; i < bf16_stride(dim); i += LANES) {
            const f32x16 y = i < dim ? swiglu_at(gate_up + r * ld, dim, i) : splat(0.0f);
            *(u16x16_unaligned *)(q + r * ldq + i) = __builtin_convertvector(rounded_words(y), u16x16);
        }
}

/// silu(g) = g·σ(g), silu'(g) = σ(g)·(1 + g·(1 − σ(g))).
static void swiglu_backward(size_t rows, size_t dim, const float *gate_up, size_t ld, const float *dy, size_t lddy,
                            float *dgate_up, size_t lddgate_up) {
    for (size_t r = 0; r < rows; r += 1) {
        const float *gates = gate_up + r * ld, *ups = gates + dim;
        float *dgates = dgate_up + r * lddgate_up, *dups = dgates + dim;
        for (size_t i = 0; i < dim; i += LANES) {
            const size_t left = dim - i;
            const f32x16 gate = load_up_to(gates + i, left), up = load_up_to(ups + i, left);
            const f32x16 upstream = load_up_to(dy + r * lddy + i, left), sigmoid = sigmoid16(gate);
            const f32x16 slope = sigmoid * fma16(gate, splat(1.0f) - sigmoid, splat(1.0f));
            store_up_to(dgates + i, left, upstream * up * slope);
            store_up_to(dups + i, left, upstream * gate * sigmoid);
        }
    }
}

static void add(size_t count, const float *x, float *y) {
    for (size_t i = 0; i < count; i += LANES)
        store_up_to(y + i, count - i, load_up_to(y + i, count - i) + load_up_to(x + i, count - i));
}

static void add_scaled(size_t count, float scale, const float *x, float *y) {
    for (size_t i = 0; i < count; i += LANES)
        store_up_to(y + i, count - i, fma16(splat(scale), load_up_to(x + i, count - i), load_up_to(y + i, count - i)));
}

static void add_bias(size_t rows, size_t dim, const float *bias, float *y, size_t ldy) {
    for (size_t r = 0; r < rows; r += 1) add(dim, bias, y + r * ldy);
}
