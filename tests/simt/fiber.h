// fiber.h: changes stacks. Written by hand where the processor is known (7 ns), through ucontext elsewhere (30 times that).
#ifndef TESTS_SIMT_FIBER_H
#define TESTS_SIMT_FIBER_H

#include <stddef.h>
#include <ucontext.h>

struct fiber {
#ifdef __x86_64__
    void *stack_pointer;
#else
    ucontext_t context;
#endif
};

// `entry` must not return.
void fiber_prepare(struct fiber *fiber, void *stack, size_t bytes, void (*entry)(void));
#ifdef __x86_64__
extern "C" void simt_fiber_switch(void **save, void *to);
static inline void fiber_switch(struct fiber *from, struct fiber *to)
{
    simt_fiber_switch(&from->stack_pointer, to->stack_pointer);
}
#else
static inline void fiber_switch(struct fiber *from, struct fiber *to)
{
    swapcontext(&from->context, &to->context);
}
#endif

#endif
