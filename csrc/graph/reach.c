/*
 * Who reaches whom: plain reach, the ordered walk with its overlap check, and nodes
 * that no path from a base to a head passes.
 */
#include "alc/graph.h"

#include <string.h>

static int broken(struct alc_error *err, uint32_t edge)
{
    return alc_error_set(err, ALC_E_INVALID, alc_edge_node(edge),
                         "Dependency resolution failed; broken map");
}

/* A walk on one table: nodes are marked when they are pushed, so each is at most once.
 */
struct marker {
    struct alc_bitset *set;
    uint32_t *stack;
    size_t depth;
};

static int marker_make(struct marker *m, struct alc_bitset *set,
                       struct alc_arena *scratch, struct alc_error *err)
{
    m->set = set;
    m->depth = 0;
    m->stack = alc_arena_array(scratch, set->n_bits, sizeof *m->stack);
    return m->stack ? 0 : alc_error_nomem(err);
}

static void mark(struct marker *m, uint32_t node)
{
    if (!alc_bitset_test_add(m->set, node)) {
        m->stack[m->depth++] = node;
    }
}

static int mark_reached(struct marker *m, const struct alc_csr *csr,
                        struct alc_error *err)
{
    while (m->depth) {
        uint32_t node = m->stack[--m->depth];
        for (uint32_t e = csr->start[node]; e < csr->start[node + 1]; e++) {
            if (csr->to[e] & ALC_EDGE_ALIAS) {
                return broken(err, csr->to[e]);
            }
            mark(m, csr->to[e]);
        }
    }
    return 0;
}

int alc_graph_reach(struct alc_bitset *out, const struct alc_graph *g,
                    enum alc_edge_kind kind, const uint32_t *roots, size_t n_roots,
                    struct alc_arena *scratch, struct alc_error *err)
{
    struct marker m;
    int rc = marker_make(&m, out, scratch, err);

    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; i < n_roots; i++) {
        mark(&m, roots[i]);
    }
    return mark_reached(&m, &g->csr[kind], err);
}

int alc_graph_reach_back(struct alc_bitset *out, const struct alc_graph *g,
                         enum alc_edge_kind kind, const uint32_t *targets,
                         size_t n_targets, bool strict, struct alc_arena *scratch,
                         struct alc_error *err)
{
    struct alc_csr back;
    struct marker m;
    int rc = marker_make(&m, out, scratch, err);

    if (rc == 0) {
        rc = alc_graph_reversed(&back, g, kind, scratch, err);
    }
    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; i < n_targets; i++) {
        uint32_t node = targets[i];
        if (!strict) {
            mark(&m, node);
            continue;
        }
        for (uint32_t e = back.start[node]; e < back.start[node + 1]; e++) {
            mark(&m, back.to[e]);
        }
    }
    return mark_reached(&m, &back, err);
}

/* What one ordered walk keeps at hand. */
struct walker {
    const struct alc_graph *g;
    const struct alc_walk *walk;
    struct alc_bitset seen;
    struct alc_bitset targets;
    struct alc_bitset met; /* targets among the overlaps */
    uint32_t *stack;
    struct alc_walk_result *out;
};

static int walker_make(struct walker *w, const uint32_t *targets, size_t n_targets,
                       struct alc_arena *scratch, struct alc_error *err)
{
    const struct alc_graph *g = w->g;
    size_t n = g->n_nodes;
    size_t n_edges = (size_t)g->csr[w->walk->kind].start[n] +
                     g->csr[w->walk->kind_at_targets].start[n] + 1;
    int rc;

    if ((rc = alc_bitset_make(&w->seen, n, scratch, err)) < 0 ||
        (rc = alc_bitset_make(&w->targets, n, scratch, err)) < 0 ||
        (rc = alc_bitset_make(&w->met, n, scratch, err)) < 0) {
        return rc;
    }
    /* Each node's edges are pushed once, and one target at a time. */
    w->stack = alc_arena_array(scratch, n_edges, sizeof *w->stack);
    w->out->nodes = alc_arena_array(scratch, n, sizeof *w->out->nodes);
    w->out->overlaps = alc_arena_array(scratch, n_targets, sizeof *w->out->overlaps);
    if (!w->stack || !w->out->nodes || !w->out->overlaps) {
        return alc_error_nomem(err);
    }
    for (size_t i = 0; i < n_targets; i++) {
        alc_bitset_add(&w->targets, targets[i]);
    }
    return 0;
}

static int walk_from(struct walker *w, uint32_t target, struct alc_error *err)
{
    struct alc_walk_result *out = w->out;
    size_t depth = 0;

    w->stack[depth++] = target;
    while (depth) {
        uint32_t node = w->stack[--depth];
        bool is_target = alc_bitset_has(&w->targets, node);
        if (w->walk->check && is_target && node != target &&
            !alc_bitset_test_add(&w->met, node)) {
            out->overlaps[out->n_overlaps++] = node;
        }
        if (alc_bitset_test_add(&w->seen, node)) {
            continue;
        }
        out->nodes[out->n_nodes++] = node;
        const struct alc_csr *csr =
            &w->g->csr[is_target ? w->walk->kind_at_targets : w->walk->kind];
        for (uint32_t e = csr->start[node]; e < csr->start[node + 1]; e++) {
            if (csr->to[e] & ALC_EDGE_ALIAS) {
                return broken(err, csr->to[e]);
            }
            w->stack[depth++] = csr->to[e];
        }
    }
    if (out->n_overlaps) {
        out->target = target;
    }
    return 0;
}

int alc_graph_walk(struct alc_walk_result *out, const struct alc_graph *g,
                   const struct alc_walk *walk, const uint32_t *targets,
                   size_t n_targets, struct alc_arena *scratch, struct alc_error *err)
{
    struct walker w = {.g = g, .walk = walk, .out = out};

    memset(out, 0, sizeof *out);
    out->target = ALC_NO_NODE;
    int rc = walker_make(&w, targets, n_targets, scratch, err);
    for (size_t i = 0; rc == 0 && i < n_targets && out->target == ALC_NO_NODE; i++) {
        rc = walk_from(&w, targets[i], err);
    }
    return rc;
}

/* A shadowed node that was reached stands for its namesake. */
static void reach_namesakes(struct alc_bitset *set, const struct alc_graph *g)
{
    for (uint32_t node = 0; node < g->n_nodes; node++) {
        uint32_t namesake = g->node_of_name[g->name_of_node[node]];
        if (namesake != ALC_NO_NODE && alc_bitset_has(set, node)) {
            alc_bitset_add(set, namesake);
        }
    }
}

int alc_graph_off_path(uint32_t **out, size_t *n_out, const struct alc_graph *g,
                       bool with_deps, const uint32_t *heads, size_t n_heads,
                       const uint32_t *bases, size_t n_bases, struct alc_arena *scratch,
                       struct alc_error *err)
{
    enum alc_edge_kind down = with_deps ? ALC_EDGE_FULL : ALC_EDGE_DOWN;
    enum alc_edge_kind up = with_deps ? ALC_EDGE_ALL_NEXT : ALC_EDGE_NEXT;
    struct alc_bitset below;
    struct alc_bitset above;
    int rc;

    *n_out = 0;
    *out = alc_arena_array(scratch, g->n_nodes, sizeof **out);
    if (!*out) {
        return alc_error_nomem(err);
    }
    if ((rc = alc_bitset_make(&below, g->n_nodes, scratch, err)) < 0 ||
        (rc = alc_bitset_make(&above, g->n_nodes, scratch, err)) < 0 ||
        (rc = alc_graph_reach(&below, g, down, heads, n_heads, scratch, err)) < 0 ||
        (rc = alc_graph_reach(&above, g, up, bases, n_bases, scratch, err)) < 0) {
        return rc;
    }
    reach_namesakes(&below, g);
    reach_namesakes(&above, g);
    for (uint32_t node = 0; node < g->n_nodes; node++) {
        if (!alc_graph_is_shadowed(g, node) &&
            !(alc_bitset_has(&below, node) && alc_bitset_has(&above, node))) {
            (*out)[(*n_out)++] = node;
        }
    }
    return 0;
}
