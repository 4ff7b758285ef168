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
    bool is_volatile; /* some revision cannot tell when it changes */
    bool has_shared;  /* some revision was in a graph before */
    uint64_t stamp;   /* the module's when built */
    struct alc_arena scratch;
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

/* graph_load.c */
PyObject *alc_bind_load_revisions(PyObject *module, PyObject *args);
PyObject *alc_bind_read_map(PyObject *module, PyObject *map);

/* graph.c */
struct graph_object *alc_bind_graph_new(struct alc_module_state *state);
int alc_bind_graph_keep(struct graph_object *self, PyObject *rev);

/* The node of a revision, ALC_NO_NODE for one that is not in the graph.  0 or -1. */
int alc_bind_graph_find(uint32_t *out, const struct alc_module_state *state,
                        const struct graph_object *self, PyObject *rev);

/* graph_revision.c */

/* Add all labels of a seed to a set.  Returns 0 or -1. */
int alc_bind_add_seed_labels(PyObject *labels, PyObject *seed);

int alc_bind_revision_type(PyObject *module, struct alc_module_state *state);

#endif
