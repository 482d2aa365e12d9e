// machine_test.c: control-group limits from made-up files, thread counts, CPU features against the kernel's own list.
#include "base/machine.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/file.h"
#include "base/machine_text.h"

Test(machine, cpu_max_is_quota_over_period)
{
    static const struct {
        const char *text;
        bool good;
        double processors;
    } cases[] = {
        {"150000 100000\n", true, 1.5},
        {"50000 100000", true, 0.5},
        {"400000\n", true, 4},
        {"max 100000\n", false, 0},
        {"max\n", false, 0},
        {"", false, 0},
        {"-1 100000", false, 0},
        {"0 100000", false, 0},
        {"100000 0", false, 0},
        {"100000 x", false, 0},
        {"1e5 100000", false, 0},
        {" 1 1", false, 0},
        {"99999999999999999999999999999999 1", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double processors = 0;
        cr_expect(eq(int, cgroup_parse_cpu_max(cases[i].text, &processors), cases[i].good), "\"%s\"", cases[i].text);
        cr_expect(processors == cases[i].processors, "\"%s\": %g", cases[i].text, processors);
    }
}

Test(machine, version_1_quota_and_period_are_two_files)
{
    double processors = 0;
    cr_expect(cgroup_parse_cfs("250000\n", "100000\n", &processors));
    cr_expect(processors == 2.5, "%g", processors);
    cr_expect(not(cgroup_parse_cfs("-1\n", "100000\n", &processors)));
    cr_expect(not(cgroup_parse_cfs("100000\n", "0\n", &processors)));
    cr_expect(not(cgroup_parse_cfs("\n", "100000\n", &processors)));
    cr_expect(processors == 2.5, "%g", processors);
}

Test(machine, memory_limits)
{
    static const struct {
        const char *text;
        bool good;
        uint64_t bytes;
    } cases[] = {
        {"1073741824\n", true, 1073741824},
        {"max\n", false, 0},
        {"9223372036854771712\n", false, 0},
        {"0\n", false, 0},
        {"-1\n", false, 0},
        {"", false, 0},
        {"4096", true, 4096},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint64_t bytes = 0;
        cr_expect(eq(int, cgroup_parse_memory(cases[i].text, &bytes), cases[i].good), "\"%s\"", cases[i].text);
        cr_expect(eq(u64, bytes, cases[i].bytes), "\"%s\"", cases[i].text);
    }
}

Test(machine, own_groups_are_found_by_controller)
{
    static const char text[] = "12:pids:/a\n5:cpuset:/wrong\n4:cpu,cpuacct:/b:c\n2:memory:/\n0::/user.slice/x\n";
    static const struct {
        const char *controller, *path;
    } cases[] = {{"cpu", "/b:c"},       {"cpuacct", "/b:c"}, {"memory", "/"},
                 {"", "/user.slice/x"}, {"blkio", NULL},     {"cp", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[64] = "";
        bool found = cgroup_parse_self(text, cases[i].controller, path, sizeof path);
        cr_expect(eq(int, found, cases[i].path != NULL), "\"%s\"", cases[i].controller);
        cr_expect(eq(str, path, (char *)(found ? cases[i].path : "")), "\"%s\"", cases[i].controller);
    }
    char small[4];
    cr_expect(not(cgroup_parse_self(text, "", small, sizeof small)));
    cr_expect(not(cgroup_parse_self("garbage\n\n::\n5\n1:cpu", "cpu", small, sizeof small)));
    cr_expect(not(cgroup_parse_self("", "", small, sizeof small)));
}

static char mount[] = "/tmp/transinv-cgroup-XXXXXX";

static void write_limit(const char *group, const char *name, const char *text)
{
    char *made = path_join(mount, group), *path = path_join(made, name);
    cr_assert(eq(int, file_make_folders(made).code, STATUS_OK));
    cr_assert(eq(int, file_append(path, text, strlen(text)).code, STATUS_OK));
    free(made);
    free(path);
}

static void remove_mount(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", mount);
    cr_expect(eq(int, system(command), 0));
}

// The tightest limit counts, wherever between the root and our own group it stands.
Test(machine, version_2_limits_come_from_all_groups_above)
{
    cr_assert(ne(ptr, mkdtemp(mount), NULL));
    write_limit("", "cpu.max", "800000 100000\n");
    write_limit("a", "cpu.max", "150000 100000\n");
    write_limit("a", "memory.max", "max\n");
    write_limit("a/b", "cpu.max", "max 100000\n");
    write_limit("a/b", "memory.max", "2000000\n");
    write_limit("other", "cpu.max", "1000 100000\n");
    static const struct {
        const char *self;
        struct cgroup_limits expected;
    } cases[] = {
        {"0::/a/b\n", {1.5, 2000000}}, {"0::/a\n", {1.5, 0}}, {"0::/\n", {8, 0}},     {"0::/other\n", {0.01, 0}},
        {"0::/gone/away\n", {8, 0}},   {"\n", {0, 0}},        {"1:cpu:/a\n", {0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cgroup_limits limits = cgroup_read_limits(mount, cases[i].self);
        cr_expect(limits.processors == cases[i].expected.processors, "%s: %g", cases[i].self, limits.processors);
        cr_expect(eq(u64, limits.memory_bytes, cases[i].expected.memory_bytes), "%s", cases[i].self);
    }
    remove_mount();
}

Test(machine, version_1_limits_have_a_hierarchy_each)
{
    cr_assert(ne(ptr, mkdtemp(mount), NULL));
    write_limit("cpu", "cpu.cfs_quota_us", "-1\n");
    write_limit("cpu", "cpu.cfs_period_us", "100000\n");
    write_limit("cpu/job", "cpu.cfs_quota_us", "300000\n");
    write_limit("cpu/job", "cpu.cfs_period_us", "100000\n");
    write_limit("memory", "memory.limit_in_bytes", "9223372036854771712\n");
    write_limit("memory/job", "memory.limit_in_bytes", "3000000\n");
    struct cgroup_limits limits = cgroup_read_limits(mount, "4:cpu,cpuacct:/job\n3:memory:/job/step\n0::/\n");
    cr_expect(limits.processors == 3, "%g", limits.processors);
    cr_expect(eq(u64, limits.memory_bytes, 3000000));
    remove_mount();
}

Test(machine, a_quota_is_rounded_up_and_caps)
{
    static const struct {
        int count;
        double processors;
        int expected;
    } cases[] = {{8, 0, 8}, {8, 1.5, 2}, {8, 2, 2}, {8, 0.1, 1}, {8, 7.01, 8}, {8, 8, 8}, {8, 64, 8}, {1, 3, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_expect(eq(int, machine_cap_threads(cases[i].count, cases[i].processors), cases[i].expected),
                  "%d processors, quota %g", cases[i].count, cases[i].processors);
}

Test(machine, threads_follow_affinity)
{
    cpu_set_t allowed, one;
    unsetenv("TRANSINV_THREADS");
    unsetenv("OMP_NUM_THREADS");
    cr_assert(eq(int, sched_getaffinity(0, sizeof allowed, &allowed), 0));
    cr_expect(ge(int, machine_thread_count(), 1));
    cr_expect(le(int, machine_thread_count(), CPU_COUNT(&allowed)));
    CPU_ZERO(&one);
    for (int i = CPU_SETSIZE - 1; i >= 0 && CPU_COUNT(&one) == 0; i--)
        if (CPU_ISSET(i, &allowed)) CPU_SET(i, &one);
    cr_assert(eq(int, sched_setaffinity(0, sizeof one, &one), 0));
    cr_expect(eq(int, machine_thread_count(), 1));
}

Test(machine, the_environment_overrides_the_thread_count)
{
    static const struct {
        const char *own, *openmp;
        int expected; // 0: whatever the machine offers
    } cases[] = {
        {"7", "5", 7}, {NULL, "5", 5},     {"1024", NULL, 1024}, {"1025", "3", 3}, {"0", NULL, 0},
        {"-2", "", 0}, {"four", "2,4", 0}, {"3 ", "1", 1},       {"", "6", 6},
    };
    unsetenv("TRANSINV_THREADS");
    unsetenv("OMP_NUM_THREADS");
    int offered = machine_thread_count();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        unsetenv("TRANSINV_THREADS");
        unsetenv("OMP_NUM_THREADS");
        if (cases[i].own != NULL) setenv("TRANSINV_THREADS", cases[i].own, 1);
        if (cases[i].openmp != NULL) setenv("OMP_NUM_THREADS", cases[i].openmp, 1);
        int expected = cases[i].expected != 0 ? cases[i].expected : offered;
        cr_expect(eq(int, machine_thread_count(), expected), "case %zu", i);
    }
}

static char *read_text(const char *path)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct status status = file_read(path, 16 << 20, &bytes, &size);
    cr_assert(eq(int, status.code, STATUS_OK), "%s", status.message);
    return (char *)bytes;
}

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *found = strstr(words, word); found != NULL; found = strstr(found + 1, word))
        if ((found == words || found[-1] == ' ') && (found[length] == ' ' || found[length] == '\0')) return true;
    return false;
}

// The kernel lists a feature only where it saves the registers that come with it.
Test(machine, cpu_features_are_those_the_kernel_lists)
{
    char flags[8192] = "";
    char *text = read_text("/proc/cpuinfo");
    machine_find_value(text, "flags", ':', flags, sizeof flags); // absent where the processor is no x86
    bool avx2 = has_word(flags, "avx2") && has_word(flags, "fma");
    bool avx512 = has_word(flags, "avx512f") && has_word(flags, "avx512bw") && has_word(flags, "avx512dq") &&
                  has_word(flags, "avx512vl");
    cr_expect(eq(int, machine_has_avx2(), avx2), "flags: %s", flags);
    cr_expect(eq(int, machine_has_avx512(), avx512), "flags: %s", flags);
    cr_expect(eq(int, machine_has_avx512_bf16(), avx512 &&has_word(flags, "avx512_bf16")), "flags: %s", flags);
    free(text);
}

Test(machine, memory_is_the_kernels_total_or_less)
{
    char value[64] = "";
    char *text = read_text("/proc/meminfo");
    cr_assert(machine_find_value(text, "MemTotal", ':', value, sizeof value));
    uint64_t total = (uint64_t)strtoull(value, NULL, 10) * 1024, bytes = machine_memory_bytes();
    cr_expect(gt(u64, bytes, 0));
    cr_expect(le(u64, bytes, total));
    free(text);
}

Test(machine, peak_memory_grows_with_use)
{
    // More than the process ever had, whatever a sanitizer's allocator took and gave back before this test.
    uint64_t before = machine_peak_memory_bytes();
    const size_t size = before + ((size_t)64 << 20);
    char *block = malloc(size);
    cr_assert(ne(ptr, block, NULL));
    for (size_t i = 0; i < size; i += 1024) ((volatile char *)block)[i] = 1;
    uint64_t after = machine_peak_memory_bytes();
    cr_expect(gt(u64, before, 1 << 20), "%lu bytes at first", (unsigned long)before);
    cr_expect(ge(u64, after, size), "%lu, then %lu bytes", (unsigned long)before, (unsigned long)after);
    free(block);
}

Test(machine, values_are_found_by_whole_keys)
{
    static const char text[] =
        "model\t\t: 85\nmodel name\t: Some CPU @ 2 GHz \nNAME=\"Debian\"\nPRETTY_NAME='Debian 12'\n"
        "EMPTY=\nmodel name : second\nlast=1";
    static const struct {
        const char *key;
        char separator;
        const char *value;
    } cases[] = {
        {"model", ':', "85"},    {"model name", ':', "Some CPU @ 2 GHz"},
        {"NAME", '=', "Debian"}, {"PRETTY_NAME", '=', "Debian 12"},
        {"EMPTY", '=', ""},      {"last", '=', "1"},
        {"ODEL", ':', NULL},     {"mode", ':', NULL},
        {"NAME", ':', NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char value[64] = "untouched";
        bool found = machine_find_value(text, cases[i].key, cases[i].separator, value, sizeof value);
        cr_expect(eq(int, found, cases[i].value != NULL), "%s", cases[i].key);
        cr_expect(eq(str, value, (char *)(found ? cases[i].value : "untouched")), "%s", cases[i].key);
    }
    char small[8];
    cr_expect(machine_find_value(text, "model name", ':', small, sizeof small));
    cr_expect(eq(str, small, "Some CP"));
}

Test(machine, names_are_one_line_of_text)
{
    char cpu[256] = "", system_name[256] = "", small[4] = "";
    machine_cpu_name(cpu, sizeof cpu);
    machine_system_name(system_name, sizeof system_name);
    machine_cpu_name(small, sizeof small);
    cr_expect(gt(sz, strlen(cpu), 2), "\"%s\"", cpu);
    cr_expect(eq(ptr, strchr(cpu, '\n'), NULL), "\"%s\"", cpu);
    cr_expect(eq(int, strncmp(system_name, "Linux ", 6), 0), "\"%s\"", system_name);
    cr_expect(ne(ptr, strchr(system_name, ','), NULL), "\"%s\"", system_name);
    cr_expect(eq(int, strncmp(small, cpu, 3), 0), "\"%s\" from \"%s\"", small, cpu);
}

Test(machine, clocks)
{
    double first = clock_seconds();
    for (int i = 0; i < 1000; i++) {
        double next = clock_seconds();
        cr_assert(next >= first, "%.9f after %.9f", next, first);
        first = next;
    }
    char text[32];
    struct tm utc = {0};
    time_t before = time(NULL);
    clock_utc_text(text);
    time_t after = time(NULL);
    cr_expect(eq(sz, strlen(text), 20), "%s", text);
    char *end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    cr_assert(ne(ptr, end, NULL), "%s", text);
    time_t seconds = timegm(&utc);
    cr_expect(seconds >= before && seconds <= after, "%s", text);
}
