// machine.h: what this machine offers: processors we may use, memory, CPU features, names for the record.
#ifndef BASE_MACHINE_H
#define BASE_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Threads worth starting: the affinity mask, capped by the cgroup CPU quota (v2 cpu.max, v1 cfs_quota; rounded up,
// at least 1). TRANSINV_THREADS, then OMP_NUM_THREADS, override when they hold a whole number in 1..1024.
int machine_thread_count(void);

bool machine_has_avx2(void);   // AVX2 and FMA, enabled by the operating system
bool machine_has_avx512(void); // AVX-512 F, BW, DQ, VL
bool machine_has_avx512_bf16(void);

uint64_t machine_memory_bytes(void);               // physical, or the cgroup limit when smaller
uint64_t machine_peak_memory_bytes(void);          // this process, so far
void machine_cpu_name(char *text, size_t size);    // "unknown" where it cannot be found
void machine_system_name(char *text, size_t size); // kernel and distribution

double clock_seconds(void);         // monotonic
void clock_utc_text(char text[32]); // 2026-01-31T12:00:00Z

#endif
