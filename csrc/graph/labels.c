/* Which revisions share branch labels: sets that refer to each other. */
#include "alc/graph.h"

#include <assert.h>
#include <string.h>

/* Sets while they are made.  Two per node are enough: from above and from below. */
struct set_maker {
    const struct alc_graph *g;
    const struct alc_bitset *labelled;
    struct alc_label_sets *out;
    struct alc_csr prev;  /* reversed NEXT: whose labels come down to a node */
    uint32_t *from_above; /* set of what comes down to the node, its own included */
    uint32_t *from_below;
    size_t n_parts;
};

/* May labels pass the node on their way down its line? */
static bool is_passable(const struct alc_graph *g, uint32_t node)
{
    return alc_graph_degree(g, ALC_EDGE_ALL_NEXT, node) <= 1 &&
           alc_graph_degree(g, ALC_EDGE_DOWN, node) <= 1;
}

static uint32_t new_set(struct set_maker *m, uint32_t own)
{
    struct alc_label_sets *out = m->out;
    uint32_t set = (uint32_t)out->n_sets++;

    out->own[set] = own;
    out->part.start[set] = out->part.start[set + 1] = (uint32_t)m->n_parts;
    return set;
}

static void add_part(struct set_maker *m, uint32_t part)
{
    struct alc_label_sets *out = m->out;

    out->part.to[m->n_parts++] = part;
    out->part.start[out->n_sets] = (uint32_t)m->n_parts;
}

/* A node without labels and with one parent shares its parent's set. */
static bool has_own_set(const struct set_maker *m, uint32_t node)
{
    return alc_bitset_has(m->labelled, node) ||
           m->prev.start[node + 1] - m->prev.start[node] != 1;
}

/*
 * Fill from_above: nodes with labels or several parents get sets of their own, which
 * are numbered first, so that they can refer to each other in any order.
 */
static void sets_from_above(struct set_maker *m, const struct alc_bitset *reached,
                            uint32_t *stack)
{
    const struct alc_csr *prev = &m->prev;
    uint32_t n = m->g->n_nodes;

    for (uint32_t node = 0; node < n; node++) {
        if (alc_bitset_has(reached, node) && has_own_set(m, node)) {
            m->from_above[node] = (uint32_t)m->out->n_sets;
            new_set(m, alc_bitset_has(m->labelled, node) ? node : ALC_NO_NODE);
        }
    }
    for (uint32_t node = 0; node < n; node++) {
        size_t depth = 0;
        uint32_t at = node;
        if (!alc_bitset_has(reached, node)) {
            continue;
        }
        while (m->from_above[at] == ALC_NO_NODE && depth < n) {
            stack[depth++] = at;
            at = prev->to[prev->start[at]];
        }
        while (depth) {
            m->from_above[stack[--depth]] = m->from_above[at];
        }
    }
}

/* The parts of the sets made by sets_from_above(), in the order of their numbers. */
static void parts_from_above(struct set_maker *m, const struct alc_bitset *reached)
{
    const struct alc_csr *prev = &m->prev;
    size_t n_sets = m->out->n_sets;

    m->out->n_sets = 0;
    for (uint32_t node = 0; node < m->g->n_nodes; node++) {
        if (!alc_bitset_has(reached, node) || !has_own_set(m, node)) {
            continue;
        }
        new_set(m, m->out->own[m->out->n_sets]);
        for (uint32_t e = prev->start[node]; e < prev->start[node + 1]; e++) {
            uint32_t parent = prev->to[e];
            if (alc_bitset_has(reached, parent)) {
                add_part(m, m->from_above[parent]);
            }
        }
    }
    assert(m->out->n_sets == n_sets);
    (void)n_sets;
}

/* The node below on the line, if labels may go there. */
static uint32_t line_parent(const struct alc_graph *g, uint32_t node)
{
    const struct alc_csr *down = &g->csr[ALC_EDGE_DOWN];

    if (down->start[node] == down->start[node + 1]) {
        return ALC_NO_NODE;
    }
    uint32_t parent = alc_edge_node(down->to[down->start[node]]);
    return is_passable(g, parent) ? parent : ALC_NO_NODE;
}

/*
 * Lines as a forest: each node leads to its line parent, which waits for all who lead
 * to it.  More than one does only where shadowed nodes stand beside their namesakes.
 */
struct lines {
    uint32_t *parent;
    uint32_t *n_awaited;
    uint32_t *first_above; /* list of nodes that lead here and bring labels */
    uint32_t *next_above;
    uint32_t *queue;
    bool *from_head; /* on a line that comes all the way from a head: own labels go down
                      */
};

static int lines_make(struct lines *out, const struct alc_graph *g,
                      struct alc_arena *scratch, struct alc_error *err)
{
    size_t n = g->n_nodes;

    out->parent = alc_arena_array(scratch, n, sizeof *out->parent);
    out->n_awaited = alc_arena_calloc(scratch, n, sizeof *out->n_awaited);
    out->first_above = alc_arena_array(scratch, n, sizeof *out->first_above);
    out->next_above = alc_arena_array(scratch, n, sizeof *out->next_above);
    out->queue = alc_arena_array(scratch, n, sizeof *out->queue);
    out->from_head = alc_arena_calloc(scratch, n, sizeof *out->from_head);
    if (!out->parent || !out->n_awaited || !out->first_above || !out->next_above ||
        !out->queue || !out->from_head) {
        return alc_error_nomem(err);
    }
    for (uint32_t node = 0; node < n; node++) {
        bool passable = is_passable(g, node);
        out->first_above[node] = ALC_NO_NODE;
        out->parent[node] = passable ? line_parent(g, node) : ALC_NO_NODE;
        out->from_head[node] =
            passable && alc_graph_degree(g, ALC_EDGE_NEXT, node) == 0;
        if (out->parent[node] != ALC_NO_NODE) {
            out->n_awaited[out->parent[node]]++;
        }
    }
    return 0;
}

/* What a node has from those above it and of its own. */
static uint32_t set_of_line(struct set_maker *m, const struct lines *lines,
                            uint32_t node)
{
    bool has_own = lines->from_head[node] && alc_bitset_has(m->labelled, node);
    uint32_t n_found = 0;
    uint32_t found = ALC_NO_NODE;

    for (uint32_t above = lines->first_above[node]; above != ALC_NO_NODE;
         above = lines->next_above[above]) {
        found = m->from_below[above];
        n_found++;
    }
    if (!has_own && n_found < 2) {
        return found;
    }
    uint32_t set = new_set(m, has_own ? node : ALC_NO_NODE);
    for (uint32_t above = lines->first_above[node]; above != ALC_NO_NODE;
         above = lines->next_above[above]) {
        add_part(m, m->from_below[above]);
    }
    return set;
}

/* Labels go down a line only if it is one up to its head. */
static int sets_from_below(struct set_maker *m, struct alc_arena *scratch,
                           struct alc_error *err)
{
    struct lines lines;
    uint32_t n_queued = 0;
    int rc = lines_make(&lines, m->g, scratch, err);

    if (rc < 0) {
        return rc;
    }
    for (uint32_t node = 0; node < m->g->n_nodes; node++) {
        if (!lines.n_awaited[node]) {
            lines.queue[n_queued++] = node;
        }
    }
    for (uint32_t i = 0; i < n_queued; i++) {
        uint32_t node = lines.queue[i];
        uint32_t parent = lines.parent[node];
        m->from_below[node] = set_of_line(m, &lines, node);
        if (parent == ALC_NO_NODE) {
            continue;
        }
        /* A shadowed node is a head of its own, and not the line's. */
        lines.from_head[parent] |=
            lines.from_head[node] && !alc_graph_is_shadowed(m->g, node);
        if (m->from_below[node] != ALC_NO_NODE) {
            lines.next_above[node] = lines.first_above[parent];
            lines.first_above[parent] = node;
        }
        if (--lines.n_awaited[parent] == 0) {
            lines.queue[n_queued++] = parent;
        }
    }
    return 0;
}

/* Where both ways bring labels, join the two sets; neighbours share the joined one. */
static void join_sets(struct set_maker *m, uint32_t *joined, uint32_t *joined_with)
{
    for (uint32_t node = 0; node < m->g->n_nodes; node++) {
        uint32_t above = m->from_above[node];
        uint32_t below = m->from_below[node];
        if (above == ALC_NO_NODE || below == ALC_NO_NODE) {
            m->out->set_of[node] = above == ALC_NO_NODE ? below : above;
            continue;
        }
        if (joined[below] == ALC_NO_NODE || joined_with[below] != above) {
            joined_with[below] = above;
            joined[below] = new_set(m, ALC_NO_NODE);
            add_part(m, above);
            add_part(m, below);
        }
        m->out->set_of[node] = joined[below];
    }
}

int alc_label_set_owners(uint32_t **out, size_t *n_out,
                         const struct alc_label_sets *sets, uint32_t set,
                         struct alc_arena *scratch, struct alc_error *err)
{
    uint32_t *todo = alc_arena_array(scratch, sets->n_sets, sizeof *todo);
    struct alc_bitset seen;
    size_t n_todo = 0;

    *out = alc_arena_array(scratch, sets->n_sets, sizeof **out);
    *n_out = 0;
    if (!todo || !*out || alc_bitset_make(&seen, sets->n_sets, scratch, err) < 0) {
        return alc_error_nomem(err);
    }
    alc_bitset_add(&seen, set);
    todo[n_todo++] = set;
    while (n_todo) {
        set = todo[--n_todo];
        if (sets->own[set] != ALC_NO_NODE) {
            (*out)[(*n_out)++] = sets->own[set];
        }
        for (uint32_t p = sets->part.start[set]; p < sets->part.start[set + 1]; p++) {
            if (!alc_bitset_test_add(&seen, sets->part.to[p])) {
                todo[n_todo++] = sets->part.to[p];
            }
        }
    }
    return 0;
}

int alc_graph_labels(struct alc_label_sets *out, const struct alc_graph *g,
                     const struct alc_bitset *labelled, struct alc_arena *scratch,
                     struct alc_error *err)
{
    struct set_maker m = {.g = g, .labelled = labelled, .out = out};
    size_t n = g->n_nodes;
    size_t n_max = 3 * n + 1; /* from above, from below, joined */
    struct alc_bitset reached;
    uint32_t *room[5];

    for (size_t i = 0; i < 5; i++) {
        room[i] = alc_arena_array(scratch, i < 3 ? n : n_max, sizeof **room);
        if (!room[i]) {
            return alc_error_nomem(err);
        }
        memset(room[i], 0xff, (i < 3 ? n : n_max) * sizeof **room);
    }
    m.from_above = room[0];
    m.from_below = room[1];
    out->n_sets = 0;
    out->set_of = alc_arena_array(scratch, n, sizeof *out->set_of);
    out->own = alc_arena_array(scratch, n_max, sizeof *out->own);
    out->part.start = alc_arena_calloc(scratch, n_max + 1, sizeof *out->part.start);
    out->part.to = alc_arena_array(scratch, g->csr[ALC_EDGE_NEXT].start[n] + 3 * n,
                                   sizeof *out->part.to);
    if (!out->set_of || !out->own || !out->part.start || !out->part.to) {
        return alc_error_nomem(err);
    }
    int rc = alc_bitset_make(&reached, n, scratch, err);
    if (rc == 0) {
        rc = alc_graph_reversed(&m.prev, g, ALC_EDGE_NEXT, scratch, err);
    }
    if (rc < 0) {
        return rc;
    }
    size_t n_roots = 0;
    for (size_t i = alc_bitset_next(labelled, 0); i < n;
         i = alc_bitset_next(labelled, i + 1)) {
        room[2][n_roots++] = (uint32_t)i;
    }
    rc = alc_graph_reach(&reached, g, ALC_EDGE_NEXT, room[2], n_roots, scratch, err);
    if (rc < 0) {
        return rc;
    }
    sets_from_above(&m, &reached, room[2]);
    parts_from_above(&m, &reached);
    rc = sets_from_below(&m, scratch, err);
    if (rc < 0) {
        return rc;
    }
    join_sets(&m, room[3], room[4]);
    return 0;
}
