// gzip_reader.c: inflates gzip streams from memory into memory under a limit, so that a small hostile file cannot fill
// the machine. Knows nothing of what is inside. Tests: tests/gzip_test.c.
#include "datasets/gzip_reader.h"

#include <stdlib.h>
#include <zlib.h>

enum { WINDOW_BITS_GZIP = 15 + 16 };              // largest window, gzip header and trailer required
static const size_t feed_limit = (size_t)1 << 30; // zlib counts in unsigned int

bool gzip_is_stream(const uint8_t *bytes, size_t size)
{
    return size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

// Where inflation stands: bytes taken from `bytes` and given to `out`.
struct inflation {
    const char *name;
    const uint8_t *bytes;
    uint8_t *out;
    size_t size, taken, limit, given;
};

// One call of zlib. At the limit it writes to a spare byte instead, which shows whether there is more to come.
static int inflation_step(struct inflation *inflation, z_stream *stream)
{
    uint8_t spare;
    size_t left = inflation->size - inflation->taken, room = inflation->limit - inflation->given;
    uInt feed = (uInt)(left < feed_limit ? left : feed_limit);
    uInt space = (uInt)(room == 0 ? 1 : room < feed_limit ? room : feed_limit);
    stream->next_in = (z_const Bytef *)(inflation->bytes + inflation->taken);
    stream->avail_in = feed;
    stream->next_out = room == 0 ? &spare : inflation->out + inflation->given;
    stream->avail_out = space;
    int result = inflate(stream, Z_NO_FLUSH);
    inflation->taken += feed - stream->avail_in;
    inflation->given += space - stream->avail_out;
    return result;
}

static struct status inflation_error(const struct inflation *inflation, const z_stream *stream, int result)
{
    if (result == Z_MEM_ERROR)
        return status_error(STATUS_NO_MEMORY, "inflate %s: zlib is out of memory", inflation->name);
    if (result == Z_BUF_ERROR && inflation->taken == inflation->size)
        return status_error(STATUS_BAD_INPUT,
                            "inflate %s: the gzip stream is cut off: it goes on after byte %zu, where the file ends",
                            inflation->name, inflation->size);
    return status_error(STATUS_BAD_INPUT, "inflate %s: damaged gzip stream before byte %zu of %zu: %s", inflation->name,
                        inflation->taken, inflation->size, stream->msg != NULL ? stream->msg : "unusable data");
}

static struct status inflation_run_stream(struct inflation *inflation)
{
    struct status status = status_ok();
    z_stream stream = {0};
    int result = inflateInit2(&stream, WINDOW_BITS_GZIP);
    while (result == Z_OK && inflation->given <= inflation->limit) result = inflation_step(inflation, &stream);
    if (inflation->given > inflation->limit)
        status = status_error(STATUS_BAD_INPUT, "inflate %s: expected at most %zu bytes inside, found more",
                              inflation->name, inflation->limit);
    else if (result != Z_STREAM_END)
        status = inflation_error(inflation, &stream, result);
    inflateEnd(&stream);
    return status;
}

struct status gzip_inflate(const char *name, const uint8_t *bytes, size_t size, size_t limit, uint8_t **out,
                           size_t *out_size)
{
    struct inflation inflation = {.name = name, .bytes = bytes, .size = size, .limit = limit};
    struct status status = status_ok();
    *out = NULL;
    *out_size = 0;
    inflation.out = malloc(limit > 0 ? limit : 1); // pages that are never written cost nothing
    if (inflation.out == NULL)
        return status_error(STATUS_NO_MEMORY, "inflate %s: no memory for %zu bytes", name, limit);
    do {
        size_t left = size - inflation.taken;
        if (!gzip_is_stream(bytes + inflation.taken, left))
            status = status_error(STATUS_BAD_INPUT,
                                  "inflate %s: expected a gzip stream at byte %zu of %zu, found something else", name,
                                  inflation.taken, size);
        else
            status = inflation_run_stream(&inflation);
    } while (status.code == STATUS_OK && inflation.taken < size);
    if (status.code == STATUS_OK) {
        *out = inflation.out;
        *out_size = inflation.given;
    } else {
        free(inflation.out);
    }
    return status;
}
