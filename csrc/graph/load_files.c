/* Revision files that were scanned, as views and as a graph; see alc/load.h. */
#include "alc/load.h"

#include <string.h>

/* Ids that would be read as symbols for other revisions. */
static const char *const symbols[] = {"base", "head", "heads"};

bool alc_is_plain_id(struct alc_str id)
{
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        if (id.len == strlen(symbols[i]) && memcmp(id.ptr, symbols[i], id.len) == 0) {
            return false;
        }
    }
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        if (c == '@' || c == '-' || c == '+' || c == ':') {
            return false;
        }
    }
    return true;
}

/* What became of a file or a value. */
enum { FAILED = -1, HAS_NONE = 0, IS_THERE = 1 };

/* The strings of a value: none of None, the one, or those of a tuple or list. */
static int take_names(struct alc_names *out, const struct alc_value *value,
                      struct alc_arena *arena)
{
    struct alc_str *items;

    *out = (struct alc_names){NULL, 0};
    switch (value->kind) {
    case ALC_VALUE_ABSENT:
    case ALC_VALUE_NONE:
        return IS_THERE;
    case ALC_VALUE_STR:
        *out = (struct alc_names){&value->u.str, 1};
        return value->u.str.len > 0 ? IS_THERE : HAS_NONE; /* Python reads "" */
    case ALC_VALUE_SET: /* in an order that only Python knows */
        return HAS_NONE;
    case ALC_VALUE_TUPLE:
    case ALC_VALUE_LIST:
        break;
    }
    items = alc_arena_array(arena, value->n_items, sizeof *items);
    if (!items) {
        return FAILED;
    }
    for (uint32_t i = 0; i < value->n_items; i++) {
        if (value->u.items[i].kind != ALC_VALUE_STR || !value->u.items[i].u.str.len) {
            return HAS_NONE;
        }
        items[i] = value->u.items[i].u.str;
    }
    *out = (struct alc_names){items, value->n_items};
    return IS_THERE;
}

static bool has_itself(const struct alc_names *names, struct alc_str id)
{
    for (uint32_t i = 0; i < names->n; i++) {
        if (alc_str_eq(names->items[i], id)) {
            return true;
        }
    }
    return false;
}

int alc_view_of_file(struct alc_revision_view *out, const struct alc_scan_file *file,
                     struct alc_arena *arena, struct alc_error *err)
{
    const struct alc_value *values = file->scan.values;
    const struct alc_value *id = &values[ALC_SCAN_REVISION];
    const struct {
        struct alc_names *names;
        enum alc_scan_name of;
    } lists[] = {{&out->downs, ALC_SCAN_DOWN_REVISION},
                 {&out->dependencies, ALC_SCAN_DEPENDS_ON},
                 {&out->labels, ALC_SCAN_BRANCH_LABELS}};

    if (file->scan.reason != ALC_SCAN_OK || file->duplicate ||
        id->kind != ALC_VALUE_STR || !id->u.str.len || !alc_is_plain_id(id->u.str) ||
        values[ALC_SCAN_DOWN_REVISION].kind == ALC_VALUE_ABSENT) {
        return HAS_NONE;
    }
    out->id = id->u.str;
    out->object = NULL;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        int found = take_names(lists[i].names, &values[lists[i].of], arena);
        if (found != IS_THERE) {
            return found == FAILED ? alc_error_nomem(err) : HAS_NONE;
        }
    }
    return !has_itself(&out->downs, out->id) &&
           !has_itself(&out->dependencies, out->id);
}

/* Whatever there is to tell: who asked comes to it with Python. */
static int stop(void *self, const struct alc_trouble *trouble)
{
    (void)self;
    (void)trouble;
    return IS_THERE;
}

/*
 * Files are ordered by name, but lie in memory as they were found and read.  So have
 * what comes soon fetched: first a file, then its id.
 */
static void fetch_ahead(const struct alc_scan_files *files, size_t i)
{
    enum { FILE_AHEAD = 16, ID_AHEAD = 8, LINE_LEN = 64 };
    size_t n = files->n_files;

    for (size_t at = 0; i + FILE_AHEAD < n && at < sizeof **files->files;
         at += LINE_LEN) {
        __builtin_prefetch((const char *)files->files[i + FILE_AHEAD] + at);
    }
    if (i + ID_AHEAD < n) {
        const struct alc_scan *scan = &files->files[i + ID_AHEAD]->scan;
        __builtin_prefetch(scan->values[ALC_SCAN_REVISION].u.str.ptr);
    }
}

int alc_load_files(struct alc_loaded *out, struct alc_graph *g,
                   struct alc_revision_view **views, const struct alc_scan_files *files,
                   struct alc_arena *arena, struct alc_error *err)
{
    const struct alc_listener listener = {.tell = stop};
    size_t n = files->n_files;
    int rc;

    *views = alc_arena_array(arena, n, sizeof **views);
    if (!*views) {
        return alc_error_nomem(err);
    }
    for (size_t i = 0; i < n; i++) {
        fetch_ahead(files, i);
        rc = alc_view_of_file(&(*views)[i], files->files[i], arena, err);
        if (rc != IS_THERE) {
            return rc;
        }
    }
    rc = alc_load(out, g, *views, n, &listener, err);
    return rc < 0 ? rc : rc == 0;
}
