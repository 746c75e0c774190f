#include <zlib.h>

// What zlib has as macros, which Swift can't call.
static inline int zlib_deflate_start(z_stream *stream, int level, int window_bits, int memory_level) {
    return deflateInit2(stream, level, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY);
}
static inline int zlib_inflate_start(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }
