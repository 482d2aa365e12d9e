// machine.c: processors, memory, CPU features, names and clocks of the machine this runs on. Linux only; control groups
// are cgroup.c's. Tests: tests/machine_test.c.
#define _GNU_SOURCE 1 // sched_getaffinity and the CPU_* macros
#include "base/machine.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/file.h"
#include "base/machine_text.h"
#include "base/number.h"

enum { MACHINE_TEXT_LIMIT = 16 << 20 }; // /proc/cpuinfo of a machine with thousands of processors

// The whole of a text file, or NULL; the caller frees it.
static char *machine_read_text(const char *path)
{
    uint8_t *bytes = NULL;
    size_t size;
    struct status status = file_read(path, MACHINE_TEXT_LIMIT, &bytes, &size);
    return status.code == STATUS_OK ? (char *)bytes : NULL;
}

static struct cgroup_limits machine_cgroup_limits(void)
{
    struct cgroup_limits limits = {0, 0};
    char *self = machine_read_text("/proc/self/cgroup");
    if (self != NULL) limits = cgroup_read_limits("/sys/fs/cgroup", self);
    free(self);
    return limits;
}

// Processors in the affinity mask. The mask's size is the kernel's secret: EINVAL says that ours is too small.
static int machine_affinity_count(void)
{
    int count = 0;
    for (int processors = 1024; count == 0 && processors <= 1 << 20; processors *= 2) {
        cpu_set_t *set = CPU_ALLOC(processors);
        size_t size = CPU_ALLOC_SIZE(processors);
        if (set == NULL) break;
        bool too_small = false;
        if (sched_getaffinity(0, size, set) == 0)
            count = CPU_COUNT_S(size, set);
        else
            too_small = errno == EINVAL;
        CPU_FREE(set);
        if (!too_small) break;
    }
    return count > 0 ? count : 1;
}

static int machine_threads_from_environment(const char *name)
{
    const char *text = getenv(name);
    int64_t count = 0;
    return text != NULL && number_parse_int64(text, 1, 1024, &count) ? (int)count : 0;
}

int machine_thread_count(void)
{
    int count = machine_threads_from_environment("TRANSINV_THREADS");
    if (count == 0) count = machine_threads_from_environment("OMP_NUM_THREADS");
    if (count == 0) count = machine_cap_threads(machine_affinity_count(), machine_cgroup_limits().processors);
    return count;
}

int machine_cap_threads(int count, double processors)
{
    if (processors > 0 && processors < count) {
        int whole = (int)processors;
        count = whole + (whole < processors);
    }
    return count < 1 ? 1 : count;
}

// The compilers' run-time test reads cpuid and, for the wide registers, XCR0: whether the system saves them.
#if defined(__x86_64__)
bool machine_has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool machine_has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

bool machine_has_avx512_bf16(void)
{
    return machine_has_avx512() && __builtin_cpu_supports("avx512bf16");
}
#else
bool machine_has_avx2(void)
{
    return false;
}

bool machine_has_avx512(void)
{
    return false;
}

bool machine_has_avx512_bf16(void)
{
    return false;
}
#endif

uint64_t machine_memory_bytes(void)
{
    uint64_t bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t limit = machine_cgroup_limits().memory_bytes;
    return limit != 0 && limit < bytes ? limit : bytes;
}

uint64_t machine_peak_memory_bytes(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0; // Linux counts in KiB
}

// Cuts blanks and quotes off both ends and copies what fits.
static void machine_copy_value(const char *value, size_t length, char *text, size_t size)
{
    while (length > 0 && strchr(" \t\"'", *value) != NULL) value++, length--;
    while (length > 0 && strchr(" \t\"'", value[length - 1]) != NULL) length--;
    snprintf(text, size, "%.*s", (int)length, value);
}

bool machine_find_value(const char *content, const char *key, char separator, char *text, size_t size)
{
    size_t key_length = strlen(key);
    while (*content != '\0') {
        size_t line = strcspn(content, "\n"), i = key_length;
        if (strncmp(content, key, key_length) == 0) {
            while (content[i] == ' ' || content[i] == '\t') i++;
            if (content[i] == separator) {
                machine_copy_value(content + i + 1, line - i - 1, text, size);
                return true;
            }
        }
        content += line + (content[line] == '\n');
    }
    return false;
}

void machine_cpu_name(char *text, size_t size)
{
    char *content = machine_read_text("/proc/cpuinfo");
    if (content == NULL || !machine_find_value(content, "model name", ':', text, size) || text[0] == '\0')
        snprintf(text, size, "unknown");
    free(content);
}

void machine_system_name(char *text, size_t size)
{
    struct utsname kernel;
    char distribution[128];
    char *content = machine_read_text("/etc/os-release");
    if (content == NULL || !machine_find_value(content, "PRETTY_NAME", '=', distribution, sizeof distribution))
        snprintf(distribution, sizeof distribution, "unknown distribution");
    if (uname(&kernel) == 0)
        snprintf(text, size, "%s %s, %s", kernel.sysname, kernel.release, distribution);
    else
        snprintf(text, size, "%s", distribution);
    free(content);
}

double clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void clock_utc_text(char text[32])
{
    time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc) == NULL || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        snprintf(text, 32, "unknown");
}
