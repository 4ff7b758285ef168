/* Which revisions an upgrade or a downgrade touches: sets, not order. */
#include "alc/graph.h"

#include <string.h>

/* All that `nodes` stand on, themselves included, dependencies followed. */
static int below(struct alc_bitset *out, const struct alc_graph *g,
                 const uint32_t *nodes, size_t n_nodes, struct alc_arena *scratch,
                 struct alc_error *err)
{
    int rc = alc_bitset_make(out, g->n_nodes, scratch, err);

    if (rc < 0) {
        return rc;
    }
    return alc_graph_reach(out, g, ALC_EDGE_FULL, nodes, n_nodes, scratch, err);
}

/* Like below(), but the nodes must not stand on each other: sets out->outcome. */
static int below_distinct(struct alc_bitset *set, struct alc_plan *out,
                          const struct alc_graph *g, const uint32_t *nodes,
                          size_t n_nodes, struct alc_arena *scratch,
                          struct alc_error *err)
{
    const struct alc_walk walk = {ALC_EDGE_FULL, ALC_EDGE_FULL, true};
    int rc = alc_bitset_make(set, g->n_nodes, scratch, err);

    if (rc < 0) {
        return rc;
    }
    if (n_nodes < 2) {
        return alc_graph_reach(set, g, ALC_EDGE_FULL, nodes, n_nodes, scratch, err);
    }
    rc = alc_graph_walk(&out->walk, g, &walk, nodes, n_nodes, scratch, err);
    if (rc < 0) {
        return rc;
    }
    if (out->walk.target != ALC_NO_NODE) {
        out->outcome = ALC_PLAN_OVERLAP;
    }
    for (size_t i = 0; i < out->walk.n_nodes; i++) {
        alc_bitset_add(set, out->walk.nodes[i]);
    }
    return 0;
}

static void subtract(struct alc_bitset *from, const struct alc_bitset *set)
{
    for (size_t i = 0; i < from->n_words; i++) {
        from->words[i] &= ~set->words[i];
    }
}

static void intersect(struct alc_bitset *with, const struct alc_bitset *set)
{
    for (size_t i = 0; i < with->n_words; i++) {
        with->words[i] &= set->words[i];
    }
}

static int take_nodes(struct alc_plan *out, const struct alc_bitset *set,
                      struct alc_arena *scratch, struct alc_error *err)
{
    out->n_nodes = 0;
    out->nodes = alc_arena_array(scratch, alc_bitset_count(set), sizeof *out->nodes);
    if (!out->nodes) {
        return alc_error_nomem(err);
    }
    for (size_t i = alc_bitset_next(set, 0); i < set->n_bits;
         i = alc_bitset_next(set, i + 1)) {
        out->nodes[out->n_nodes++] = (uint32_t)i;
    }
    return 0;
}

static bool has_all(const struct alc_bitset *set, const uint32_t *nodes, size_t n_nodes)
{
    for (size_t i = 0; i < n_nodes; i++) {
        if (!alc_bitset_has(set, nodes[i])) {
            return false;
        }
    }
    return true;
}

int alc_graph_plan_upgrade(struct alc_plan *out, const struct alc_graph *g,
                           const struct alc_upgrade *want, struct alc_arena *scratch,
                           struct alc_error *err)
{
    struct alc_bitset needed;
    struct alc_bitset present;
    struct alc_bitset above;

    memset(out, 0, sizeof *out);
    int rc =
        below_distinct(&needed, out, g, want->targets, want->n_targets, scratch, err);
    if (rc < 0 || out->outcome != ALC_PLAN_OK) {
        return rc;
    }
    if (!want->implicit_base && !has_all(&needed, want->current, want->n_current)) {
        out->outcome = ALC_PLAN_OUTSIDE;
        return 0;
    }
    rc = below_distinct(&present, out, g, want->current, want->n_current, scratch, err);
    if (rc < 0 || out->outcome != ALC_PLAN_OK) {
        return rc;
    }
    subtract(&needed, &present);
    for (size_t i = 0; want->inclusive && i < want->n_current; i++) {
        alc_bitset_add(&needed, want->current[i]);
    }
    if (want->n_current && !want->implicit_base) {
        if ((rc = alc_bitset_make(&above, g->n_nodes, scratch, err)) < 0 ||
            (rc = alc_graph_reach(&above, g, ALC_EDGE_NEXT, want->current,
                                  want->n_current, scratch, err)) < 0) {
            return rc;
        }
        intersect(&needed, &above);
    }
    return take_nodes(out, &needed, scratch, err);
}

int alc_graph_plan_downgrade(struct alc_plan *out, const struct alc_graph *g,
                             const struct alc_downgrade *want,
                             struct alc_arena *scratch, struct alc_error *err)
{
    struct alc_bitset drop;
    struct alc_bitset applied;
    struct alc_bitset roots_below;
    bool target_is_head = false;
    int rc;

    memset(out, 0, sizeof *out);
    if ((rc = alc_bitset_make(&drop, g->n_nodes, scratch, err)) < 0 ||
        (rc = alc_graph_reach(&drop, g, ALC_EDGE_ALL_NEXT, want->roots, want->n_roots,
                              scratch, err)) < 0 ||
        (rc = below(&applied, g, want->heads, want->n_heads, scratch, err)) < 0) {
        return rc;
    }
    intersect(&drop, &applied);
    if (want->implicit_base) {
        rc = below(&roots_below, g, want->roots, want->n_roots, scratch, err);
        if (rc < 0) {
            return rc;
        }
        subtract(&applied, &roots_below);
        alc_bitset_union(&drop, &applied);
    }
    for (size_t i = 0; i < want->n_heads; i++) {
        target_is_head |= want->heads[i] == want->target;
    }
    if (want->target != ALC_NO_NODE && !target_is_head &&
        alc_bitset_count(&drop) == 0) {
        out->outcome = ALC_PLAN_NOTHING;
        return 0;
    }
    return take_nodes(out, &drop, scratch, err);
}
