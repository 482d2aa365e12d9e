// cgroup.h: the processor and memory limits that Linux control groups (v1 and v2) set for this process. Internal to
// base/ (and its tests); use machine.h.
#ifndef BASE_CGROUP_H
#define BASE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cgroup_limits {
    double processors;     // quota in processors, such as 1.5; 0 where there is none
    uint64_t memory_bytes; // 0 where there is none
};

// Text of cpu.max (v2): "150000 100000" is 1.5 processors. False for "max ..." and for anything else.
bool cgroup_parse_cpu_max(const char *text, double *processors);
// Text of cpu.cfs_quota_us and cpu.cfs_period_us (v1). False for a quota of -1 and for anything that is no number.
bool cgroup_parse_cfs(const char *quota_text, const char *period_text, double *processors);
// Text of memory.max (v2) or memory.limit_in_bytes (v1). False for "max", for v1's "no limit" (a number near 2^63) and
// for anything that is no number.
bool cgroup_parse_memory(const char *text, uint64_t *bytes);
// Text of /proc/self/cgroup: the path of the hierarchy that has `controller` ("" stands for v2's single hierarchy) into
// `path`. False when there is none, or when it does not fit.
bool cgroup_parse_self(const char *text, const char *controller, char *path, size_t size);

// The tightest limits over the process's group and all groups above it. `mount` is the folder in which the hierarchies
// are mounted ("/sys/fs/cgroup"), `self` the text of /proc/self/cgroup. Groups that cannot be seen from here, as in a
// container, are passed over.
struct cgroup_limits cgroup_read_limits(const char *mount, const char *self);

#endif
