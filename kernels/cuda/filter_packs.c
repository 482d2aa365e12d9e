// filter_packs.c: see filter_packs.h. Keeps the list; the kernel is in pack_filters.cu. Tests: tests/backend_conv_test.c,
// tests/cuda_training_test.c (optimisers), tests/cuda_packs_test.c.
#include "kernels/cuda/filter_packs.h"

#include <stdlib.h>

#include "kernels/cuda/cuda.h"
#include "kernels/device.h"

enum { PLANE = 8, UNIT_BYTES = 16 };

struct entry {
    struct filter_packing packing;
    const unsigned char *begin, *end; // of the parameters it is made of, over all runs
    const void *allocation;           // that holds them
    bool stale;
};

struct filter_packs {
    struct entry *entries;
    size_t count, capacity;
    uint64_t generation;
};

static struct filter_packs *packs_of(const struct device *device)
{
    return ((struct cuda_workspace_state *)device->backend)->packs;
}

static int round_up(int value, int to)
{
    return (value + to - 1) / to * to;
}

// False where a number has no room in a packing, which no network comes near.
static bool describe(const struct per_run *filter, const struct conv_tile *tile, int channels, int runs,
                     struct filter_packing *packing)
{
    int planes = round_up(tile->read_channels, tile->depth) / PLANE;
    int columns = round_up(tile->write_channels, channels);
    uint64_t run_bytes = (uint64_t)tile->filter_taps * (uint64_t)planes * (uint64_t)columns * UNIT_BYTES;
    *packing = (struct filter_packing){
        .source = filter->data,
        .source_stride = runs == 1 ? 0 : (uint32_t)filter->stride,
        .run_bytes = (uint32_t)run_bytes,
        .tap_stride = (uint32_t)tile->tap_stride,
        .planes = (uint16_t)planes,
        .columns = (uint16_t)columns,
        .read_channels = (uint16_t)tile->read_channels,
        .write_channels = (uint16_t)tile->write_channels,
        .read_stride = (uint16_t)tile->read_stride,
        .write_stride = (uint16_t)tile->write_stride,
        .runs = (uint16_t)runs,
        .taps = (uint16_t)tile->filter_taps,
    };
    int read = round_up(tile->read_channels, tile->depth);
    return read <= UINT16_MAX && columns <= UINT16_MAX && runs <= UINT16_MAX && run_bytes <= UINT32_MAX &&
           (runs == 1 || filter->stride <= UINT32_MAX);
}

static bool serves(const struct filter_packing *there, const struct filter_packing *wanted)
{
    return there->source == wanted->source && there->source_stride == wanted->source_stride &&
           there->runs == wanted->runs && there->taps == wanted->taps && there->planes == wanted->planes &&
           there->columns == wanted->columns && there->read_channels == wanted->read_channels &&
           there->write_channels == wanted->write_channels && there->read_stride == wanted->read_stride &&
           there->write_stride == wanted->write_stride;
}

// The allocation that begins nearest below.
static const void *find_allocation(const struct device *device, const void *address)
{
    const unsigned char *found = NULL;
    for (size_t i = 0; i < device->block_count; i++) {
        const unsigned char *block = device->blocks[i];
        if (block <= (const unsigned char *)address && block > found) found = block;
    }
    return found;
}

static void find_extent(const struct device *device, struct entry *entry)
{
    const struct filter_packing *p = &entry->packing;
    size_t floats = (size_t)p->taps * (size_t)p->tap_stride + (size_t)(p->runs - 1) * p->source_stride;
    entry->begin = (const unsigned char *)p->source;
    entry->end = entry->begin + floats * sizeof(float);
    entry->allocation = find_allocation(device, entry->begin);
}

static bool make_room(struct device *device)
{
    struct cuda_workspace_state *state = device->backend;
    if (state->packs == NULL) state->packs = calloc(1, sizeof *state->packs);
    struct filter_packs *packs = state->packs;
    if (packs != NULL && packs->count < packs->capacity) return true;
    size_t capacity = packs == NULL || packs->capacity == 0 ? 64 : 2 * packs->capacity;
    struct entry *entries = packs == NULL ? NULL : realloc(packs->entries, capacity * sizeof *entries);
    if (entries == NULL) {
        device_fail(device, status_error(STATUS_NO_MEMORY, "list of %zu packed filters: out of memory", capacity));
        return false;
    }
    packs->entries = entries;
    packs->capacity = capacity;
    return true;
}

static struct entry *find_or_add(struct device *device, struct filter_packing wanted)
{
    if (!make_room(device)) return NULL;
    struct filter_packs *packs = packs_of(device);
    for (size_t i = 0; i < packs->count; i++)
        if (serves(&packs->entries[i].packing, &wanted)) return &packs->entries[i];
    void *memory = NULL;
    struct status status = device->kernels->allocate(device, (size_t)wanted.runs * wanted.run_bytes, &memory);
    if (status.code != STATUS_OK) {
        device_fail(device, status);
        return NULL;
    }
    wanted.data = memory;
    packs->generation++;
    struct entry *entry = &packs->entries[packs->count++];
    *entry = (struct entry){.packing = wanted, .stale = true};
    find_extent(device, entry);
    return entry;
}

static void flush(struct device *device, struct filter_packing_list *list)
{
    struct cuda_workspace_state *state = device->backend;
    if (list->count > 0) state->pack_filters(device, list);
    list->count = 0;
}

// Renews the packs of what lies in [begin, end), or where `begin` is NULL those that are stale.
static void renew(struct device *device, const unsigned char *begin, const unsigned char *end)
{
    struct filter_packs *packs = packs_of(device);
    struct filter_packing_list list = {.count = 0};
    for (size_t i = 0; packs != NULL && i < packs->count; i++) {
        struct entry *entry = &packs->entries[i];
        bool wanted = begin == NULL ? entry->stale : entry->begin < end && begin < entry->end;
        if (!wanted) continue;
        entry->stale = false;
        list.item[list.count++] = entry->packing;
        if (list.count == FILTER_PACKINGS) flush(device, &list);
    }
    flush(device, &list);
}

struct filter_pack filter_pack_get(struct device *device, const struct per_run *filter, const struct conv_tile *tile,
                                   int channels, int runs)
{
    struct filter_packing wanted;
    if (!describe(filter, tile, channels, runs, &wanted)) {
        device_fail(device, status_error(STATUS_DEVICE,
                                         "convolution of %d by %d channels and %d runs: the CUDA kernel takes up to %d",
                                         tile->read_channels, tile->write_channels, runs, UINT16_MAX));
        return (struct filter_pack){.data = NULL};
    }
    struct entry *entry = find_or_add(device, wanted);
    if (entry == NULL) return (struct filter_pack){.data = NULL};
    if (entry->stale) {
        struct filter_packing_list list = {.count = 1, .item = {entry->packing}};
        entry->stale = false;
        flush(device, &list);
    }
    const struct filter_packing *packing = &entry->packing;
    return (struct filter_pack){packing->data, packing->run_bytes, packing->planes, packing->columns};
}

void filter_packs_touch(struct device *device, const void *memory, size_t bytes)
{
    struct filter_packs *packs = packs_of(device);
    const unsigned char *begin = memory;
    for (size_t i = 0; packs != NULL && i < packs->count; i++) {
        struct entry *entry = &packs->entries[i];
        if (entry->begin < begin + bytes && begin < entry->end) entry->stale = true;
    }
}

uint64_t filter_packs_generation(const struct device *device)
{
    const struct filter_packs *packs = packs_of(device);
    return packs == NULL ? 0 : packs->generation;
}

void filter_packs_refresh(struct device *device)
{
    renew(device, NULL, NULL);
}

void filter_packs_follow(struct device *device, const struct per_run *parameters, size_t count, int runs)
{
    const unsigned char *begin = (const unsigned char *)parameters->data;
    renew(device, begin, begin + (count + (size_t)(runs - 1) * parameters->stride) * sizeof(float));
}

void filter_packs_forget(struct device *device, const void *memory)
{
    struct filter_packs *packs = packs_of(device);
    for (size_t i = packs == NULL ? 0 : packs->count; i-- > 0;) {
        if (packs->entries[i].allocation != memory) continue;
        void *data = packs->entries[i].packing.data;
        packs->entries[i] = packs->entries[--packs->count];
        device->kernels->release(device, data);
    }
}

void filter_packs_release(struct device *device)
{
    struct filter_packs *packs = packs_of(device);
    for (size_t i = 0; packs != NULL && i < packs->count; i++)
        device->kernels->release(device, packs->entries[i].packing.data);
    if (packs != NULL) free(packs->entries);
    free(packs);
    ((struct cuda_workspace_state *)device->backend)->packs = NULL;
}
