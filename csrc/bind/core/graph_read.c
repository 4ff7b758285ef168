/*
 * From a map to a graph after something changed: believe the revisions and the map,
 * however they came to be.  graph_load.c is for the first time.
 */
#include "graph.h"

#include "error.h"

/* Names that are a revision's own id first, so that the others find their node. */
static int read_nodes(struct alc_module_state *state, struct graph_object *graph,
                      PyObject *map)
{
    Py_ssize_t pos = 0;
    PyObject *key;
    PyObject *rev;

    while (PyDict_Next(map, &pos, &key, &rev)) {
        if (rev == Py_None) {
            continue;
        }
        PyObject *id = alc_bind_rev_id(state, rev);
        int same = id ? PyObject_RichCompareBool(id, key, Py_EQ) : -1;
        int rc = same > 0 ? alc_bind_graph_add(state, graph, rev, id, false) : same;
        Py_XDECREF(id);
        if (rc < 0) {
            return -1;
        }
    }
    return 0;
}

/* Other keys: of a revision that is there, or of one that no key of its own leads to.
 */
static int read_aliases(struct alc_module_state *state, struct graph_object *graph,
                        PyObject *map)
{
    Py_ssize_t pos = 0;
    PyObject *key;
    PyObject *rev;

    while (PyDict_Next(map, &pos, &key, &rev)) {
        if (rev == Py_None || !PyUnicode_Check(key)) {
            continue;
        }
        PyObject *id = alc_bind_rev_id(state, rev);
        int same = id ? PyObject_RichCompareBool(id, key, Py_EQ) : -1;
        uint32_t node = ALC_NO_NODE;
        int rc = same < 0 ? -1 : 0;
        if (same == 0) {
            rc = alc_bind_graph_find(&node, state, graph, rev);
            if (rc == 0 && node == ALC_NO_NODE) {
                node = graph->n_revs;
                rc = alc_bind_graph_add(state, graph, rev, id, true);
            }
        }
        if (rc == 0 && same == 0) {
            struct alc_error err = {0};
            struct alc_str name;
            PyObject *keep;
            rc = alc_bind_name(&name, &keep, key);
            if (rc == 0 &&
                alc_graph_add_name(&graph->g, name.ptr, name.len, node, &err) < 0) {
                rc = alc_bind_fail(&err);
            }
            Py_XDECREF(keep);
        }
        Py_XDECREF(id);
        if (rc < 0) {
            return -1;
        }
    }
    return 0;
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
    static const struct {
        enum revision_field field;
        enum alc_edge_kind kind;
    } sources[] = {
        {F_DOWN, ALC_EDGE_DOWN},         {F_RESOLVED, ALC_EDGE_DEP},
        {F_NORMALIZED, ALC_EDGE_NDEP},   {F_NEXT, ALC_EDGE_NEXT},
        {F_ALL_NEXT, ALC_EDGE_ALL_NEXT},
    };
    struct alc_module_state *state = alc_bind_state(module);

    if (!PyDict_Check(map)) {
        PyErr_SetString(PyExc_TypeError, "read_map() takes a dict");
        return NULL;
    }
    struct graph_object *graph = alc_bind_graph_new(state);
    if (!graph) {
        return NULL;
    }
    int rc = read_nodes(state, graph, map);
    if (rc == 0) {
        rc = read_aliases(state, graph, map);
    }
    for (uint32_t node = 0; rc == 0 && node < graph->n_revs; node++) {
        for (size_t i = 0; rc == 0 && i < sizeof sources / sizeof *sources; i++) {
            rc = read_edges(state, graph, node, sources[i].field, sources[i].kind);
        }
    }
    if (rc == 0) {
        rc = alc_bind_graph_freeze(graph);
    }
    graph->stamp = state->graph_stamp;
    if (rc < 0) {
        Py_CLEAR(graph);
    }
    return (PyObject *)graph;
}
