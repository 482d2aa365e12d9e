// hooks.cpp: what the compiler calls at every access of a kernel (-fsanitize=thread, whose own library is not linked),
// and the remaining device calls that check or order memory.
#include "tests/simt/machine.h"

static inline void touch(const void *address, size_t bytes, enum simt_kind kind, const void *instruction)
{
    if (simt_thread < 0 || simt_on_own_stack(address) || simt_in_context(address)) return;
    simt_check(address, bytes, kind, simt_thread, instruction);
    bool shared = (size_t)((const unsigned char *)address - simt_shared) < SIMT_SHARED_LIMIT;
    bool device = (size_t)((const unsigned char *)address - simt_arena) < simt_arena_bytes;
    if (simt_counting && (shared || device))
        simt_count(address, bytes, shared, kind != SIMT_READ, simt_thread, instruction);
    simt_yield_sometimes();
}

#define HOOKS(bytes)                                                                                                   \
    void __tsan_read##bytes(void *address)                                                                             \
    {                                                                                                                  \
        touch(address, bytes, SIMT_READ, __builtin_return_address(0));                                                 \
    }                                                                                                                  \
    void __tsan_write##bytes(void *address)                                                                            \
    {                                                                                                                  \
        touch(address, bytes, SIMT_WRITE, __builtin_return_address(0));                                                \
    }                                                                                                                  \
    void __tsan_unaligned_read##bytes(void *address)                                                                   \
    {                                                                                                                  \
        touch(address, bytes, SIMT_READ, __builtin_return_address(0));                                                 \
    }                                                                                                                  \
    void __tsan_unaligned_write##bytes(void *address)                                                                  \
    {                                                                                                                  \
        touch(address, bytes, SIMT_WRITE, __builtin_return_address(0));                                                \
    }

extern "C" {
HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

void __tsan_read_range(void *address, size_t bytes)
{
    touch(address, bytes, SIMT_READ, __builtin_return_address(0));
}

void __tsan_write_range(void *address, size_t bytes)
{
    touch(address, bytes, SIMT_WRITE, __builtin_return_address(0));
}

void __tsan_init(void)
{
}

void __tsan_func_entry(void *)
{
}

void __tsan_func_exit(void)
{
}
}

simt_words simt_load_16(const void *from)
{
    simt_words value;
    touch(from, sizeof value, SIMT_READ, __builtin_return_address(0));
    memcpy(&value, from, sizeof value);
    return value;
}

void simt_store_16(void *to, simt_words value)
{
    touch(to, sizeof value, SIMT_WRITE, __builtin_return_address(0));
    memcpy(to, &value, sizeof value);
}

uint64_t simt_load_8(const void *from)
{
    uint64_t value;
    touch(from, sizeof value, SIMT_READ, __builtin_return_address(0));
    memcpy(&value, from, sizeof value);
    return value;
}

void simt_store_8(void *to, uint64_t value)
{
    touch(to, sizeof value, SIMT_WRITE, __builtin_return_address(0));
    memcpy(to, &value, sizeof value);
}

void simt_fence(bool whole_device)
{
    if (whole_device) simt_publish(simt_thread);
}

void simt_dependency_wait(void)
{
    simt_block.waited[simt_thread] = true;
}

uint32_t simt_atomic_add(uint32_t *address, uint32_t value, simt_place)
{
    const void *instruction = __builtin_return_address(0);
    simt_meet(address);
    simt_check(address, sizeof *address, SIMT_ATOMIC, simt_thread, instruction);
    uint32_t before = *address;
    *address = before + value;
    return before;
}
