// vendor_test.c: every counterpart of a vendor library, on shapes of both networks, against the reference.
#include "kernels/vendor/vendor.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "bench/cases.h"
#include "bench/check.h"
#include "bench/instance.h"
#include "tests/support/device_array.h"

// The bare case by the vendor on four images, by the reference on two that repeat.
static void check_case(const struct vendor *vendor, const struct bench_case *full)
{
    const struct bench_case bare = bench_case_strip(full), part = bench_case_resize(&bare, 2);
    struct device *device = device_for_test(kernels_find("reference"), 1);
    struct instance tensors, expected;
    struct vendor_task *task = NULL;
    struct check_result result;
    cr_assert(eq(int, instance_create(device, &bare, bench_case_images(&part), &tensors).code, STATUS_OK));
    cr_assert(eq(int, instance_create(device, &part, bench_case_images(&part), &expected).code, STATUS_OK));
    struct status status = vendor->create(bare.operation, &tensors.bench_case.settings, 2, &task);
    cr_assert(eq(int, status.code, STATUS_OK), "%s: %s", bare.name, status.message);
    instance_run(&expected);
    cr_expect(eq(int, vendor->run(task).code, STATUS_OK), "%s", bare.name);
    cr_expect(eq(int, vendor->fetch(task).code, STATUS_OK), "%s", bare.name);
    cr_assert(eq(int, check_compare(&tensors, &expected, &result).code, STATUS_OK));
    cr_expect(result.right, "%s by %s: error %g of %g in %s", bare.name, vendor->implementation(task), result.error,
              result.tolerance, result.field);
    vendor->destroy(task);
    instance_destroy(&tensors);
    instance_destroy(&expected);
    device_end_test(device);
}

Test(vendor, computes_what_the_reference_does)
{
    const struct vendor *vendor = vendor_available();
    struct case_list list;
    size_t checked = 0;
    if (vendor == NULL) cr_skip_test("SKIPPED: built without oneDNN");
    cr_assert(eq(int, case_list_create((const int[]){4}, 1, &list).code, STATUS_OK));
    for (size_t i = 0; i < list.count; i++) {
        const struct bench_case *bench_case = &list.items[i].bench_case;
        if (vendor->does(bench_case->operation) == NULL) continue;
        check_case(vendor, bench_case);
        checked++;
    }
    cr_expect(checked > 60, "%zu cases have a counterpart", checked);
    case_list_destroy(&list);
}

Test(vendor, says_what_it_cannot_do)
{
    const struct vendor *vendor = vendor_available();
    struct vendor_task *task = NULL;
    char text[80] = "";
    if (vendor == NULL) cr_skip_test("SKIPPED: built without oneDNN");
    cr_expect(eq(ptr, (void *)vendor->does(OPERATION_SGD_UPDATE), NULL));
    struct status status = vendor->create(OPERATION_SGD_UPDATE, &(struct sgd_update){.runs = 1}, 1, &task);
    cr_expect(eq(int, status.code, STATUS_DEVICE));
    cr_expect(ne(ptr, strstr(status.message, "sgd_update"), NULL), "%s", status.message);
    cr_expect(eq(ptr, task, NULL));
    vendor->destroy(NULL);
    vendor->describe(text, sizeof text);
    cr_expect(strncmp(text, "oneDNN ", 7) == 0, "%s", text);
}
