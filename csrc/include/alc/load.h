/*
 * Loading: from what revisions say of themselves to their graph.
 *
 * The rules stand here once: which revision has an id that comes twice, what labels,
 * dependencies and parents lead to, where the graph ends, what is wrong and in which
 * order that is told.  Who has revisions, files that were read or Python objects, gives
 * a view of each.
 */
#ifndef ALC_LOAD_H
#define ALC_LOAD_H

#include "alc/graph.h"
#include "alc/scan.h"

struct alc_names {
    const struct alc_str *items;
    uint32_t n;
};

/* What one revision says of itself. */
struct alc_revision_view {
    struct alc_str id;
    struct alc_names downs;        /* ids of its parents */
    struct alc_names dependencies; /* ids or labels */
    struct alc_names labels;
    const void *object; /* two views of one object have the same; NULL: it is alone */
};

enum alc_end {
    ALC_HEADS,
    ALC_REAL_HEADS, /* those that nothing depends on, either */
    ALC_BASES,
    ALC_REAL_BASES, /* those that depend on nothing, either */
    ALC_N_ENDS
};

enum alc_trouble_kind {
    ALC_ID_TWICE,           /* revision `view` has the id of an earlier one */
    ALC_LABEL_IN_USE,       /* name: the label; `other` has it as id or label */
    ALC_MISSING_PARENT,     /* name: no revision has it */
    ALC_MISSING_DEPENDENCY, /* the same; of a revision that no name leads to, a parent
                             */
    ALC_PARENT_BY_LABEL,    /* name: the label that is written in place of an id */
    ALC_CYCLE,              /* nodes: on a circle, or behind one */
    ALC_DEPENDENCY_CYCLE    /* the same, with dependencies */
};

/* Something to tell.  What it points to is there until telling returns. */
struct alc_trouble {
    enum alc_trouble_kind kind;
    size_t view;
    size_t other;
    uint32_t at;           /* which one of the view's names of that sort */
    bool is_parent;        /* the name is one of its parents */
    const uint32_t *nodes; /* in node order, those that a name leads to */
    size_t n_nodes;
    bool is_whole; /* nodes: all there are, since the graph has no head or no base */
};

/*
 * Told what is wrong.  0: go on, which is possible after ALC_ID_TWICE only.  Anything
 * else ends the load, and is its result.
 */
struct alc_listener {
    int (*tell)(void *self, const struct alc_trouble *trouble);
    void *self;
};

struct alc_loaded {
    struct alc_graph *g; /* frozen; the arrays below are in its arena */
    uint32_t *view_of_node;
    /* Nodes in the order of views.  One object's views are a base each time. */
    uint32_t *ends[ALC_N_ENDS];
    size_t n_ends[ALC_N_ENDS];
    bool has_dependencies;
    bool has_labels;
};

/*
 * Load n views into `g`, which was initialised and is released by the caller, also
 * after a failure.
 *
 * Nodes are in the order in which their ids come first; the last view with an id is the
 * node that the id leads to.  Behind them are the views that lost their id so
 * (alc_graph_is_shadowed()).  Names are compared as bytes.
 *
 * O(n + m), see alc_graph_derive().  Returns 0, ALC_E_NOMEM, ALC_E_LIMIT, what the
 * listener returned, or ALC_E_INVALID if that was 0 where it could not be.
 */
int alc_load(struct alc_loaded *out, struct alc_graph *g,
             const struct alc_revision_view *views, size_t n,
             const struct alc_listener *listener, struct alc_error *err);

/* Is an id no symbol for others, and has none of the characters of symbols? */
bool alc_is_plain_id(struct alc_str id);

/*
 * The view of a revision file.  1: here it is, in part in `arena`.  0: there is none,
 * because the file has to be executed, or something is wrong with it by itself: its
 * values are no strings, tuples and lists of strings or None, it refers to itself, its
 * id has characters that symbols need.  Or ALC_E_NOMEM.
 */
int alc_view_of_file(struct alc_revision_view *out, const struct alc_scan_file *file,
                     struct alc_arena *arena, struct alc_error *err);

/*
 * Load all files; view i is that of file i.  1: done.  0: some file has no view, or
 * there is something to tell.  Or ALC_E_NOMEM or ALC_E_LIMIT.  `arena`: for the views,
 * n of them at *views.
 */
int alc_load_files(struct alc_loaded *out, struct alc_graph *g,
                   struct alc_revision_view **views, const struct alc_scan_files *files,
                   struct alc_arena *arena, struct alc_error *err);

#endif
