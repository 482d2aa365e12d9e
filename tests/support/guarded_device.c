// guarded_device.c: see guarded_device.h. Blocks are mappings of their own that mprotect opens and shuts.
#include "tests/support/guarded_device.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ALIGNMENT = 64, BLOCK_LIMIT = 4096 };

// A mapping of `bytes` and, behind it, one page that is never opened.
struct block {
    char *base;
    size_t bytes;
};

static struct {
    struct kernels kernels;      // the table of the guarded device
    const struct kernels *inner; // who computes
    struct block blocks[BLOCK_LIMIT];
    size_t count;
    size_t lifts;
} guard;

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static void protect_all(int protection)
{
    for (size_t i = 0; i < guard.count; i++)
        cr_assert(mprotect(guard.blocks[i].base, guard.blocks[i].bytes, protection) == 0, "mprotect: %s",
                  strerror(errno));
}

static void lift_guard(void)
{
    guard.lifts++;
    protect_all(PROT_READ | PROT_WRITE);
}

static void lower_guard(void)
{
    protect_all(PROT_NONE);
}

static void before_operation(void *context, enum operation operation, const void *settings)
{
    (void)context, (void)operation, (void)settings;
    lift_guard();
}

static void after_operation(void *context, enum operation operation, const void *settings)
{
    (void)context, (void)operation, (void)settings;
    lower_guard();
}

// The array ends where the block's last page does, as near as its alignment allows.
static struct status guarded_allocate(struct device *device, size_t bytes, void **memory)
{
    (void)device;
    const size_t page = page_bytes();
    const size_t aligned = bytes == 0 ? ALIGNMENT : (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    const size_t mapped = (aligned + page - 1) / page * page;
    cr_assert(guard.count < BLOCK_LIMIT, "more than %d blocks", BLOCK_LIMIT);
    char *base = mmap(NULL, mapped + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) return status_error(STATUS_NO_MEMORY, "map %zu bytes: %s", mapped + page, strerror(errno));
    guard.blocks[guard.count++] = (struct block){base, mapped};
    *memory = base + mapped - aligned;
    return status_ok();
}

static void guarded_release(struct device *device, void *memory)
{
    (void)device;
    for (size_t i = 0; i < guard.count; i++) {
        const struct block block = guard.blocks[i];
        if ((char *)memory < block.base || (char *)memory >= block.base + block.bytes) continue;
        guard.blocks[i] = guard.blocks[--guard.count];
        cr_assert(munmap(block.base, block.bytes + page_bytes()) == 0, "munmap: %s", strerror(errno));
        return;
    }
    cr_assert_fail("release of memory that the guarded device did not allocate");
}

static void guarded_upload(struct device *device, void *to, const void *from, size_t bytes)
{
    lift_guard();
    guard.inner->upload(device, to, from, bytes);
    lower_guard();
}

static void guarded_download(struct device *device, void *to, const void *from, size_t bytes)
{
    lift_guard();
    guard.inner->download(device, to, from, bytes);
    lower_guard();
}

static void guarded_zero(struct device *device, void *memory, size_t bytes)
{
    lift_guard();
    guard.inner->zero(device, memory, bytes);
    lower_guard();
}

struct device *guarded_device_open(const struct kernels *kernels, int threads)
{
    struct device *device = NULL;
    cr_assert(guard.count == 0, "a guarded device is open already");
    guard.inner = kernels;
    guard.lifts = 0;
    guard.kernels = *kernels;
    guard.kernels.allocate = guarded_allocate;
    guard.kernels.release = guarded_release;
    guard.kernels.upload = guarded_upload;
    guard.kernels.download = guarded_download;
    guard.kernels.zero = guarded_zero;
    struct status status = device_open(&guard.kernels, (struct device_settings){.threads = threads}, &device);
    cr_assert(status.code == STATUS_OK, "%s", status.message);
    device_set_observer(device, (struct device_observer){.before = before_operation, .after = after_operation});
    return device;
}

size_t guarded_device_lifts(void)
{
    return guard.lifts;
}

// write() from memory that cannot be read ends in EFAULT.
bool memory_is_readable(const void *memory)
{
    int ends[2];
    cr_assert(pipe(ends) == 0, "pipe: %s", strerror(errno));
    const ssize_t written = write(ends[1], memory, 1);
    const int error = errno;
    close(ends[0]);
    close(ends[1]);
    cr_assert(written == 1 || error == EFAULT, "write: %s", strerror(error));
    return written == 1;
}
