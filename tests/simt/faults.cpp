// faults.cpp: counts faults, keeps the first in words, and finds the source line of an instruction with addr2line, which
// comes with the compiler.
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/simt/machine.h"

static struct simt_report report;
static const void *first_instruction; // whose line is still to be found: not on a fiber's small stack

const char *simt_fault_name(enum simt_fault fault)
{
    static const char *const names[SIMT_FAULTS] = {
        "race",       "uninitialised read", "out of bounds", "misaligned access",
        "divergence", "copy in flight",     "dependency"};
    return names[fault];
}

void simt_fault_at(enum simt_fault fault, const void *instruction, const char *format, ...)
{
    report.count[fault]++;
    if (report.total++ > 0) return;
    int used = snprintf(report.first, sizeof report.first, "%s, ", simt_fault_name(fault));
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(report.first + used, sizeof report.first - (size_t)used, format, arguments);
    va_end(arguments);
    first_instruction = instruction;
}

void simt_describe_place(const void *instruction, char *text, size_t size)
{
    Dl_info module;
    char program[256], command[400], function[200] = "", line[200] = "";
    snprintf(text, size, "%p", instruction);
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0 || dladdr(instruction, &module) == 0) return;
    program[length] = '\0';
    size_t offset = (size_t)((const char *)instruction - (const char *)module.dli_fbase) - 1; // inside the call
    snprintf(command, sizeof command, "addr2line -s -f -C -e '%s' %#zx 2>/dev/null", program, offset);
    FILE *pipe = popen(command, "r");
    if (pipe == NULL) return;
    bool found = fgets(function, sizeof function, pipe) != NULL && fgets(line, sizeof line, pipe) != NULL;
    pclose(pipe);
    if (!found || line[0] == '?') return;
    function[strcspn(function, "\n")] = line[strcspn(line, "\n (")] = '\0';
    snprintf(text, size, "%s in %.120s", line, function);
}

const struct simt_report *simt_faults(void)
{
    if (first_instruction != NULL) {
        char place[256];
        simt_describe_place(first_instruction, place, sizeof place);
        size_t used = strlen(report.first);
        snprintf(report.first + used, sizeof report.first - used, " at %s", place);
        first_instruction = NULL;
    }
    return &report;
}

void simt_reset_faults(void)
{
    report = {};
    first_instruction = NULL;
}
