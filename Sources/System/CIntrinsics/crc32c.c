#include "CIntrinsics.h"

#include <pthread.h>
#include <string.h>

#if defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
#include <arm_acle.h>
#endif

static uint32_t table[8][256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void make_table(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) ? 0x82F63B78u : 0);
        table[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int slice = 1; slice < 8; slice++)
            table[slice][i] = (table[slice - 1][i] >> 8) ^ table[0][table[slice - 1][i] & 0xFF];
}

// Slicing-by-8: eight table lookups an eight-byte word.
uint32_t intrinsic_crc32c_portable(uint32_t seed, const void *bytes, size_t count) {
    pthread_once(&table_once, make_table);
    const uint8_t *p = bytes;
    uint32_t crc = ~seed;
    for (; count >= 8; p += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        word ^= crc;
        crc = table[7][word & 0xFF] ^ table[6][(word >> 8) & 0xFF] ^ table[5][(word >> 16) & 0xFF]
            ^ table[4][(word >> 24) & 0xFF] ^ table[3][(word >> 32) & 0xFF] ^ table[2][(word >> 40) & 0xFF]
            ^ table[1][(word >> 48) & 0xFF] ^ table[0][word >> 56];
    }
    for (; count > 0; p++, count--) crc = (crc >> 8) ^ table[0][(crc ^ *p) & 0xFF];
    return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2")))
static uint32_t crc32c_sse42(uint32_t seed, const void *bytes, size_t count) {
    const uint8_t *p = bytes;
    uint64_t crc = (uint32_t)~seed;
    for (; count >= 8; p += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    uint32_t tail = (uint32_t)crc;
    for (; count > 0; p++, count--) tail = __builtin_ia32_crc32qi(tail, *p);
    return ~tail;
}

uint32_t intrinsic_crc32c(uint32_t seed, const void *bytes, size_t count) {
    return __builtin_cpu_supports("sse4.2") ? crc32c_sse42(seed, bytes, count)
                                            : intrinsic_crc32c_portable(seed, bytes, count);
}
#elif defined(__aarch64__) && defined(__ARM_FEATURE_CRC32)
uint32_t intrinsic_crc32c(uint32_t seed, const void *bytes, size_t count) {
    const uint8_t *p = bytes;
    uint32_t crc = ~seed;
    for (; count >= 8; p += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        crc = __crc32cd(crc, word);
    }
    for (; count > 0; p++, count--) crc = __crc32cb(crc, *p);
    return ~crc;
}
#else
uint32_t intrinsic_crc32c(uint32_t seed, const void *bytes, size_t count) {
    return intrinsic_crc32c_portable(seed, bytes, count);
}
#endif
