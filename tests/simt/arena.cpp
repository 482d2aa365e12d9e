// arena.cpp: the "device" memory: one reserved range, whole pages for each allocation and an empty page behind, so that
// an address tells its allocation by a table look-up.
#include <sys/mman.h>

#include "tests/simt/machine.h"

enum { PAGE = 4096, PIECE = 512 };
static const size_t arena_pages = (size_t)2 << 30 >> 12;

unsigned char *simt_arena;
size_t simt_arena_bytes;

struct block {
    uint32_t page, pages; // pages == 0: a free entry
    size_t bytes;
};

enum { BLOCKS = 1 << 16 };
static struct block *blocks; // entry 0 stands for "none"
static uint32_t *owners;     // block of each page
static uint32_t block_limit = 1, next_page = 1;
static size_t used_bytes, limit_bytes = SIZE_MAX;

static void *reserve(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static bool prepare(void)
{
    if (simt_arena != NULL) return true;
    blocks = (struct block *)reserve(BLOCKS * sizeof *blocks);
    owners = (uint32_t *)reserve(arena_pages * sizeof *owners);
    simt_arena = (unsigned char *)reserve(arena_pages * PAGE);
    simt_arena_bytes = arena_pages * PAGE;
    return blocks != NULL && owners != NULL && simt_arena != NULL;
}

// A released block of the same size, else fresh pages.
static uint32_t find_block(uint32_t pages)
{
    for (uint32_t i = 1; i < block_limit; i++)
        if (blocks[i].pages == pages && blocks[i].bytes == SIZE_MAX) return i;
    if (block_limit == BLOCKS || next_page + pages + 1 > arena_pages) return 0;
    blocks[block_limit] = {next_page, pages, SIZE_MAX};
    next_page += pages + 1;
    return block_limit++;
}

// What an allocation counts for.
static size_t pieces(size_t bytes)
{
    return (bytes + PIECE - (bytes != 0)) / PIECE * PIECE;
}

void simt_limit_memory(size_t bytes)
{
    limit_bytes = bytes;
}

void simt_memory_left(size_t *left_bytes, size_t *total_bytes)
{
    *total_bytes = limit_bytes < arena_pages * PAGE ? limit_bytes : arena_pages * PAGE;
    *left_bytes = *total_bytes > used_bytes ? *total_bytes - used_bytes : 0;
}

void *simt_allocate(size_t bytes)
{
    if (!prepare() || bytes > simt_arena_bytes / 2) return NULL;
    if (limit_bytes < used_bytes || pieces(bytes) > limit_bytes - used_bytes) return NULL;
    uint32_t pages = (uint32_t)((bytes + PAGE - 1) / PAGE) + (bytes == 0), index = find_block(pages);
    if (index == 0) return NULL;
    struct block *block = &blocks[index];
    block->bytes = bytes;
    used_bytes += pieces(bytes);
    for (uint32_t i = 0; i < pages; i++) owners[block->page + i] = index;
    return simt_arena + (size_t)block->page * PAGE;
}

void simt_release(void *memory)
{
    if (memory == NULL) return;
    uint32_t index = owners[(size_t)((unsigned char *)memory - simt_arena) / PAGE];
    struct block *block = &blocks[index];
    for (uint32_t i = 0; i < block->pages; i++) owners[block->page + i] = 0;
    used_bytes -= pieces(block->bytes);
    block->bytes = SIZE_MAX;
    madvise(memory, (size_t)block->pages * PAGE, MADV_DONTNEED); // and so zero when it is given out again
}

bool simt_find_allocation(const void *address, const unsigned char **begin, const unsigned char **end)
{
    uint32_t index = owners[(size_t)((const unsigned char *)address - simt_arena) / PAGE];
    if (index == 0) return false;
    *begin = simt_arena + (size_t)blocks[index].page * PAGE;
    *end = *begin + blocks[index].bytes;
    return true;
}
