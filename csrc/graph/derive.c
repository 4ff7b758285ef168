/*
 * What follows from the written edges: the reversed ones, and which dependencies an
 * ancestor brings along already.
 */
#include "alc/graph.h"

#include <assert.h>
#include <string.h>

/* ---- reversed edges ---- */

/* Repetitions are taken out when the tables are made. */
static int add_next(struct alc_graph *g, const struct alc_edge_list *list,
                    bool versioned, const struct alc_bitset *named,
                    struct alc_error *err)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < list->len; i++) {
        if (!alc_bitset_has(named, list->from[i])) {
            continue;
        }
        /* By name: the child may be shadowed by another node. */
        uint32_t child = g->node_of_name[g->name_of_node[list->from[i]]];
        uint32_t parent = alc_edge_node(list->to[i]);
        rc = alc_graph_add_edge(g, ALC_EDGE_ALL_NEXT, parent, child, err);
        if (rc == 0 && versioned) {
            rc = alc_graph_add_edge(g, ALC_EDGE_NEXT, parent, child, err);
        }
    }
    return rc;
}

static int derive_next(struct alc_graph *g, struct alc_arena *scratch,
                       struct alc_error *err)
{
    struct alc_bitset named;
    int rc = alc_bitset_make(&named, g->n_nodes, scratch, err);

    if (rc < 0) {
        return rc;
    }
    for (uint32_t name = 0; name < g->names.n_strs; name++) {
        if (g->node_of_name[name] != ALC_NO_NODE) {
            alc_bitset_add(&named, g->node_of_name[name]);
        }
    }
    rc = add_next(g, &g->lists[ALC_EDGE_DOWN], true, &named, err);
    if (rc == 0) {
        rc = add_next(g, &g->lists[ALC_EDGE_DEP], false, &named, err);
    }
    return rc;
}

/* ---- dependencies that an ancestor has ---- */

/* The DOWN table and an order in which parents come first, unless it is cyclic. */
struct down_order {
    struct alc_csr down;
    uint32_t *order;
    bool cyclic;
};

static int make_down_order(struct down_order *out, const struct alc_graph *g,
                           struct alc_arena *scratch, struct alc_error *err)
{
    const struct alc_edge_list *list = &g->lists[ALC_EDGE_DOWN];
    const struct alc_edge_list *next = &g->lists[ALC_EDGE_NEXT];
    size_t n = g->n_nodes;
    struct alc_csr up;
    uint32_t *tables[4];
    uint32_t n_ready = 0;

    for (size_t i = 0; i < 4; i++) {
        size_t len = i == 1 ? list->len : i == 3 ? next->len : n + 2;
        tables[i] = alc_arena_calloc(scratch, len, sizeof **tables);
        if (!tables[i]) {
            return alc_error_nomem(err);
        }
    }
    uint32_t *waiting = alc_arena_calloc(scratch, n, sizeof *waiting);
    out->order = alc_arena_array(scratch, n, sizeof *out->order);
    if (!waiting || !out->order) {
        return alc_error_nomem(err);
    }
    out->down = (struct alc_csr){tables[0], tables[1]};
    up = (struct alc_csr){tables[2], tables[3]};
    for (size_t i = 0; i < list->len; i++) {
        out->down.start[list->from[i] + 2]++;
    }
    for (size_t i = 0; i < next->len; i++) {
        up.start[next->from[i] + 2]++;
        waiting[next->to[i]]++;
    }
    for (size_t i = 2; i < n + 2; i++) {
        out->down.start[i] += out->down.start[i - 1];
        up.start[i] += up.start[i - 1];
    }
    for (size_t i = 0; i < list->len; i++) {
        out->down.to[out->down.start[list->from[i] + 1]++] = alc_edge_node(list->to[i]);
    }
    for (size_t i = 0; i < next->len; i++) {
        up.to[up.start[next->from[i] + 1]++] = next->to[i];
    }
    for (uint32_t node = 0; node < n; node++) {
        if (!waiting[node]) {
            out->order[n_ready++] = node;
        }
    }
    for (uint32_t i = 0; i < n_ready; i++) {
        uint32_t node = out->order[i];
        for (uint32_t e = up.start[node]; e < up.start[node + 1]; e++) {
            if (--waiting[up.to[e]] == 0) {
                out->order[n_ready++] = up.to[e];
            }
        }
    }
    out->cyclic = n_ready < n;
    return 0;
}

/*
 * Dependencies on nodes that several others depend on, too: only those can be brought
 * along by an ancestor.  `edges` are numbers in the DEP list, grouped by the node that
 * is depended on, groups in the order of down_order: group i is edges[start[i]] ..
 */
struct shared_deps {
    uint32_t *edges;
    uint32_t *start;
    uint32_t n_groups;
    uint32_t *pos; /* by node: place in the order */
};

static int shared_make(struct shared_deps *out, const struct alc_graph *g,
                       const struct down_order *order, struct alc_arena *scratch,
                       struct alc_error *err)
{
    const struct alc_edge_list *dep = &g->lists[ALC_EDGE_DEP];
    size_t n = g->n_nodes;
    uint32_t *count = alc_arena_calloc(scratch, n, sizeof *count);
    uint32_t *fill = alc_arena_array(scratch, n, sizeof *fill);
    uint32_t n_edges = 0;

    out->n_groups = 0;
    out->pos = alc_arena_array(scratch, n, sizeof *out->pos);
    out->start = alc_arena_array(scratch, n + 1, sizeof *out->start);
    out->edges = alc_arena_array(scratch, dep->len, sizeof *out->edges);
    if (!count || !fill || !out->pos || !out->start || !out->edges) {
        return alc_error_nomem(err);
    }
    for (size_t i = 0; i < dep->len; i++) {
        count[alc_edge_node(dep->to[i])]++;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t node = order->order[i];
        out->pos[node] = i;
        fill[node] = n_edges;
        if (count[node] > 1) {
            out->start[out->n_groups++] = n_edges;
            n_edges += count[node];
        }
    }
    out->start[out->n_groups] = n_edges;
    for (uint32_t i = 0; i < dep->len; i++) {
        uint32_t node = alc_edge_node(dep->to[i]);
        if (count[node] > 1) {
            out->edges[fill[node]++] = i;
        }
    }
    return 0;
}

/* Bits of 64 groups: those that a node depends on, and those that ancestors do. */
struct dep_bits {
    uint64_t *own;
    uint64_t *above;
};

/*
 * Mark what is implied in groups first .. end - 1.  Bits go up from the first node that
 * has one of the dependencies to the last one, no further.
 */
static void mark_groups(bool *implied, struct dep_bits *s, const struct alc_graph *g,
                        const struct down_order *order,
                        const struct shared_deps *shared, uint32_t first, uint32_t end)
{
    const struct alc_edge_list *dep = &g->lists[ALC_EDGE_DEP];
    const struct alc_csr *down = &order->down;
    uint32_t low = UINT32_MAX;
    uint32_t high = 0;

    for (uint32_t group = first; group < end; group++) {
        for (uint32_t e = shared->start[group]; e < shared->start[group + 1]; e++) {
            uint32_t node = dep->from[shared->edges[e]];
            uint32_t pos = shared->pos[node];
            s->own[node] |= UINT64_C(1) << (group - first);
            low = pos < low ? pos : low;
            high = pos > high ? pos : high;
        }
    }
    for (uint32_t pos = low; pos <= high; pos++) {
        uint32_t node = order->order[pos];
        uint64_t bits = 0;
        for (uint32_t e = down->start[node]; e < down->start[node + 1]; e++) {
            bits |= s->above[down->to[e]] | s->own[down->to[e]];
        }
        s->above[node] = bits;
    }
    for (uint32_t group = first; group < end; group++) {
        for (uint32_t e = shared->start[group]; e < shared->start[group + 1]; e++) {
            uint32_t edge = shared->edges[e];
            implied[edge] = (s->above[dep->from[edge]] >> (group - first)) & 1u;
        }
    }
    for (uint32_t pos = low; pos <= high; pos++) {
        s->own[order->order[pos]] = s->above[order->order[pos]] = 0;
    }
}

static int mark_implied(bool *implied, const struct alc_graph *g,
                        const struct down_order *order, struct alc_arena *scratch,
                        struct alc_error *err)
{
    struct shared_deps shared;
    struct dep_bits s = {
        .own = alc_arena_calloc(scratch, g->n_nodes, sizeof *s.own),
        .above = alc_arena_calloc(scratch, g->n_nodes, sizeof *s.above),
    };

    if (!s.own || !s.above) {
        return alc_error_nomem(err);
    }
    int rc = shared_make(&shared, g, order, scratch, err);
    for (uint32_t first = 0; rc == 0 && first < shared.n_groups; first += 64) {
        uint32_t left = shared.n_groups - first;
        mark_groups(implied, &s, g, order, &shared, first,
                    first + (left < 64 ? left : 64));
    }
    return rc;
}

/* Where a circle leaves no order, look below each node that has dependencies. */
static int mark_implied_in_circle(bool *implied, const struct alc_graph *g,
                                  const struct down_order *order,
                                  struct alc_arena *scratch, struct alc_error *err)
{
    const struct alc_edge_list *dep = &g->lists[ALC_EDGE_DEP];
    const struct alc_csr *down = &order->down;
    uint32_t *stack = alc_arena_array(scratch, g->n_nodes, sizeof *stack);
    struct alc_bitset below;
    struct alc_bitset theirs;
    int rc;

    if (!stack) {
        return alc_error_nomem(err);
    }
    if ((rc = alc_bitset_make(&below, g->n_nodes, scratch, err)) < 0 ||
        (rc = alc_bitset_make(&theirs, g->n_nodes, scratch, err)) < 0) {
        return rc;
    }
    for (size_t i = 0; i < dep->len; i++) {
        size_t depth = 0;
        alc_bitset_clear(&below);
        alc_bitset_clear(&theirs);
        alc_bitset_add(&below, dep->from[i]);
        stack[depth++] = dep->from[i];
        while (depth) {
            uint32_t node = stack[--depth];
            for (uint32_t e = down->start[node]; e < down->start[node + 1]; e++) {
                if (!alc_bitset_test_add(&below, down->to[e])) {
                    stack[depth++] = down->to[e];
                }
            }
        }
        for (size_t j = 0; j < dep->len; j++) {
            if (dep->from[j] != dep->from[i] && alc_bitset_has(&below, dep->from[j])) {
                alc_bitset_add(&theirs, alc_edge_node(dep->to[j]));
            }
        }
        implied[i] = alc_bitset_has(&theirs, alc_edge_node(dep->to[i]));
    }
    return 0;
}

static int derive_ndep(struct alc_graph *g, struct alc_arena *scratch,
                       struct alc_error *err)
{
    const struct alc_edge_list *dep = &g->lists[ALC_EDGE_DEP];
    struct down_order order = {0};

    if (!dep->len) {
        return 0;
    }
    bool *implied = alc_arena_calloc(scratch, dep->len, sizeof *implied);
    if (!implied) {
        return alc_error_nomem(err);
    }
    int rc = make_down_order(&order, g, scratch, err);
    if (rc == 0) {
        rc = order.cyclic ? mark_implied_in_circle(implied, g, &order, scratch, err)
                          : mark_implied(implied, g, &order, scratch, err);
    }
    for (size_t i = 0; rc == 0 && i < dep->len; i++) {
        if (!implied[i]) {
            rc = alc_graph_add_edge(g, ALC_EDGE_NDEP, dep->from[i], dep->to[i], err);
        }
    }
    return rc;
}

int alc_graph_derive(struct alc_graph *g, struct alc_error *err)
{
    struct alc_arena scratch;

    assert(!g->frozen && !g->lists[ALC_EDGE_NDEP].len);
    alc_arena_init(&scratch);
    int rc = derive_next(g, &scratch, err);
    if (rc == 0) {
        rc = derive_ndep(g, &scratch, err);
    }
    alc_arena_release(&scratch);
    return rc;
}
