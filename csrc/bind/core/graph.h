/*
 * What the files of the graph's binding share: the object behind a revision and the
 * object behind a graph.
 */
#ifndef ALC_BIND_CORE_GRAPH_H
#define ALC_BIND_CORE_GRAPH_H

#include "state.h"

#include <stdbool.h>
#include <stdint.h>

#include "alc/graph.h"

enum revision_field {
    F_REVISION,
    F_DOWN,
    F_DEPENDENCIES,
    F_ORIG_LABELS,
    F_LABELS,
    F_RESOLVED,
    F_NORMALIZED,
    F_NEXT,
    F_ALL_NEXT,
    F_SCANNED, /* the ScannedFile that it was made from */
    N_FIELDS
};

/*
 * _core.RevisionBase.  A NULL field has not been set.
 *
 * Two fields are made only when somebody looks at them, because a tree has thousands:
 * F_NEXT and F_ALL_NEXT may hold one id (str) instead of the frozenset of it;
 * F_LABELS may hold a seed (`labels_are_seed`): a list whose first item is a tuple of
 * labels and whose other items are further seeds; F_LABELS NULL stands for
 * F_ORIG_LABELS.
 */
struct revision {
    PyObject_HEAD PyObject *field[N_FIELDS];
    uint32_t node;  /* hint: its node in the graph that mapped it last */
    bool is_plain;  /* its class overrides none of the fields */
    bool is_mapped; /* a graph was built from it: changes have to be told */
    bool labels_are_seed;
};

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

/* Attribute name of a field; borrowed C string. */
const char *alc_bind_field_name(enum revision_field field);

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

/* A node for `rev`; the graph keeps a reference. */
int alc_bind_graph_add(const struct alc_module_state *state, struct graph_object *graph,
                       PyObject *rev, PyObject *id, bool shadowed);

/* The edge end that a name stands for; ALC_NO_NODE for one that is not there. */
int alc_bind_graph_edge_to(uint32_t *out, const struct graph_object *graph,
                           PyObject *name);

int alc_bind_graph_add_edge(struct graph_object *graph, enum alc_edge_kind kind,
                            uint32_t from, uint32_t to);

int alc_bind_graph_freeze(struct graph_object *graph);

/* graph.c */
struct graph_object *alc_bind_graph_new(struct alc_module_state *state);
int alc_bind_graph_keep(struct graph_object *self, PyObject *rev);

/* The node of a revision, ALC_NO_NODE for one that is not in the graph.  0 or -1. */
int alc_bind_graph_find(uint32_t *out, const struct alc_module_state *state,
                        const struct graph_object *self, PyObject *rev);

/* graph_revision.c */

/* Add all labels of a seed to a set.  Returns 0 or -1. */
int alc_bind_add_seed_labels(PyObject *labels, PyObject *seed);

/*
 * What the class's __init__() does with these values.  Returns 0 or -1.
 */
int alc_bind_revision_init(PyObject *rev, PyObject *id, PyObject *down, PyObject *deps,
                           PyObject *labels);

int alc_bind_revision_type(PyObject *module, struct alc_module_state *state);

#endif
