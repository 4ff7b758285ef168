/*
 * The revision graph.
 *
 * Nodes are dense numbers in the order in which they were added; edges of a kind stand
 * in one compressed table (CSR), a node's own edges in the order in which they were
 * added.  A name (revision id, branch label) leads to a node; a node has one name of
 * its own.  Everything a graph owns is in one arena, valid until alc_graph_release().
 *
 *     alc_graph_init(&g);
 *     alc_graph_add_node() ... alc_graph_add_name() ... alc_graph_add_edge() ...
 *     alc_graph_derive()      only where parents are known but not what follows of them
 *     alc_graph_freeze()      from here on the graph does not change
 *     queries
 *     alc_graph_release(&g);
 *
 * No function recurses.  n is the number of nodes, m that of edges.
 */
#ifndef ALC_GRAPH_H
#define ALC_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alc/arena.h"
#include "alc/bitset.h"
#include "alc/error.h"
#include "alc/intern.h"

#define ALC_NO_NODE UINT32_MAX

/*
 * Set on an edge's end that was written with a name which is not the node's own (a
 * label, a foreign key in the map): such a map is broken, and walks say so.
 */
#define ALC_EDGE_ALIAS (UINT32_C(1) << 31)

enum alc_edge_kind {
    ALC_EDGE_DOWN,     /* down_revision */
    ALC_EDGE_DEP,      /* depends_on, resolved */
    ALC_EDGE_NDEP,     /* depends_on without what a versioned ancestor depends on */
    ALC_EDGE_NEXT,     /* reversed DOWN */
    ALC_EDGE_ALL_NEXT, /* reversed DOWN and DEP, each neighbour once */
    ALC_EDGE_FULL,     /* DOWN and NDEP, each neighbour once; made by freeze */
    ALC_EDGE_UP,       /* reversed FULL; made by freeze */
    ALC_N_EDGE_KINDS
};

/* Neighbours of node i: to[start[i]] .. to[start[i + 1] - 1]. */
struct alc_csr {
    uint32_t *start; /* n + 1 */
    uint32_t *to;
};

/* Edges while they are collected; on the heap until freeze. */
struct alc_edge_list {
    uint32_t *from;
    uint32_t *to;
    size_t len;
    size_t cap_from;
    size_t cap_to;
};

struct alc_graph {
    struct alc_arena arena;
    struct alc_interner names;
    uint32_t *node_of_name; /* by name id */
    size_t cap_names;
    uint32_t *name_of_node; /* the node's own name */
    size_t cap_nodes;
    uint32_t n_nodes;
    bool frozen;
    struct alc_edge_list lists[ALC_N_EDGE_KINDS];
    struct alc_csr csr[ALC_N_EDGE_KINDS];
};

static inline uint32_t alc_edge_node(uint32_t edge)
{
    return edge & ~ALC_EDGE_ALIAS;
}

/* No allocation. */
void alc_graph_init(struct alc_graph *g);

/* Free everything; the graph is as after alc_graph_init(). */
void alc_graph_release(struct alc_graph *g);

/*
 * Make room for n nodes and their names.
 * Returns 0, ALC_E_NOMEM, or ALC_E_LIMIT beyond 2^31.
 */
int alc_graph_reserve(struct alc_graph *g, size_t n, struct alc_error *err);

/*
 * Add a node.  `shadowed`: the node keeps the name for itself but the name does not
 * lead to it (an earlier or later node of the same name has it). Returns 0,
 * ALC_E_NOMEM, ALC_E_LIMIT, or ALC_E_INVALID when the name leads to a node already
 * (*out is that node, nothing was added).
 */
int alc_graph_add_node(uint32_t *out, struct alc_graph *g, const char *ptr, size_t len,
                       bool shadowed, struct alc_error *err);

/*
 * Let one more name lead to `node`.
 * Returns 0, ALC_E_NOMEM, ALC_E_LIMIT, or ALC_E_INVALID when the name is taken
 * (err->pos is the node that has it).
 */
int alc_graph_add_name(struct alc_graph *g, const char *ptr, size_t len, uint32_t node,
                       struct alc_error *err);

/* The node a name leads to, or ALC_NO_NODE.  O(len). */
uint32_t alc_graph_find(const struct alc_graph *g, const char *ptr, size_t len);

/* Like alc_graph_find(), with ALC_EDGE_ALIAS set when it is not the node's own name. */
uint32_t alc_graph_find_edge(const struct alc_graph *g, const char *ptr, size_t len);

/* Add an edge; `to` as from alc_graph_find_edge().  Returns 0 or ALC_E_NOMEM. */
int alc_graph_add_edge(struct alc_graph *g, enum alc_edge_kind kind, uint32_t from,
                       uint32_t to, struct alc_error *err);

/*
 * From DOWN and DEP make NEXT, ALL_NEXT and NDEP (which must be empty).  A shadowed
 * node is nobody's child; if a label leads to it, its namesake is in its place.  A
 * dependency is left out of NDEP when a versioned ancestor has it too.  O(n + m), and
 * for each 64 shared dependencies the stretch of the graph in which they are shared.
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_graph_derive(struct alc_graph *g, struct alc_error *err);

/* Build the tables.  O(n + m).  Returns 0, ALC_E_NOMEM or ALC_E_LIMIT. */
int alc_graph_freeze(struct alc_graph *g, struct alc_error *err);

/*
 * The table of `kind` seen from the other ends, in `arena`; marks of edges are lost.
 * O(n + m).  Returns 0 or ALC_E_NOMEM.
 */
int alc_graph_reversed(struct alc_csr *out, const struct alc_graph *g,
                       enum alc_edge_kind kind, struct alc_arena *arena,
                       struct alc_error *err);

static inline bool alc_graph_is_shadowed(const struct alc_graph *g, uint32_t node)
{
    return g->node_of_name[g->name_of_node[node]] != node;
}

static inline uint32_t alc_graph_degree(const struct alc_graph *g,
                                        enum alc_edge_kind kind, uint32_t node)
{
    return g->csr[kind].start[node + 1] - g->csr[kind].start[node];
}

/*
 * Walks.
 *
 * Room that they need for themselves comes from `scratch`, which the caller resets.
 * A walk over an edge with ALC_EDGE_ALIAS gives ALC_E_INVALID, err->pos is
 * the node at its end: the map is broken.
 */

/* Add to `out` (n bits) the roots and all that edges of `kind` reach.  O(n + m). */
int alc_graph_reach(struct alc_bitset *out, const struct alc_graph *g,
                    enum alc_edge_kind kind, const uint32_t *roots, size_t n_roots,
                    struct alc_arena *scratch, struct alc_error *err);

/*
 * Add to `out` (n bits) all nodes from which edges of `kind` lead to one of the
 * targets, themselves included only where they lead to another (or in a circle) if
 * `strict`. O(n + m).
 */
int alc_graph_reach_back(struct alc_bitset *out, const struct alc_graph *g,
                         enum alc_edge_kind kind, const uint32_t *targets,
                         size_t n_targets, bool strict, struct alc_arena *scratch,
                         struct alc_error *err);

struct alc_walk {
    enum alc_edge_kind kind;
    enum alc_edge_kind kind_at_targets; /* for the targets themselves */
    bool check;                         /* stop when one target reaches another */
};

struct alc_walk_result {
    uint32_t *nodes; /* each once, in the order of the walk */
    size_t n_nodes;
    uint32_t target;    /* the first target that reaches others, or ALC_NO_NODE */
    uint32_t *overlaps; /* the targets that it reaches */
    size_t n_overlaps;
};

/*
 * Depth first from each target in turn, the last neighbour first; a node comes when it
 * is first taken from the stack.  With `check` the walk ends behind the first target
 * that reaches other targets.  The result is in `scratch`.  O(n + m).
 */
int alc_graph_walk(struct alc_walk_result *out, const struct alc_graph *g,
                   const struct alc_walk *walk, const uint32_t *targets,
                   size_t n_targets, struct alc_arena *scratch, struct alc_error *err);

/*
 * Nodes that are not on a path from a base up to a head: those on or behind a cycle.
 * Edges are DOWN and NEXT, or FULL and ALL_NEXT.  A shadowed node stands for the node
 * that has its name.  *out is in `scratch`, in node order.  O(n + m).
 */
int alc_graph_off_path(uint32_t **out, size_t *n_out, const struct alc_graph *g,
                       bool with_deps, const uint32_t *heads, size_t n_heads,
                       const uint32_t *bases, size_t n_bases, struct alc_arena *scratch,
                       struct alc_error *err);

/*
 * Order `ids` for downgrade: children before parents.
 *
 * Along each line as far as possible: the current head is emitted and its first parent
 * takes its place; further parents join the end of the queue of heads.  A head that
 * another head reaches has to wait for it, and the walk goes on at the first of those
 * in the queue; at the end of a line it goes on at the head before.
 *
 * ids: n_ids node ids, repetitions are fine; heads: the nodes to begin with, those not
 * in ids are left out.  out: room for n_ids entries; *n_out of them are set, fewer than
 * ids when the heads do not reach all of them.  O(n + m) but for graphs where many
 * lines wait for one node; there each wait costs O(children of the node).
 */
int alc_graph_sort(uint32_t *out, size_t *n_out, const struct alc_graph *g,
                   const uint32_t *ids, size_t n_ids, const uint32_t *heads,
                   size_t n_heads, struct alc_arena *scratch, struct alc_error *err);

/*
 * Branch labels: who carries the labels of whom.
 *
 * A label goes to all versioned descendants of the node that has it.  Where they are
 * one line without branch and merge points, it goes down that line as well, up to the
 * first of those.  Sets are shared: set i holds node own[i]'s labels (unless
 * ALC_NO_NODE) and those of the sets part.to[part.start[i] ..].  Sets may refer to each
 * other in a circle when the graph has one.
 */
struct alc_label_sets {
    uint32_t *set_of; /* by node, ALC_NO_NODE for none */
    uint32_t *own;    /* by set */
    struct alc_csr part;
    size_t n_sets;
};

/*
 * The nodes whose own labels a set is made of, some of them twice.  In `scratch`.
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_label_set_owners(uint32_t **out, size_t *n_out,
                         const struct alc_label_sets *sets, uint32_t set,
                         struct alc_arena *scratch, struct alc_error *err);

/* labelled: nodes that have labels of their own.  In `scratch`.  O(n + m). */
int alc_graph_labels(struct alc_label_sets *out, const struct alc_graph *g,
                     const struct alc_bitset *labelled, struct alc_arena *scratch,
                     struct alc_error *err);

/*
 * Plans: which revisions an upgrade or a downgrade touches, in node order.
 */
enum alc_plan_outcome {
    ALC_PLAN_OK,
    ALC_PLAN_OVERLAP, /* walk.target and walk.overlaps say which */
    ALC_PLAN_OUTSIDE, /* a current revision is not below the targets */
    ALC_PLAN_NOTHING, /* the target of a downgrade is not among what is applied */
};

struct alc_plan {
    enum alc_plan_outcome outcome;
    struct alc_walk_result walk; /* for ALC_PLAN_OVERLAP */
    uint32_t *nodes;
    size_t n_nodes;
};

struct alc_upgrade {
    const uint32_t *targets;
    size_t n_targets;
    const uint32_t *current;
    size_t n_current;
    bool inclusive;     /* the current revisions belong to the plan */
    bool implicit_base; /* not only what descends from the current revisions */
};

/* All that the targets need and the current revisions do not have.  O(n + m). */
int alc_graph_plan_upgrade(struct alc_plan *out, const struct alc_graph *g,
                           const struct alc_upgrade *want, struct alc_arena *scratch,
                           struct alc_error *err);

struct alc_downgrade {
    const uint32_t *roots; /* the lowest revisions to drop */
    size_t n_roots;
    const uint32_t *heads; /* what is applied */
    size_t n_heads;
    uint32_t target;    /* where to end; ALC_NO_NODE is the base */
    bool implicit_base; /* drop what the roots do not stand on, too */
};

/* All of what is applied that stands on the roots.  O(n + m). */
int alc_graph_plan_downgrade(struct alc_plan *out, const struct alc_graph *g,
                             const struct alc_downgrade *want,
                             struct alc_arena *scratch, struct alc_error *err);

#endif
