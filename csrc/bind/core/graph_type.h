/*
 * What the files of the graph's binding share: the object behind a revision and the
 * object behind a graph.
 */
#ifndef ALC_BIND_CORE_GRAPH_H
#define ALC_BIND_CORE_GRAPH_H

#include "core_state.h"

#include <stdbool.h>
#include <stdint.h>

#include "alc/graph.h"

/*
 * X(SYMBOL, "attribute", documentation or NULL): the fields of a revision.  The first
 * four are what it says of itself, in the order of its constructor's arguments.
 */
#define ALC_REVISION_FIELDS(X)                                                         \
    X(REVISION, "revision", NULL)                                                      \
    X(DOWN, "down_revision", NULL)                                                     \
    X(DEPENDENCIES, "dependencies", NULL)                                              \
    X(ORIG_LABELS, "_orig_branch_labels", NULL)                                        \
    X(LABELS, "branch_labels", NULL)                                                   \
    X(RESOLVED, "_resolved_dependencies", NULL)                                        \
    X(NORMALIZED, "_normalized_resolved_dependencies", NULL)                           \
    X(NEXT, "nextrev", NULL)                                                           \
    X(ALL_NEXT, "_all_nextrev", NULL)                                                  \
    X(SCANNED, "_scanned", "What was read of its file without executing it, or None.")

enum revision_field {
#define ALC_FIELD_SYMBOL(symbol, name, doc) F_##symbol,
    ALC_REVISION_FIELDS(ALC_FIELD_SYMBOL)
#undef ALC_FIELD_SYMBOL
        N_FIELDS
};

/* The labels of a map's revisions; see graph_labels.c. */
struct label_sets_object {
    PyObject_HEAD struct alc_label_sets sets;
    struct alc_arena arena;
    PyObject **own; /* by node: a tuple of labels, or NULL; heap */
    size_t n_own;
};

/*
 * _core.RevisionBase.  A NULL field has not been set.
 *
 * Two fields are made only when somebody looks at them, because a tree has thousands:
 * F_NEXT and F_ALL_NEXT may hold one id (str) instead of the frozenset of it;
 * F_LABELS may hold a label_sets_object, of which `label_set` is its set; NULL stands
 * for F_ORIG_LABELS.
 */
struct revision {
    PyObject_HEAD PyObject *field[N_FIELDS];
    uint32_t node;      /* hint: its node in the graph that mapped it last */
    uint32_t label_set; /* ALC_NO_NODE: F_LABELS holds no label_sets_object */
    bool is_plain;      /* its class overrides none of the fields */
    bool is_mapped;     /* a graph was built from it: changes have to be told */
};

/* A field that is filled in from the graph, and the edges that it is filled from. */
struct derived_field {
    enum revision_field field;
    enum alc_edge_kind kind;
    bool is_set; /* a frozenset, to which maps add; else a tuple */
};

enum { ALC_N_DERIVED = 4 };
extern const struct derived_field alc_bind_derived[ALC_N_DERIVED];

struct graph_object {
    PyObject_HEAD struct alc_graph g;
    PyObject **revs; /* by node, strong */
    size_t cap_revs;
    uint32_t n_revs;
    bool is_volatile;         /* some revision cannot tell when it changes */
    bool has_shared;          /* some revision was in a graph before */
    uint64_t stamp;           /* the module's when built */
    struct alc_arena scratch; /* of the questions that are open */
    unsigned n_open; /* reading an argument may run code that asks another question */
};

/* A field of any object that looks like a revision: new reference or NULL. */
PyObject *alc_bind_field_get(const struct alc_module_state *state, PyObject *rev,
                             enum revision_field field);

/* Set a field without telling anybody.  Returns 0 or -1. */
int alc_bind_field_set(const struct alc_module_state *state, PyObject *rev,
                       enum revision_field field, PyObject *value);

/* The struct of a plain revision, NULL for anything else; borrowed. */
struct revision *alc_bind_plain_revision(const struct alc_module_state *state,
                                         PyObject *rev);

/* None -> (), str -> (str,), other iterables -> tuple, anything else -> (it,). */
PyObject *alc_bind_to_tuple(PyObject *value);

/*
 * Bytes of a revision id or label: borrowed from the object where possible, else
 * from *keep, which the caller releases.  Lone surrogates are passed through.
 * Returns 0 or -1.
 */
int alc_bind_name(struct alc_str *out, PyObject **keep, PyObject *name);

/* Raise class `name` of alembic_c.script.revision with `args`. */
void alc_bind_raise_revision_error(const char *name, const char *format, ...);

/* graph_load.c, graph_read.c */
PyObject *alc_bind_load_revisions(PyObject *module, PyObject *args);
PyObject *alc_bind_read_map(PyObject *module, PyObject *map);

/*
 * graph_build.c.  Those that return an int: 0, or -1 with an exception set.
 */

/* Raise what the core's error stands for; always -1. */
int alc_bind_fail(const struct alc_error *err);

/* The id of a revision, which must be a str. */
PyObject *alc_bind_rev_id(const struct alc_module_state *state, PyObject *rev);

/* A field of ids as a tuple; `optional`: () when the field is not set. */
PyObject *alc_bind_field_tuple(const struct alc_module_state *state, PyObject *rev,
                               enum revision_field field);
PyObject *alc_bind_optional_tuple(const struct alc_module_state *state, PyObject *rev,
                                  enum revision_field field);

/* A node for `rev`, which the graph keeps. */
int alc_bind_graph_add(const struct alc_module_state *state, struct graph_object *graph,
                       PyObject *rev, PyObject *id, bool shadowed);

/* The edge end that a name stands for; ALC_NO_NODE for one that is not there. */
int alc_bind_graph_edge_to(uint32_t *out, const struct graph_object *graph,
                           PyObject *name);

int alc_bind_graph_add_edge(struct graph_object *graph, enum alc_edge_kind kind,
                            uint32_t from, uint32_t to);

int alc_bind_graph_freeze(struct graph_object *graph);

/* graph.c */

/* A graph that nobody can find before alc_bind_graph_publish(). */
struct graph_object *alc_bind_graph_new(struct alc_module_state *state);
void alc_bind_graph_publish(struct graph_object *self);

/* Keep a reference to the revision of the next node.  Returns 0 or -1. */
int alc_bind_graph_keep(const struct alc_module_state *state, struct graph_object *self,
                        PyObject *rev);

/* The node of a revision, ALC_NO_NODE for one that is not in the graph.  0 or -1. */
int alc_bind_graph_find(uint32_t *out, const struct alc_module_state *state,
                        const struct graph_object *self, PyObject *rev);

/* graph_revision.c */

/*
 * Fill in F_NEXT or F_ALL_NEXT, which is not set yet, from a tuple of ids.  Returns 0
 * or -1.
 */
int alc_bind_put_next(struct revision *rev, enum revision_field field, PyObject *ids);

/* Let F_LABELS, which is not set yet, be a set of `sets`. */
void alc_bind_put_label_set(struct revision *rev, struct label_sets_object *sets,
                            uint32_t set);

/*
 * What the class's __init__() does with these values.  Returns 0 or -1.
 */
int alc_bind_revision_init(PyObject *rev, PyObject *id, PyObject *down, PyObject *deps,
                           PyObject *labels);

int alc_bind_revision_type(PyObject *module, struct alc_module_state *state);

/* graph_labels.c */

/*
 * Work out who has whose labels.  own: a tuple of labels by node, empty for none.
 */
struct label_sets_object *alc_bind_label_sets_new(const struct alc_module_state *state,
                                                  const struct alc_graph *g,
                                                  PyObject *const *own);

/* Add all labels of a set to a Python set.  Returns 0 or -1. */
int alc_bind_add_labels_of_set(PyObject *labels, const struct label_sets_object *sets,
                               uint32_t set);

int alc_bind_label_sets_type(PyObject *module, struct alc_module_state *state);

#endif
