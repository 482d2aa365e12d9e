// disturbance.c: reads /proc and /sys. Tests: tests/bench_samples_test.c.
#include "bench/disturbance.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/number.h"

// ---- counters --------------------------------------------------------------------------------------------------

// The first line of /proc/stat: "cpu" and the times user, nice, system, idle, iowait, irq, softirq, steal.
enum { STAT_TIMES = 8, STAT_STEAL = 7 };

static int parse_times(const char *stat, int64_t times[STAT_TIMES])
{
    int count = 0;
    if (strncmp(stat, "cpu ", 4) != 0) return 0;
    const char *at = stat + 4;
    for (char *end = NULL; count < STAT_TIMES; count++, at = end) {
        times[count] = strtoll(at, &end, 10);
        if (end == at) break;
    }
    return count;
}

int64_t disturbance_parse_steal(const char *stat)
{
    int64_t times[STAT_TIMES];
    return parse_times(stat, times) == STAT_TIMES ? times[STAT_STEAL] : 0;
}

// Reads the beginning of a small file again and again; "" when it cannot be read.
static void read_text(const char *path, char *text, size_t size)
{
    ssize_t length = 0;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        length = read(file, text, size - 1);
        close(file);
    }
    text[length > 0 ? length : 0] = '\0';
}

struct disturbance disturbance_read(void)
{
    char stat[256];
    struct rusage usage;
    struct disturbance now = {0, 0};
    if (getrusage(RUSAGE_SELF, &usage) == 0) now.switches = usage.ru_nivcsw;
    read_text("/proc/stat", stat, sizeof stat);
    now.steal_ticks = disturbance_parse_steal(stat);
    return now;
}

// ---- state -----------------------------------------------------------------------------------------------------

static double steal_percent(void)
{
    char stat[256];
    int64_t times[STAT_TIMES], total = 0;
    read_text("/proc/stat", stat, sizeof stat);
    if (parse_times(stat, times) < STAT_TIMES) return -1;
    for (int i = 0; i < STAT_TIMES; i++) total += times[i];
    return total > 0 ? 100 * (double)times[STAT_STEAL] / (double)total : -1;
}

// "32768K" or "32M" in bytes; 0 for anything else.
static size_t parse_cache_size(const char *text)
{
    char *end = NULL;
    const unsigned long long value = strtoull(text, &end, 10);
    if (end == text) return 0;
    if (*end == 'K') return (size_t)value << 10;
    if (*end == 'M') return (size_t)value << 20;
    return 0;
}

static size_t largest_cache(void)
{
    size_t largest = 0;
    for (int i = 0; i < 8; i++) {
        char path[80], text[32];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", i);
        read_text(path, text, sizeof text);
        const size_t bytes = parse_cache_size(text);
        if (bytes > largest) largest = bytes;
    }
    return largest > 0 ? largest : (size_t)32 << 20;
}

// The line "cpu MHz : 2596.1" of /proc/cpuinfo, where the file of the frequency driver is missing, as in virtual machines.
static double frequency_megahertz(void)
{
    char text[4096], number[32] = "";
    double kilohertz = 0, megahertz = 0;
    read_text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", text, sizeof text);
    text[strcspn(text, "\n")] = '\0';
    if (number_parse_double(text, &kilohertz)) return kilohertz / 1000;
    read_text("/proc/cpuinfo", text, sizeof text);
    const char *line = strstr(text, "\ncpu MHz");
    if (line == NULL || sscanf(line, "\ncpu MHz : %31[0-9.]", number) != 1) return -1;
    return number_parse_double(number, &megahertz) ? megahertz : -1;
}

struct machine_state machine_state_read(void)
{
    struct machine_state state = {.load = {-1, -1, -1}};
    read_text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", state.governor, sizeof state.governor);
    state.governor[strcspn(state.governor, "\n")] = '\0';
    state.frequency_megahertz = frequency_megahertz();
    if (getloadavg(state.load, 3) != 3) state.load[0] = state.load[1] = state.load[2] = -1;
    state.steal_percent = steal_percent();
    state.last_cache_bytes = largest_cache();
    return state;
}
