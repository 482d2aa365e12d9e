// isa_name.h: the Makefile compiles some files once per instruction set and defines ISA as portable, avx2 or avx512.
// ISA_NAME(conv_forward) is then conv_forward_avx512 and so on: every function that leaves such a file carries the suffix.
#ifndef KERNELS_CPU_ISA_NAME_H
#define KERNELS_CPU_ISA_NAME_H

#define ISA_JOIN_EXPANDED(name, isa) name##_##isa
#define ISA_JOIN(name, isa) ISA_JOIN_EXPANDED(name, isa)
#define ISA_NAME(name) ISA_JOIN(name, ISA)
#define ISA_TEXT_EXPANDED(isa) #isa
#define ISA_TEXT_OF(isa) ISA_TEXT_EXPANDED(isa)
#define ISA_TEXT ISA_TEXT_OF(ISA) // "avx512" and so on

#endif
