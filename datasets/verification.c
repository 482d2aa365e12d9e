// verification.c: notes as a small JSON object. Tests: tests/verification_test.c.
#include "datasets/verification.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

enum { NOTES_LIMIT = 1 << 16 };

const char verification_whole[] = "file";

static int64_t nanoseconds(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void look(const char *path, struct verification *verification)
{
    struct stat facts;
    verification->size = -1;
    if (stat(path, &facts) != 0) return;
    verification->size = facts.st_size;
    verification->modified_ns = nanoseconds(facts.st_mtim);
    verification->changed_ns = nanoseconds(facts.st_ctim);
    verification->inode = (int64_t)facts.st_ino;
}

static bool same_file(const struct verification *left, const struct verification *right)
{
    return left->size >= 0 && left->size == right->size && left->modified_ns == right->modified_ns &&
           left->changed_ns == right->changed_ns && left->inode == right->inode;
}

static struct verification facts_of(const json_t *notes)
{
    return (struct verification){
        .size = json_integer_value(json_object_get(notes, "size")),
        .modified_ns = json_integer_value(json_object_get(notes, "modified_ns")),
        .changed_ns = json_integer_value(json_object_get(notes, "changed_ns")),
        .inode = json_integer_value(json_object_get(notes, "inode")),
    };
}

void verification_open(const char *path, struct verification *verification)
{
    uint8_t *text = NULL;
    size_t size = 0;
    *verification = (struct verification){.path = strdup(path)};
    if (asprintf(&verification->notes_path, "%s.verified", path) < 0) verification->notes_path = NULL;
    look(path, verification);
    if (verification->notes_path == NULL ||
        file_read(verification->notes_path, NOTES_LIMIT, &text, &size).code != STATUS_OK)
        return;
    json_t *notes = json_loadb((const char *)text, size, JSON_REJECT_DUPLICATES, NULL);
    const struct verification noted = facts_of(notes);
    if (same_file(verification, &noted)) verification->checked = json_incref(json_object_get(notes, "checked"));
    json_decref(notes);
    free(text);
}

const char *verification_get(const struct verification *verification, const char *name)
{
    return json_string_value(json_object_get(verification->checked, name));
}

void verification_note(struct verification *verification, const char *name, const char *checksum)
{
    const char *known = verification_get(verification, name);
    if (known != NULL && strcmp(known, checksum) == 0) return; // nothing to save
    if (!json_is_object(verification->checked)) {
        json_decref(verification->checked);
        verification->checked = json_object();
    }
    if (json_object_set_new(verification->checked, name, json_string(checksum)) == 0) verification->changed = true;
}

static void save(const struct verification *verification)
{
    struct verification now = {.path = NULL};
    look(verification->path, &now);
    if (!same_file(verification, &now)) return;
    json_t *notes = json_pack("{s:I, s:I, s:I, s:I, s:O}", "size", (json_int_t)now.size, "modified_ns",
                              (json_int_t)now.modified_ns, "changed_ns", (json_int_t)now.changed_ns, "inode",
                              (json_int_t)now.inode, "checked", verification->checked);
    char *text = notes != NULL ? json_dumps(notes, JSON_INDENT(2)) : NULL;
    if (text != NULL) (void)file_write_atomic(verification->notes_path, text, strlen(text));
    free(text);
    json_decref(notes);
}

void verification_close(struct verification *verification)
{
    if (verification->changed && verification->path != NULL && verification->notes_path != NULL) save(verification);
    json_decref(verification->checked);
    free(verification->path);
    free(verification->notes_path);
    *verification = (struct verification){.size = -1};
}
