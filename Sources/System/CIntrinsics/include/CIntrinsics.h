// What Swift has no word for: cache prefetch, and the processor's CRC32C instruction.
#ifndef LAUREL_CINTRINSICS_H
#define LAUREL_CINTRINSICS_H

#include <stddef.h>
#include <stdint.h>

/// Asks the processor to bring the cache line at `address` near, without waiting for it. Any address is allowed.
static inline __attribute__((always_inline)) void intrinsic_prefetch(const void *address) {
    __builtin_prefetch(address, 0, 3);
}

/// CRC32C (Castagnoli, reflected, as in RFC 3720) of `count` bytes, continuing from `seed` (0 to start).
/// Uses the processor's instruction where there is one, else a table.
uint32_t intrinsic_crc32c(uint32_t seed, const void *bytes, size_t count);

/// The table version of `intrinsic_crc32c`, for comparison in tests.
uint32_t intrinsic_crc32c_portable(uint32_t seed, const void *bytes, size_t count);

#endif
