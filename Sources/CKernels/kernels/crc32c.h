// CRC-32C (Castagnoli, RFC 3720): the SSE4.2 instruction where there is one, otherwise a table.

#if defined(APUS_AVX512) || defined(APUS_AVX2)
static uint32_t crc32c(uint32_t crc, const void *bytes, size_t count) {
    const unsigned char *byte = bytes;
    uint64_t state = ~crc;
    for (; count >= 8; count -= 8, byte += 8) {
        uint64_t word;
        memcpy(&word, byte, sizeof word);
        state = __builtin_ia32_crc32di(state, word);
    }
    for (; count > 0; count -= 1, byte += 1) state = __builtin_ia32_crc32qi((uint32_t)state, *byte);
    return ~(uint32_t)state;
}
#else
/// Remainders of the 16 values of a half byte for the reflected polynomial 0x82f63b78.
static const uint32_t crc32c_table[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static uint32_t crc32c(uint32_t crc, const void *bytes, size_t count) {
    const unsigned char *byte = bytes;
    uint32_t state = ~crc;
    for (; count > 0; count -= 1, byte += 1) {
        state ^= *byte;
        state = (state >> 4) ^ crc32c_table[state & 15];
        state = (state >> 4) ^ crc32c_table[state & 15];
    }
    return ~state;
}
#endif
