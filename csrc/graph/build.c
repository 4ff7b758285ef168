/*
 * Collecting nodes, names and edges, and turning edges into tables.
 *
 * Edges are kept as two plain arrays and sorted by their first end with one counting
 * sort, which keeps the order within a node.
 */
#include "alc/graph.h"

#include <assert.h>
#include <string.h>

#include "alc/alloc.h"

void alc_graph_init(struct alc_graph *g)
{
    memset(g, 0, sizeof *g);
    alc_arena_init(&g->arena);
    alc_interner_init(&g->names, &g->arena);
}

static void release_lists(struct alc_graph *g)
{
    for (size_t kind = 0; kind < ALC_N_EDGE_KINDS; kind++) {
        struct alc_edge_list *list = &g->lists[kind];
        alc_free(list->from);
        alc_free(list->to);
        memset(list, 0, sizeof *list);
    }
}

void alc_graph_release(struct alc_graph *g)
{
    release_lists(g);
    alc_free(g->node_of_name);
    alc_free(g->name_of_node);
    alc_arena_release(&g->arena);
    alc_graph_init(g);
}

int alc_graph_reserve(struct alc_graph *g, size_t n, struct alc_error *err)
{
    if (ALC_GROW(g->node_of_name, g->cap_names, n) < 0 ||
        ALC_GROW(g->name_of_node, g->cap_nodes, n) < 0) {
        return alc_error_nomem(err);
    }
    return alc_interner_reserve(&g->names, n, err);
}

/* The id of a name, which leads nowhere if it is new. */
static int add_name(uint32_t *out, struct alc_graph *g, const char *ptr, size_t len,
                    struct alc_error *err)
{
    uint32_t n_before = g->names.n_strs;

    if (ALC_GROW(g->node_of_name, g->cap_names, (size_t)n_before + 1) < 0) {
        return alc_error_nomem(err);
    }
    int rc = alc_interner_add(out, &g->names, ptr, len, err);
    if (rc == 0 && *out == n_before) {
        g->node_of_name[*out] = ALC_NO_NODE;
    }
    return rc;
}

int alc_graph_add_node(uint32_t *out, struct alc_graph *g, const char *ptr, size_t len,
                       bool shadowed, struct alc_error *err)
{
    uint32_t name;

    assert(!g->frozen);
    if (ALC_GROW(g->name_of_node, g->cap_nodes, (size_t)g->n_nodes + 1) < 0) {
        return alc_error_nomem(err);
    }
    if (g->n_nodes >= ALC_EDGE_ALIAS - 1) {
        return alc_error_set(err, ALC_E_LIMIT, 0, "too many revisions");
    }
    int rc = add_name(&name, g, ptr, len, err);
    if (rc < 0) {
        return rc;
    }
    if (!shadowed) {
        if (g->node_of_name[name] != ALC_NO_NODE) {
            *out = g->node_of_name[name];
            return alc_error_set(err, ALC_E_INVALID, *out, "name in use");
        }
        g->node_of_name[name] = g->n_nodes;
    }
    *out = g->n_nodes;
    g->name_of_node[g->n_nodes++] = name;
    return 0;
}

int alc_graph_add_name(struct alc_graph *g, const char *ptr, size_t len, uint32_t node,
                       struct alc_error *err)
{
    uint32_t name;

    assert(!g->frozen && node < g->n_nodes);
    int rc = add_name(&name, g, ptr, len, err);
    if (rc < 0) {
        return rc;
    }
    if (g->node_of_name[name] != ALC_NO_NODE) {
        return alc_error_set(err, ALC_E_INVALID, g->node_of_name[name], "name in use");
    }
    g->node_of_name[name] = node;
    return 0;
}

uint32_t alc_graph_find(const struct alc_graph *g, const char *ptr, size_t len)
{
    uint32_t name = alc_interner_find(&g->names, ptr, len);

    return name == ALC_NO_ID ? ALC_NO_NODE : g->node_of_name[name];
}

uint32_t alc_graph_find_edge(const struct alc_graph *g, const char *ptr, size_t len)
{
    uint32_t name = alc_interner_find(&g->names, ptr, len);
    uint32_t node = name == ALC_NO_ID ? ALC_NO_NODE : g->node_of_name[name];

    if (node == ALC_NO_NODE || g->name_of_node[node] == name) {
        return node;
    }
    return node | ALC_EDGE_ALIAS;
}

int alc_graph_add_edge(struct alc_graph *g, enum alc_edge_kind kind, uint32_t from,
                       uint32_t to, struct alc_error *err)
{
    struct alc_edge_list *list = &g->lists[kind];

    assert(!g->frozen && from < g->n_nodes && alc_edge_node(to) < g->n_nodes);
    if (ALC_GROW(list->from, list->cap_from, list->len + 1) < 0 ||
        ALC_GROW(list->to, list->cap_to, list->len + 1) < 0) {
        return alc_error_nomem(err);
    }
    list->from[list->len] = from;
    list->to[list->len] = to;
    list->len++;
    return 0;
}

/* One counting sort: the table of a list. */
static int make_table(struct alc_csr *out, struct alc_graph *g,
                      const struct alc_edge_list *list, struct alc_error *err)
{
    size_t n = g->n_nodes;

    if (list->len >= UINT32_MAX) {
        return alc_error_set(err, ALC_E_LIMIT, 0, "too many edges");
    }
    out->start = alc_arena_calloc(&g->arena, n + 2, sizeof *out->start);
    out->to = alc_arena_array(&g->arena, list->len, sizeof *out->to);
    if (!out->start || !out->to) {
        return alc_error_nomem(err);
    }
    /* Shifted by one, so that filling moves each start to where it belongs. */
    uint32_t *fill = out->start + 1;
    for (size_t i = 0; i < list->len; i++) {
        fill[list->from[i] + 1]++;
    }
    for (size_t i = 1; i <= n; i++) {
        fill[i] += fill[i - 1];
    }
    for (size_t i = 0; i < list->len; i++) {
        out->to[fill[list->from[i]]++] = list->to[i];
    }
    return 0;
}

/* Leave out the second and later edges to the same neighbour. */
static int drop_repeated(struct alc_csr *csr, struct alc_graph *g,
                         struct alc_error *err)
{
    size_t n = g->n_nodes;
    uint32_t *seen_by = alc_arena_array(&g->arena, n, sizeof *seen_by);
    uint32_t len = 0;
    uint32_t e = 0;

    if (!seen_by) {
        return alc_error_nomem(err);
    }
    memset(seen_by, 0xff, n * sizeof *seen_by);
    for (uint32_t node = 0; node < n; node++) {
        uint32_t end = csr->start[node + 1];
        csr->start[node] = len;
        for (; e < end; e++) {
            uint32_t to = alc_edge_node(csr->to[e]);
            if (seen_by[to] != node) {
                seen_by[to] = node;
                csr->to[len++] = csr->to[e];
            }
        }
    }
    csr->start[n] = len;
    return 0;
}

/* DOWN then NDEP of each node, a neighbour that is there already left out. */
static int make_full(struct alc_graph *g, struct alc_error *err)
{
    const struct alc_csr *down = &g->csr[ALC_EDGE_DOWN];
    const struct alc_csr *ndep = &g->csr[ALC_EDGE_NDEP];
    struct alc_csr *full = &g->csr[ALC_EDGE_FULL];
    size_t n = g->n_nodes;
    size_t n_max = (size_t)down->start[n] + ndep->start[n];
    uint32_t len = 0;

    if (n_max >= UINT32_MAX) {
        return alc_error_set(err, ALC_E_LIMIT, 0, "too many edges");
    }
    full->start = alc_arena_array(&g->arena, n + 1, sizeof *full->start);
    full->to = alc_arena_array(&g->arena, n_max, sizeof *full->to);
    /* seen_by[x] == node: x is in the node's row. */
    uint32_t *seen_by = alc_arena_array(&g->arena, n, sizeof *seen_by);
    if (!full->start || !full->to || !seen_by) {
        return alc_error_nomem(err);
    }
    memset(seen_by, 0xff, n * sizeof *seen_by);
    for (uint32_t node = 0; node < n; node++) {
        const struct alc_csr *tables[] = {down, ndep};
        full->start[node] = len;
        for (size_t t = 0; t < 2; t++) {
            for (uint32_t e = tables[t]->start[node]; e < tables[t]->start[node + 1];
                 e++) {
                uint32_t to = alc_edge_node(tables[t]->to[e]);
                if (seen_by[to] != node) {
                    seen_by[to] = node;
                    full->to[len++] = tables[t]->to[e];
                }
            }
        }
    }
    full->start[n] = len;
    return 0;
}

int alc_graph_reversed(struct alc_csr *out, const struct alc_graph *g,
                       enum alc_edge_kind kind, struct alc_arena *arena,
                       struct alc_error *err)
{
    const struct alc_csr *from = &g->csr[kind];
    size_t n = g->n_nodes;

    out->start = alc_arena_calloc(arena, n + 2, sizeof *out->start);
    out->to = alc_arena_array(arena, from->start[n], sizeof *out->to);
    if (!out->start || !out->to) {
        return alc_error_nomem(err);
    }
    uint32_t *fill = out->start + 1;
    for (uint32_t e = 0; e < from->start[n]; e++) {
        fill[alc_edge_node(from->to[e]) + 1]++;
    }
    for (size_t i = 1; i <= n; i++) {
        fill[i] += fill[i - 1];
    }
    for (uint32_t node = 0; node < n; node++) {
        for (uint32_t e = from->start[node]; e < from->start[node + 1]; e++) {
            out->to[fill[alc_edge_node(from->to[e])]++] = node;
        }
    }
    return 0;
}

int alc_graph_freeze(struct alc_graph *g, struct alc_error *err)
{
    int rc = 0;

    assert(!g->frozen);
    for (size_t kind = 0; rc == 0 && kind < ALC_EDGE_FULL; kind++) {
        rc = make_table(&g->csr[kind], g, &g->lists[kind], err);
    }
    if (rc == 0) {
        rc = drop_repeated(&g->csr[ALC_EDGE_NEXT], g, err);
    }
    if (rc == 0) {
        rc = drop_repeated(&g->csr[ALC_EDGE_ALL_NEXT], g, err);
    }
    if (rc == 0) {
        rc = make_full(g, err);
    }
    if (rc == 0) {
        rc = alc_graph_reversed(&g->csr[ALC_EDGE_UP], g, ALC_EDGE_FULL, &g->arena, err);
    }
    if (rc < 0) {
        return rc;
    }
    release_lists(g);
    g->frozen = true;
    return 0;
}
