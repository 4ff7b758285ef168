/*
 * The branch labels of all revisions of a map, as sets that refer to each other.
 *
 * A tree has thousands of revisions and few labels: a revision keeps the number of its
 * set, and the Python set is made when somebody looks at it.  The object that holds the
 * sets has neither attributes nor methods.
 */
#include "graph_type.h"

#include "alc/alloc.h"
#include "raise.h"

static int add_owner(PyObject *labels, const struct label_sets_object *sets,
                     uint32_t node)
{
    PyObject *own = node < sets->n_own ? Py_XNewRef(sets->own[node]) : NULL;
    Py_ssize_t n = own ? PyTuple_GET_SIZE(own) : 0;
    int rc = 0;

    for (Py_ssize_t i = 0; rc == 0 && i < n; i++) {
        rc = PySet_Add(labels, PyTuple_GET_ITEM(own, i));
    }
    Py_XDECREF(own);
    return rc;
}

int alc_bind_add_labels_of_set(PyObject *labels, const struct label_sets_object *sets,
                               uint32_t set)
{
    struct alc_arena scratch;
    struct alc_error err = {0};
    uint32_t *nodes;
    size_t n;
    int rc;

    alc_arena_init(&scratch);
    rc = alc_label_set_owners(&nodes, &n, &sets->sets, set, &scratch, &err);
    if (rc < 0) {
        alc_bind_fail(&err);
    }
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = add_owner(labels, sets, nodes[i]);
    }
    alc_arena_release(&scratch);
    return rc;
}

/* The sets themselves, from the tuples of labels by node. */
static int make_sets(struct label_sets_object *self, const struct alc_graph *g)
{
    struct alc_error err = {0};
    struct alc_bitset labelled;

    if (alc_bitset_make(&labelled, g->n_nodes, &self->arena, &err) < 0) {
        return alc_bind_fail(&err);
    }
    for (uint32_t node = 0; node < g->n_nodes; node++) {
        if (self->own[node]) {
            alc_bitset_add(&labelled, node);
        }
    }
    return alc_graph_labels(&self->sets, g, &labelled, &self->arena, &err) < 0
               ? alc_bind_fail(&err)
               : 0;
}

struct label_sets_object *alc_bind_label_sets_new(const struct alc_module_state *state,
                                                  const struct alc_graph *g,
                                                  PyObject *const *own)
{
    PyTypeObject *type = state->label_sets_type;
    struct label_sets_object *self =
        (struct label_sets_object *)type->tp_alloc(type, 0);

    if (!self) {
        return NULL;
    }
    alc_arena_init(&self->arena);
    self->own = alc_calloc(g->n_nodes, sizeof *self->own);
    if (!self->own) {
        PyErr_NoMemory();
        Py_DECREF(self);
        return NULL;
    }
    self->n_own = g->n_nodes;
    for (uint32_t node = 0; node < g->n_nodes; node++) {
        if (PyTuple_GET_SIZE(own[node])) {
            self->own[node] = Py_NewRef(own[node]);
        }
    }
    if (make_sets(self, g) < 0) {
        Py_CLEAR(self);
    }
    return self;
}

static int sets_traverse(PyObject *op, visitproc visit, void *arg)
{
    struct label_sets_object *self = (struct label_sets_object *)op;

    Py_VISIT(Py_TYPE(op));
    for (size_t i = 0; i < self->n_own; i++) {
        Py_VISIT(self->own[i]);
    }
    return 0;
}

static int sets_clear(PyObject *op)
{
    struct label_sets_object *self = (struct label_sets_object *)op;

    for (size_t i = 0; i < self->n_own; i++) {
        Py_CLEAR(self->own[i]);
    }
    return 0;
}

static void sets_dealloc(PyObject *op)
{
    struct label_sets_object *self = (struct label_sets_object *)op;
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    sets_clear(op);
    alc_free(self->own);
    alc_arena_release(&self->arena);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyType_Slot sets_slots[] = {
    {Py_tp_doc, "The branch labels of a map's revisions."},
    {Py_tp_traverse, sets_traverse},
    {Py_tp_clear, sets_clear},
    {Py_tp_dealloc, sets_dealloc},
    {0, NULL},
};

static PyType_Spec sets_spec = {
    .name = "alembic_c._core.LabelSets",
    .basicsize = sizeof(struct label_sets_object),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = sets_slots,
};

int alc_bind_label_sets_type(PyObject *module, struct alc_module_state *state)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &sets_spec, NULL);

    state->label_sets_type = (PyTypeObject *)type;
    return type ? 0 : -1;
}
