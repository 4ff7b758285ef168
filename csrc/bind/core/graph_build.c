/* What both ways to a graph share: revisions to nodes, names to edges. */
#include "graph_type.h"

#include "raise.h"

int alc_bind_fail(const struct alc_error *err)
{
    alc_bind_raise(err, NULL);
    return -1;
}

PyObject *alc_bind_rev_id(const struct alc_module_state *state, PyObject *rev)
{
    PyObject *id = alc_bind_field_get(state, rev, F_REVISION);

    if (id && !PyUnicode_Check(id)) {
        PyErr_Format(PyExc_TypeError, "revision identifier %R is not a string", id);
        Py_CLEAR(id);
    }
    return id;
}

int alc_bind_graph_add(const struct alc_module_state *state, struct graph_object *graph,
                       PyObject *rev, PyObject *id, bool shadowed)
{
    struct alc_error err = {0};
    struct alc_str name;
    PyObject *keep;
    uint32_t node;

    if (alc_bind_name(&name, &keep, id) < 0) {
        return -1;
    }
    int rc = alc_graph_add_node(&node, &graph->g, name.ptr, name.len, shadowed, &err);
    Py_XDECREF(keep);
    return rc < 0 ? alc_bind_fail(&err) : alc_bind_graph_keep(state, graph, rev);
}

/* The edge end that a name stands for; ALC_NO_NODE for one that is not there. */
int alc_bind_graph_edge_to(uint32_t *out, const struct graph_object *graph,
                           PyObject *name)
{
    struct alc_str str;
    PyObject *keep;

    *out = ALC_NO_NODE;
    if (!PyUnicode_Check(name)) {
        return 0;
    }
    if (alc_bind_name(&str, &keep, name) < 0) {
        return -1;
    }
    *out = alc_graph_find_edge(&graph->g, str.ptr, str.len);
    Py_XDECREF(keep);
    return 0;
}

int alc_bind_graph_add_edge(struct graph_object *graph, enum alc_edge_kind kind,
                            uint32_t from, uint32_t to)
{
    struct alc_error err = {0};

    return alc_graph_add_edge(&graph->g, kind, from, to, &err) < 0 ? alc_bind_fail(&err)
                                                                   : 0;
}

int alc_bind_graph_freeze(struct graph_object *graph)
{
    struct alc_error err = {0};

    return alc_graph_freeze(&graph->g, &err) < 0 ? alc_bind_fail(&err) : 0;
}

PyObject *alc_bind_field_tuple(const struct alc_module_state *state, PyObject *rev,
                               enum revision_field field)
{
    PyObject *value = alc_bind_field_get(state, rev, field);
    PyObject *tuple = value ? alc_bind_to_tuple(value) : NULL;

    Py_XDECREF(value);
    return tuple;
}

/* Like alc_bind_field_tuple() for a field that may not be set yet. */
PyObject *alc_bind_optional_tuple(const struct alc_module_state *state, PyObject *rev,
                                  enum revision_field field)
{
    PyObject *tuple = alc_bind_field_tuple(state, rev, field);

    if (!tuple && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        tuple = PyTuple_New(0);
    }
    return tuple;
}
