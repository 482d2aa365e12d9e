// fetch.c: `transinv fetch`: gets data sets, shows what is there, checks it again. Tests: tests/cli_fetch_test.c.
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/fetch_list.h"
#include "datasets/data_folder.h"
#include "datasets/fetch.h"

enum {
    KEY_LIST = 0x200,
    KEY_VERIFY,
    KEY_DATA,
    KEY_CATALOG,
    KEY_FLOOR,
    KEY_OFFLINE,
    KEY_MIRROR,
    KEY_HTTP,
    NAME_LIMIT = 64
};

struct fetch_options {
    const char *data, *catalog;
    bool list, verify;
    struct fetch_settings settings;
    char *names[NAME_LIMIT];
    int name_count;
};

static const struct argp_option options[] = {
    {"list", KEY_LIST, 0, 0,
     "Show every file and its state, and fetch nothing; with --verbose also where it comes from", 1},
    {"verify", KEY_VERIFY, 0, 0, "Check again what is there, set damaged files aside, and fetch nothing", 1},
    {"data", KEY_DATA, "DIR", 0, "Put files into DIR (default: $TRANSINV_DATA, else the cache folder)", 1},
    {"catalog", KEY_CATALOG, "FILE", 0, "Describe further archives, such as subsets (datasets/README.md)", 1},
    {"mirror", KEY_MIRROR, "URL", 0, "Try this folder or address first: URL/FILE", 2},
    {"offline", KEY_OFFLINE, 0, 0, "Open no connection; only --mirror with a folder or file:// is used", 2},
    {"allow-http", KEY_HTTP, 0, 0, "Take files over plain http as well; checksums protect them", 2},
    {"speed-floor", KEY_FLOOR, "KB/S", 0, "Leave a server that is slower for the next (default: 100)", 2},
    {0},
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct fetch_options *chosen = state->input;
    switch (key) {
    case KEY_LIST: chosen->list = true; return 0;
    case KEY_VERIFY: chosen->verify = true; return 0;
    case KEY_DATA: chosen->data = argument; return 0;
    case KEY_CATALOG: chosen->catalog = argument; return 0;
    case KEY_MIRROR: chosen->settings.mirror = argument; return 0;
    case KEY_OFFLINE: chosen->settings.offline = true; return 0;
    case KEY_HTTP: chosen->settings.allow_http = true; return 0;
    case KEY_FLOOR:
        chosen->settings.floor_bytes_per_second = 1e3 * option_integer(state, "speed-floor", argument, 0, 1000000);
        return 0;
    case ARGP_KEY_ARG:
        if (chosen->name_count == NAME_LIMIT) argp_error(state, "more than %d names", NAME_LIMIT);
        chosen->names[chosen->name_count++] = argument;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const char documentation[] =
    "Gets data sets, or single files of them, verified by their checksums: cifar-10, cifar-100, cifar-10-c, "
    "cifar-100-c "
    "(2.9 GB each), frost. Without a name: what the preset paper needs, which is cifar-10, cifar-100 and frost."
    "\v"
    "An interrupted download goes on where it stopped when the same command runs again. Proxies are taken from "
    "https_proxy, http_proxy and no_proxy, certificates from CURL_CA_BUNDLE, SSL_CERT_FILE and SSL_CERT_DIR.\n"
    "\n"
    "Examples:\n"
    "  transinv fetch\n"
    "  transinv fetch cifar-10 --mirror /media/usb\n"
    "  transinv fetch --list --verbose\n"
    "  transinv fetch --verify --data ~/cifar";

static bool name_is_known(const struct catalog *catalog, const char *name)
{
    return catalog_has_dataset(catalog, name) || catalog_find_file(catalog, name) != NULL;
}

static struct status check_names(const struct fetch_options *chosen, const struct catalog *catalog)
{
    for (int n = 0; n < chosen->name_count; n++)
        if (!name_is_known(catalog, chosen->names[n]))
            return status_error(STATUS_USAGE,
                                "expected a data set such as cifar-10, or a file of `transinv fetch --list', found "
                                "\"%.100s\"",
                                chosen->names[n]);
    return status_ok();
}

// All names are tried: the error of one says nothing about the others, unless it comes from the disk or the person.
static struct status fetch_names(const struct fetch_options *chosen, const struct catalog *catalog, const char *folder)
{
    static char *const usual[] = {"cifar-10", "cifar-100", "frost"};
    char *const *names = chosen->name_count > 0 ? chosen->names : usual;
    const int count = chosen->name_count > 0 ? chosen->name_count : (int)(sizeof usual / sizeof usual[0]);
    struct status first = status_ok();
    for (int n = 0; n < count; n++) {
        const struct catalog_entry *entry = catalog_find_file(catalog, names[n]);
        struct status status = entry != NULL ? fetch_file(&chosen->settings, folder, entry)
                                             : fetch_dataset(&chosen->settings, folder, catalog, names[n]);
        if (status.code == STATUS_OK) {
            log_message(LOG_INFO, "%s is in %s, verified", names[n], folder);
            continue;
        }
        if (status.code != STATUS_MISSING && status.code != STATUS_BAD_INPUT) return status;
        if (first.code != STATUS_OK)
            log_message(LOG_ERROR, "%s", status.message);
        else
            first = status;
    }
    return first;
}

static struct status command_fetch_run(int argc, char **argv)
{
    const struct argp_child children[] = {{&message_argp, 0, 0, 0}, {0}};
    const struct argp argp = {.options = options,
                              .parser = parse_option,
                              .args_doc = "[NAME...]",
                              .doc = documentation,
                              .children = children};
    struct fetch_options chosen = {.settings = fetch_settings_default()};
    struct catalog catalog = {0};
    char *folder = NULL;
    argp_parse(&argp, argc, argv, 0, NULL, &chosen);
    struct status status = catalog_create(chosen.catalog, &catalog);
    if (status.code == STATUS_OK) status = check_names(&chosen, &catalog);
    if (status.code == STATUS_OK) status = data_folder_resolve(chosen.data, &folder);
    const struct fetch_list_request list = {.catalog = &catalog,
                                            .folder = folder,
                                            .names = chosen.names,
                                            .name_count = chosen.name_count,
                                            .verify = chosen.verify,
                                            .details = log_get_level() >= LOG_DETAIL};
    if (status.code == STATUS_OK)
        status = chosen.list || chosen.verify ? fetch_list_print(&list) : fetch_names(&chosen, &catalog, folder);
    free(folder);
    catalog_destroy(&catalog);
    return status;
}

const struct command command_fetch = {"fetch", "get data sets, verified; show what is there", command_fetch_run};
