/*
 * From a map to a graph after something changed: believe the revisions and the map,
 * however they came to be.  graph_load.c is for the first time.
 */
#include "graph_type.h"

#include "raise.h"

/* An entry of the map, and what is read of it. */
struct entry {
    PyObject *key; /* this and the next are kept, since reading the id may run code */
    PyObject *rev;
    PyObject *id;
    bool is_own; /* the key is the revision's own id */
};

static void entry_release(struct entry *e)
{
    Py_CLEAR(e->key);
    Py_CLEAR(e->rev);
    Py_CLEAR(e->id);
}

/* The next revision of the map: 1, 0 at the end, or -1. */
static int entry_next(struct entry *e, Py_ssize_t *pos, PyObject *map,
                      const struct alc_module_state *state)
{
    entry_release(e);
    do {
        if (!PyDict_Next(map, pos, &e->key, &e->rev)) {
            e->key = e->rev = NULL;
            return 0;
        }
    } while (e->rev == Py_None);
    Py_INCREF(e->key);
    Py_INCREF(e->rev);
    e->id = alc_bind_rev_id(state, e->rev);
    int same = e->id ? PyObject_RichCompareBool(e->id, e->key, Py_EQ) : -1;
    e->is_own = same > 0;
    return same < 0 ? -1 : 1;
}

/* Names that are a revision's own id first, so that the others find their node. */
static int read_nodes(const struct alc_module_state *state, struct graph_object *graph,
                      PyObject *map)
{
    struct entry e = {NULL};
    Py_ssize_t pos = 0;
    int rc;

    while ((rc = entry_next(&e, &pos, map, state)) > 0) {
        if (e.is_own && alc_bind_graph_add(state, graph, e.rev, e.id, false) < 0) {
            rc = -1;
            break;
        }
    }
    entry_release(&e);
    return rc;
}

/* Another key than the revision's own id leads to it. */
static int read_alias(const struct alc_module_state *state, struct graph_object *graph,
                      const struct entry *e)
{
    struct alc_error err = {0};
    struct alc_str name;
    PyObject *keep;
    uint32_t node;

    if (alc_bind_graph_find(&node, state, graph, e->rev) < 0) {
        return -1;
    }
    if (node == ALC_NO_NODE) { /* no key of its own leads to it */
        node = graph->n_revs;
        if (alc_bind_graph_add(state, graph, e->rev, e->id, true) < 0) {
            return -1;
        }
    }
    if (alc_bind_name(&name, &keep, e->key) < 0) {
        return -1;
    }
    int rc = alc_graph_add_name(&graph->g, name.ptr, name.len, node, &err);
    Py_XDECREF(keep);
    return rc < 0 ? alc_bind_fail(&err) : 0;
}

static int read_aliases(const struct alc_module_state *state,
                        struct graph_object *graph, PyObject *map)
{
    struct entry e = {NULL};
    Py_ssize_t pos = 0;
    int rc;

    while ((rc = entry_next(&e, &pos, map, state)) > 0) {
        if (!e.is_own && PyUnicode_Check(e.key) && read_alias(state, graph, &e) < 0) {
            rc = -1;
            break;
        }
    }
    entry_release(&e);
    return rc;
}

/*
 * The end of an edge whose name no key is equal to: a node behind all revisions,
 * reached by marked edges only, so that the trouble shows when somebody goes there.
 */
static int add_missing(uint32_t *out, struct graph_object *graph, PyObject *name)
{
    struct alc_error err = {0};
    struct alc_str str;
    PyObject *keep;

    if (!PyUnicode_Check(name)) {
        PyErr_SetObject(PyExc_KeyError, name);
        return -1;
    }
    if (alc_bind_name(&str, &keep, name) < 0) {
        return -1;
    }
    int rc = alc_graph_add_node(out, &graph->g, str.ptr, str.len, false, &err);
    Py_XDECREF(keep);
    return rc < 0 ? alc_bind_fail(&err) : 0;
}

static int read_edges(struct alc_module_state *state, struct graph_object *graph,
                      uint32_t node, enum revision_field field, enum alc_edge_kind kind)
{
    PyObject *names = alc_bind_optional_tuple(state, graph->revs[node], field);
    int rc = names ? 0 : -1;

    for (Py_ssize_t i = 0; rc == 0 && i < PyTuple_GET_SIZE(names); i++) {
        uint32_t to;
        rc = alc_bind_graph_edge_to(&to, graph, PyTuple_GET_ITEM(names, i));
        if (rc == 0 && to == ALC_NO_NODE) {
            rc = add_missing(&to, graph, PyTuple_GET_ITEM(names, i));
        }
        if (rc == 0 && alc_edge_node(to) >= graph->n_revs) {
            to |= ALC_EDGE_ALIAS;
        }
        rc = rc == 0 ? alc_bind_graph_add_edge(graph, kind, node, to) : rc;
    }
    Py_XDECREF(names);
    return rc;
}

PyObject *alc_bind_read_map(PyObject *module, PyObject *map)
{
    struct alc_module_state *state = alc_bind_state(module);

    if (!PyDict_Check(map)) {
        PyErr_SetString(PyExc_TypeError, "read_map() takes a dict");
        return NULL;
    }
    struct graph_object *graph = alc_bind_graph_new(state);
    if (!graph) {
        return NULL;
    }
    /* As of now: what changes while the map is read shows next time. */
    graph->stamp = state->graph_stamp;
    int rc = read_nodes(state, graph, map);
    if (rc == 0) {
        rc = read_aliases(state, graph, map);
    }
    for (uint32_t node = 0; rc == 0 && node < graph->n_revs; node++) {
        rc = read_edges(state, graph, node, F_DOWN, ALC_EDGE_DOWN);
        for (size_t i = 0; rc == 0 && i < ALC_N_DERIVED; i++) {
            const struct derived_field *derived = &alc_bind_derived[i];
            rc = read_edges(state, graph, node, derived->field, derived->kind);
        }
    }
    if (rc == 0) {
        rc = alc_bind_graph_freeze(graph);
    }
    if (rc == 0) {
        alc_bind_graph_publish(graph);
    } else {
        Py_CLEAR(graph);
    }
    return (PyObject *)graph;
}
