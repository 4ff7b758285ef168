/* See alc/load.h. */
#include "alc/load.h"

#include <string.h>

struct loader {
    struct alc_loaded *out;
    struct alc_graph *g;
    const struct alc_revision_view *views;
    size_t n;
    const struct alc_listener *listener;
    uint32_t *node_of_view;
    struct alc_trouble by_label; /* the first parent that a label stands for */
    bool has_by_label;
    struct alc_error *err;
};

/* Tell what loading cannot go on after.  Never 0. */
static int end_with(struct loader *l, const struct alc_trouble *trouble)
{
    int rc = l->listener->tell(l->listener->self, trouble);

    return rc ? rc : alc_error_set(l->err, ALC_E_INVALID, 0, "the graph is no graph");
}

/* ---- nodes and names ---- */

/* Each id's node, which belongs to the last view with the id. */
static int add_ids(struct loader *l)
{
    int rc = alc_graph_reserve(l->g, l->n, l->err);

    for (size_t i = 0; rc == 0 && i < l->n; i++) {
        struct alc_str id = l->views[i].id;
        uint32_t *node = &l->node_of_view[i];

        rc = alc_graph_add_node(node, l->g, id.ptr, id.len, false, l->err);
        if (rc == ALC_E_INVALID) {
            const struct alc_trouble trouble = {.kind = ALC_ID_TWICE, .view = i};
            rc = l->listener->tell(l->listener->self, &trouble);
        }
        if (rc == 0) {
            l->out->view_of_node[*node] = (uint32_t)i;
        }
    }
    return rc;
}

/* Nodes of the views whose id leads to another one; an object has one node. */
static int add_shadowed(struct loader *l)
{
    uint32_t *view_of_node = l->out->view_of_node;
    uint32_t n_ids = l->g->n_nodes;
    struct alc_interner objects;
    uint32_t *node_of_object;
    int rc = 0;

    if (n_ids == l->n) {
        return 0;
    }
    node_of_object = alc_arena_array(&l->g->arena, l->n, sizeof *node_of_object);
    if (!node_of_object) {
        return alc_error_nomem(l->err);
    }
    alc_interner_init(&objects, &l->g->arena);
    for (size_t i = 0; rc == 0 && i < l->n; i++) {
        const struct alc_revision_view *view = &l->views[i];
        const struct alc_revision_view *last =
            &l->views[view_of_node[l->node_of_view[i]]];
        uint32_t expected = objects.n_strs;
        uint32_t number = expected;

        if (view == last || (view->object && view->object == last->object)) {
            continue;
        }
        if (view->object) {
            rc = alc_interner_add(&number, &objects, (const char *)&view->object,
                                  sizeof view->object, l->err);
        }
        if (rc == 0 && number < expected) {
            l->node_of_view[i] = node_of_object[number];
        } else if (rc == 0) {
            rc = alc_graph_add_node(&l->node_of_view[i], l->g, view->id.ptr,
                                    view->id.len, true, l->err);
            if (rc == 0) {
                view_of_node[l->node_of_view[i]] = (uint32_t)i;
                if (view->object) {
                    node_of_object[number] = l->node_of_view[i];
                }
            }
        }
    }
    return rc;
}

static int add_label(struct loader *l, uint32_t node, uint32_t at)
{
    size_t view = l->out->view_of_node[node];
    struct alc_str label = l->views[view].labels.items[at];
    struct alc_error taken = {0};
    int rc = alc_graph_add_name(l->g, label.ptr, label.len, node, &taken);

    if (rc == ALC_E_INVALID) {
        const struct alc_trouble trouble = {.kind = ALC_LABEL_IN_USE,
                                            .view = view,
                                            .other = l->out->view_of_node[taken.pos],
                                            .at = at};
        return end_with(l, &trouble);
    }
    if (rc < 0 && l->err) {
        *l->err = taken;
    }
    l->out->has_labels = true;
    return rc;
}

/* ---- edges ---- */

/* A dependency may be written as a label: the edge leads to who has the id. */
static int add_dependency(struct loader *l, uint32_t node, uint32_t at)
{
    size_t view = l->out->view_of_node[node];
    struct alc_str name = l->views[view].dependencies.items[at];
    uint32_t to = alc_graph_find(l->g, name.ptr, name.len);

    if (to == ALC_NO_NODE) {
        const struct alc_trouble trouble = {
            .kind = ALC_MISSING_DEPENDENCY, .view = view, .at = at};
        return end_with(l, &trouble);
    }
    l->out->has_dependencies = true;
    to = l->g->node_of_name[l->g->name_of_node[to]];
    return alc_graph_add_edge(l->g, ALC_EDGE_DEP, node, to, l->err);
}

/* Does a name, id or label, lead to the node?  O(names): asked once, for a message. */
static bool has_name(const struct alc_graph *g, uint32_t node)
{
    for (uint32_t name = 0; name < g->names.n_strs; name++) {
        if (g->node_of_name[name] == node) {
            return true;
        }
    }
    return false;
}

static int add_down(struct loader *l, uint32_t node, uint32_t at)
{
    size_t view = l->out->view_of_node[node];
    struct alc_str name = l->views[view].downs.items[at];
    uint32_t to = alc_graph_find_edge(l->g, name.ptr, name.len);
    struct alc_trouble trouble = {.view = view, .at = at, .is_parent = true};

    if (to == ALC_NO_NODE) {
        trouble.kind =
            has_name(l->g, node) ? ALC_MISSING_PARENT : ALC_MISSING_DEPENDENCY;
        return end_with(l, &trouble);
    }
    if (to & ALC_EDGE_ALIAS && !l->has_by_label) {
        trouble.kind = ALC_PARENT_BY_LABEL;
        l->by_label = trouble;
        l->has_by_label = true;
    }
    return alc_graph_add_edge(l->g, ALC_EDGE_DOWN, node, to, l->err);
}

/* ---- all revisions, one sort of name after another ---- */

static const struct alc_names *labels_of(const struct alc_revision_view *view)
{
    return &view->labels;
}

static const struct alc_names *dependencies_of(const struct alc_revision_view *view)
{
    return &view->dependencies;
}

static const struct alc_names *downs_of(const struct alc_revision_view *view)
{
    return &view->downs;
}

/* In the order in which trouble with them is told. */
static const struct sort_of_name {
    const struct alc_names *(*of)(const struct alc_revision_view *);
    int (*add)(struct loader *l, uint32_t node, uint32_t at);
} sorts_of_names[] = {
    {labels_of, add_label}, {dependencies_of, add_dependency}, {downs_of, add_down}};

static int add_names(struct loader *l, const struct sort_of_name *sort)
{
    int rc = 0;

    for (uint32_t node = 0; rc == 0 && node < l->g->n_nodes; node++) {
        uint32_t n = sort->of(&l->views[l->out->view_of_node[node]])->n;
        for (uint32_t at = 0; rc == 0 && at < n; at++) {
            rc = sort->add(l, node, at);
        }
    }
    return rc;
}

/* ---- ends ---- */

static int find_ends(struct loader *l)
{
    const struct alc_graph *g = l->g;
    struct alc_bitset seen;

    if (alc_bitset_make(&seen, g->n_nodes, &l->g->arena, l->err) < 0) {
        return ALC_E_NOMEM;
    }
    for (size_t e = 0; e < ALC_N_ENDS; e++) {
        l->out->ends[e] = alc_arena_array(&l->g->arena, l->n, sizeof *l->out->ends[e]);
        if (!l->out->ends[e]) {
            return alc_error_nomem(l->err);
        }
    }
    for (size_t i = 0; i < l->n; i++) {
        uint32_t node = l->node_of_view[i];
        bool first = !alc_bitset_test_add(&seen, node);
        bool is_base = alc_graph_degree(g, ALC_EDGE_DOWN, node) == 0;
        const bool belongs[ALC_N_ENDS] = {
            [ALC_HEADS] = first && alc_graph_degree(g, ALC_EDGE_NEXT, node) == 0,
            [ALC_REAL_HEADS] =
                first && alc_graph_degree(g, ALC_EDGE_ALL_NEXT, node) == 0,
            [ALC_BASES] = is_base,
            [ALC_REAL_BASES] = is_base && alc_graph_degree(g, ALC_EDGE_DEP, node) == 0,
        };
        for (size_t e = 0; e < ALC_N_ENDS; e++) {
            if (belongs[e]) {
                l->out->ends[e][l->out->n_ends[e]++] = node;
            }
        }
    }
    return 0;
}

/* ---- circles ---- */

static int end_with_cycle(struct loader *l, struct alc_trouble *trouble,
                          const uint32_t *nodes, size_t n)
{
    uint32_t *named = alc_arena_array(&l->g->arena, n, sizeof *named);

    if (!named) {
        return alc_error_nomem(l->err);
    }
    trouble->nodes = named;
    for (size_t i = 0; i < n; i++) {
        uint32_t node = nodes ? nodes[i] : (uint32_t)i;
        if (!alc_graph_is_shadowed(l->g, node)) {
            named[trouble->n_nodes++] = node;
        }
    }
    return end_with(l, trouble);
}

/* Is each node on a way from a base to a head? */
static int check_ways(struct loader *l, bool with_deps)
{
    enum alc_end heads = with_deps ? ALC_REAL_HEADS : ALC_HEADS;
    enum alc_end bases = with_deps ? ALC_REAL_BASES : ALC_BASES;
    struct alc_trouble trouble = {.kind = with_deps ? ALC_DEPENDENCY_CYCLE : ALC_CYCLE};
    const struct alc_loaded *out = l->out;
    uint32_t *off;
    size_t n_off;

    if (!l->g->n_nodes) {
        return 0;
    }
    if (!out->n_ends[heads] || !out->n_ends[bases]) {
        trouble.is_whole = true;
        return end_with_cycle(l, &trouble, NULL, l->g->n_nodes);
    }
    if (l->has_by_label) {
        return end_with(l, &l->by_label);
    }
    if (with_deps && !out->has_dependencies) {
        return 0; /* the answer is that without dependencies */
    }
    int rc = alc_graph_off_path(&off, &n_off, l->g, with_deps, out->ends[heads],
                                out->n_ends[heads], out->ends[bases],
                                out->n_ends[bases], &l->g->arena, l->err);
    return rc == 0 && n_off ? end_with_cycle(l, &trouble, off, n_off) : rc;
}

int alc_load(struct alc_loaded *out, struct alc_graph *g,
             const struct alc_revision_view *views, size_t n,
             const struct alc_listener *listener, struct alc_error *err)
{
    struct loader l = {
        .out = out, .g = g, .views = views, .n = n, .listener = listener, .err = err};
    int rc;

    memset(out, 0, sizeof *out);
    out->g = g;
    out->view_of_node = alc_arena_array(&g->arena, n, sizeof *out->view_of_node);
    l.node_of_view = alc_arena_array(&g->arena, n, sizeof *l.node_of_view);
    if (!out->view_of_node || !l.node_of_view) {
        return alc_error_nomem(err);
    }
    rc = add_ids(&l);
    rc = rc ? rc : add_shadowed(&l);
    for (size_t i = 0; rc == 0 && i < sizeof sorts_of_names / sizeof *sorts_of_names;
         i++) {
        rc = add_names(&l, &sorts_of_names[i]);
    }
    rc = rc ? rc : alc_graph_derive(g, err);
    rc = rc ? rc : alc_graph_freeze(g, err);
    rc = rc ? rc : find_ends(&l);
    rc = rc ? rc : check_ways(&l, false);
    return rc ? rc : check_ways(&l, true);
}
