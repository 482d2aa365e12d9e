// environment.c: describes program, device and machine for run.json. Measures nothing. Tests: tests/run_folder_test.c.
#include "harness/environment.h"

#include <stdio.h>
#include <string.h>

#include "base/build_info.h"
#include "base/machine.h"
#include "harness/json_text.h"

void environment_device_class(const struct kernels *kernels, char *text, size_t size)
{
    snprintf(text, size, "%.*s", (int)strcspn(kernels->name, "-"), kernels->name);
}

json_t *environment_to_json(const struct device *device)
{
    const struct kernels *kernels = device_kernels(device);
    char device_class[32], cpu[256], system[256];
    environment_device_class(kernels, device_class, sizeof device_class);
    machine_cpu_name(cpu, sizeof cpu);
    machine_system_name(system, sizeof system);
    return json_pack("{s:s, s:s, s:b, s:o, s:s, s:s, s:i, s:o, s:o, s:s}", "version", build_version, "commit",
                     build_commit, "tree_clean", (int)build_tree_clean, "compiler", json_text(build_compiler), "device",
                     device_class, "backend", kernels->name, "threads", device_threads(device), "cpu", json_text(cpu),
                     "system", json_text(system), "algorithm_table", kernels->arithmetic);
}

// Neither the number of threads nor the processor's name is among them: results do not depend on either.
bool environment_changes_bits(const json_t *before, const json_t *now)
{
    static const char *const keys[] = {"commit", "compiler", "backend", "algorithm_table"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const json_t *old = json_object_get(before, keys[i]), *new = json_object_get(now, keys[i]);
        if (old != new &&json_equal(old, new) == 0) return true;
    }
    return false;
}
