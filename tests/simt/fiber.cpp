// fiber.cpp: see fiber.h.
#include "tests/simt/fiber.h"

#ifdef __x86_64__

// Saves what the System V convention wants kept, changes the stack, takes it back from there.
__asm__(R"(
.text
.globl simt_fiber_switch
.type simt_fiber_switch, @function
simt_fiber_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size simt_fiber_switch, . - simt_fiber_switch
)");

void fiber_prepare(struct fiber *fiber, void *stack, size_t bytes, void (*entry)(void))
{
    void **top = (void **)((char *)stack + bytes) - 1; // `entry` begins as if called: 8 bytes below a multiple of 16
    *top = NULL;
    *--top = (void *)entry;
    for (int i = 0; i < 6; i++) *--top = NULL;
    fiber->stack_pointer = top;
}

#else

void fiber_prepare(struct fiber *fiber, void *stack, size_t bytes, void (*entry)(void))
{
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = stack;
    fiber->context.uc_stack.ss_size = bytes;
    fiber->context.uc_link = NULL;
    makecontext(&fiber->context, entry, 0);
}

#endif
