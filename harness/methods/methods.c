// methods.c: the list of methods of this build.
#include <string.h>

#include "harness/methods/method.h"

const struct method *const *methods_available(void)
{
    static const struct method *const available[] = {&method_ft, &method_augmix, &method_fa, &method_transinv, NULL};
    return available;
}

int method_views(const struct method *method)
{
    return method->views > 0 ? method->views : 1;
}

const struct method *method_find(const char *code)
{
    for (const struct method *const *method = methods_available(); *method != NULL; method++)
        if (strcmp((*method)->code, code) == 0) return *method;
    return NULL;
}
