/* See alc/survey.h. */
#include "alc/survey.h"

#include <string.h>

#include "alc/alloc.h"

/* ---- one file ---- */

static bool is_good_id(const struct alc_value *value)
{
    return value->kind == ALC_VALUE_STR && value->u.str.len > 0 &&
           strcspn(value->u.str.ptr, "@-+:") == value->u.str.len;
}

/* None, a string or a sequence of strings; none of them is `id`, if that is given. */
static bool are_strs(const struct alc_value *value, const struct alc_str *id)
{
    switch (value->kind) {
    case ALC_VALUE_ABSENT:
    case ALC_VALUE_NONE:
        return true;
    case ALC_VALUE_STR:
        return !id || !alc_str_eq(value->u.str, *id);
    case ALC_VALUE_TUPLE:
    case ALC_VALUE_LIST:
        for (uint32_t i = 0; i < value->n_items; i++) {
            const struct alc_value *item = &value->u.items[i];
            if (item->kind != ALC_VALUE_STR || !are_strs(item, id)) {
                return false;
            }
        }
        return true;
    case ALC_VALUE_SET:
        break;
    }
    return false;
}

bool alc_scan_is_sound(const struct alc_scan_file *file)
{
    const struct alc_value *values = file->scan.values;
    const struct alc_value *id = &values[ALC_SCAN_REVISION];

    return file->scan.reason == ALC_SCAN_OK && !file->duplicate && is_good_id(id) &&
           values[ALC_SCAN_DOWN_REVISION].kind != ALC_VALUE_ABSENT &&
           are_strs(&values[ALC_SCAN_DOWN_REVISION], &id->u.str) &&
           are_strs(&values[ALC_SCAN_DEPENDS_ON], &id->u.str) &&
           are_strs(&values[ALC_SCAN_BRANCH_LABELS], NULL);
}

/* ---- the graph of all files ---- */

/* A revision's parent or dependency, which may be in a file that comes later. */
struct reference {
    uint32_t node;
    uint32_t name;
};

struct references {
    struct reference *items; /* heap */
    size_t n;
    size_t cap;
};

struct builder {
    struct alc_graph g;
    const struct alc_scan_files *files;
    struct references downs;
    struct references deps;
    struct alc_error *err;
};

/* What a function of the builder returns besides errors: there is something to tell. */
enum { UNSURE = 1 };

static int refer(struct references *refs, struct builder *b, uint32_t node,
                 struct alc_str name)
{
    struct reference ref = {.node = node};
    int rc = alc_graph_add_reference(&ref.name, &b->g, name.ptr, name.len, b->err);

    if (rc < 0) {
        return rc;
    }
    if (ALC_GROW(refs->items, refs->cap, refs->n + 1) < 0) {
        return alc_error_nomem(b->err);
    }
    refs->items[refs->n++] = ref;
    return 0;
}

static int add_down(struct builder *b, uint32_t node, struct alc_str name)
{
    return refer(&b->downs, b, node, name);
}

static int add_dependency(struct builder *b, uint32_t node, struct alc_str name)
{
    return refer(&b->deps, b, node, name);
}

static int add_label(struct builder *b, uint32_t node, struct alc_str label)
{
    int rc = alc_graph_add_name(&b->g, label.ptr, label.len, node, b->err);

    return rc == ALC_E_INVALID ? UNSURE : rc;
}

/* Hand each string of a header's value to `add`. */
static int add_strs(struct builder *b, uint32_t node, const struct alc_value *value,
                    int (*add)(struct builder *, uint32_t, struct alc_str))
{
    bool is_one = value->kind == ALC_VALUE_STR;
    const struct alc_value *items = is_one ? value : value->u.items;
    uint32_t n = is_one ? 1 : value->n_items;
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < n; i++) {
        rc = add(b, node, items[i].u.str);
    }
    return rc;
}

static int add_file(struct builder *b, const struct alc_scan_file *file)
{
    const struct alc_value *values = file->scan.values;
    struct alc_str id = values[ALC_SCAN_REVISION].u.str;
    uint32_t node;
    int rc;

    if (!alc_scan_is_sound(file)) {
        return UNSURE;
    }
    rc = alc_graph_add_node(&node, &b->g, id.ptr, id.len, false, b->err);
    if (rc < 0) {
        return rc == ALC_E_INVALID ? UNSURE : rc;
    }
    rc = add_strs(b, node, &values[ALC_SCAN_DOWN_REVISION], add_down);
    if (rc == 0) {
        rc = add_strs(b, node, &values[ALC_SCAN_DEPENDS_ON], add_dependency);
    }
    return rc == 0 ? add_strs(b, node, &values[ALC_SCAN_BRANCH_LABELS], add_label) : rc;
}

/*
 * Files are ordered by name, but lie in memory as they were found and read.  So have
 * what comes soon fetched: first a file, then its id.
 */
static int add_files(struct builder *b)
{
    enum { FILE_AHEAD = 16, ID_AHEAD = 8, LINE_LEN = 64 };
    struct alc_scan_file *const *files = b->files->files;
    size_t n = b->files->n_files;
    int rc = alc_graph_reserve(&b->g, n, b->err);

    for (size_t i = 0; rc == 0 && i < n; i++) {
        for (size_t at = 0; i + FILE_AHEAD < n && at < sizeof **files; at += LINE_LEN) {
            __builtin_prefetch((const char *)files[i + FILE_AHEAD] + at);
        }
        if (i + ID_AHEAD < n) {
            const struct alc_scan *scan = &files[i + ID_AHEAD]->scan;
            __builtin_prefetch(scan->values[ALC_SCAN_REVISION].u.str.ptr);
        }
        rc = add_file(b, files[i]);
    }
    return rc;
}

/* Now that all names are known, references become edges.  A parent has to be an id. */
static int resolve(struct builder *b, enum alc_edge_kind kind,
                   const struct references *refs)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < refs->n; i++) {
        uint32_t to = alc_graph_referent(&b->g, refs->items[i].name);

        if (to == ALC_NO_NODE || (kind == ALC_EDGE_DOWN && to & ALC_EDGE_ALIAS)) {
            return UNSURE;
        }
        rc = alc_graph_add_edge(&b->g, kind, refs->items[i].node, alc_edge_node(to),
                                b->err);
    }
    return rc;
}

static int build(struct builder *b)
{
    int rc = add_files(b);

    if (rc == 0) {
        rc = resolve(b, ALC_EDGE_DEP, &b->deps);
    }
    if (rc == 0) {
        rc = resolve(b, ALC_EDGE_DOWN, &b->downs);
    }
    if (rc == 0) {
        rc = alc_graph_derive(&b->g, b->err);
    }
    return rc == 0 ? alc_graph_freeze(&b->g, b->err) : rc;
}

/* ---- ends ---- */

static int find_ends(struct alc_survey *out, const struct alc_graph *g,
                     struct alc_arena *arena, struct alc_error *err)
{
    for (size_t e = 0; e < ALC_N_ENDS; e++) {
        out->ends[e] = alc_arena_array(arena, g->n_nodes, sizeof *out->ends[e]);
        if (!out->ends[e]) {
            return alc_error_nomem(err);
        }
    }
    for (uint32_t node = 0; node < g->n_nodes; node++) {
        bool is_base = alc_graph_degree(g, ALC_EDGE_DOWN, node) == 0;
        const bool belongs[ALC_N_ENDS] = {
            [ALC_HEADS] = alc_graph_degree(g, ALC_EDGE_NEXT, node) == 0,
            [ALC_REAL_HEADS] = alc_graph_degree(g, ALC_EDGE_ALL_NEXT, node) == 0,
            [ALC_BASES] = is_base,
            [ALC_REAL_BASES] = is_base && alc_graph_degree(g, ALC_EDGE_DEP, node) == 0,
        };
        for (size_t e = 0; e < ALC_N_ENDS; e++) {
            if (belongs[e]) {
                out->ends[e][out->n_ends[e]++] = node;
            }
        }
    }
    return 0;
}

/* UNSURE if there is a circle: some node is not on a way from a base to a head. */
static int check_ways(const struct alc_survey *s, const struct alc_graph *g,
                      bool with_deps, struct alc_arena *scratch, struct alc_error *err)
{
    enum alc_end heads = with_deps ? ALC_REAL_HEADS : ALC_HEADS;
    enum alc_end bases = with_deps ? ALC_REAL_BASES : ALC_BASES;
    uint32_t *off;
    size_t n_off;

    if (!s->n_ends[heads] || !s->n_ends[bases]) {
        return g->n_nodes ? UNSURE : 0;
    }
    int rc =
        alc_graph_off_path(&off, &n_off, g, with_deps, s->ends[heads], s->n_ends[heads],
                           s->ends[bases], s->n_ends[bases], scratch, err);
    return rc == 0 && n_off ? UNSURE : rc;
}

int alc_survey_files(struct alc_survey *out, const struct alc_scan_files *files,
                     struct alc_arena *arena, struct alc_error *err)
{
    struct builder b = {.files = files, .err = err};
    int rc;

    memset(out, 0, sizeof *out);
    alc_graph_init(&b.g);
    rc = build(&b);
    if (rc == 0) {
        rc = find_ends(out, &b.g, arena, err);
    }
    if (rc == 0) {
        rc = check_ways(out, &b.g, false, &b.g.arena, err);
    }
    if (rc == 0 && b.deps.n) {
        rc = check_ways(out, &b.g, true, &b.g.arena, err);
    }
    alc_graph_release(&b.g);
    alc_free(b.downs.items);
    alc_free(b.deps.items);
    out->sure = rc == 0;
    return rc == UNSURE ? 0 : rc;
}
