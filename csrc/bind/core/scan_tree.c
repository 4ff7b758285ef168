/*
 * _core.ScannedTree: all files of one scan, as revisions.  Of a tree with which nothing
 * is wrong there is a graph, so that its ends and single revisions are known without
 * the others being made.
 */
#include "scan_types.h"

#include "alc/alloc.h"
#include "alc/load.h"
#include "graph_type.h"
#include "raise.h"

/* The graph of a scan's files.  Does not change once it is made. */
struct tree_graph {
    bool is_whole; /* there is one: all files have a view and nothing is to be told */
    struct alc_graph g;
    struct alc_loaded loaded;
    struct alc_revision_view *views; /* by file; this and the next are in `arena` */
    struct alc_label_sets sets;      /* if some revision has labels */
    struct alc_arena arena;
};

/* ---- revisions ---- */

static int init_revision(PyObject *rev, const struct alc_scan_file *file)
{
    PyObject *objects[ALC_SCAN_N_NAMES] = {NULL};
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < ALC_SCAN_N_NAMES; i++) {
        objects[i] = alc_bind_scan_value(&file->scan.values[i]);
        rc = objects[i] ? 0 : -1;
    }
    if (rc == 0) {
        rc = alc_bind_revision_init(
            rev, objects[ALC_SCAN_REVISION], objects[ALC_SCAN_DOWN_REVISION],
            objects[ALC_SCAN_DEPENDS_ON], objects[ALC_SCAN_BRANCH_LABELS]);
    }
    for (size_t i = 0; i < ALC_SCAN_N_NAMES; i++) {
        Py_XDECREF(objects[i]);
    }
    return rc;
}

/* A revision of a class from what its file says; its `_scanned` is the file. */
static PyObject *make_revision(const struct alc_module_state *state, PyTypeObject *type,
                               PyObject *scanned, const struct alc_scan_file *file)
{
    PyObject *no_args = PyTuple_New(0);
    PyObject *rev = no_args ? type->tp_new(type, no_args, NULL) : NULL;

    if (rev && !PyObject_TypeCheck(rev, state->revision_type)) {
        PyErr_Format(PyExc_TypeError, "__new__() of %R gave no revision", type);
        Py_CLEAR(rev);
    }
    if (rev && (alc_bind_field_set(state, rev, F_SCANNED, scanned) < 0 ||
                init_revision(rev, file) < 0)) {
        Py_CLEAR(rev);
    }
    Py_XDECREF(no_args);
    return rev;
}

/*
 * If anything may be wrong with a revision, the ScannedFile is in its place: who asked
 * comes to it in its turn, and complains in the order in which upstream does.
 */
static int add_item(PyObject *list, const struct alc_module_state *state,
                    PyTypeObject *type, struct scan_result *result, size_t i,
                    struct alc_arena *scratch)
{
    const struct alc_scan_file *file = result->files.files[i];
    PyObject *scanned = alc_bind_scanned_file(state, result, i);
    PyObject *rev = NULL;
    struct alc_revision_view view;
    struct alc_error err = {0};
    int rc = scanned ? alc_view_of_file(&view, file, scratch, &err) : -1;

    if (rc > 0) {
        rev = make_revision(state, type, scanned, file);
        rc = rev ? PyList_Append(list, rev) : -1;
    } else if (rc == 0) {
        rc = PyList_Append(list, scanned);
    } else if (scanned) {
        alc_bind_raise(&err, NULL);
    }
    Py_XDECREF(rev);
    Py_XDECREF(scanned);
    alc_arena_reset(scratch);
    return rc;
}

static PyObject *make_revisions(const struct alc_module_state *state,
                                PyTypeObject *type, struct scan_result *result)
{
    /* It grows: code of the class that runs meanwhile may find it, and it is whole. */
    PyObject *list = PyList_New(0);
    struct alc_arena scratch;

    alc_arena_init(&scratch);
    for (size_t i = 0; list && i < result->files.n_files; i++) {
        if (add_item(list, state, type, result, i, &scratch) < 0) {
            Py_CLEAR(list);
        }
    }
    alc_arena_release(&scratch);
    return list;
}

static bool is_revision_type(const struct alc_module_state *state, PyObject *type)
{
    if (PyType_Check(type) &&
        PyType_IsSubtype((PyTypeObject *)type, state->revision_type)) {
        return true;
    }
    PyErr_SetString(PyExc_TypeError, "a subclass of RevisionBase is wanted");
    return false;
}

static PyObject *tree_revisions(PyObject *self, PyObject *type)
{
    const struct alc_module_state *state = alc_bind_type_state(Py_TYPE(self));

    if (!is_revision_type(state, type)) {
        return NULL;
    }
    /* Nothing made here is garbage, and to look for it takes longer than all. */
    int collected = PyGC_Disable();
    PyObject *list =
        make_revisions(state, (PyTypeObject *)type, (struct scan_result *)self);
    if (collected) {
        PyGC_Enable();
    }
    return list;
}

/* ---- the graph ---- */

static void free_graph(struct tree_graph *tree)
{
    if (tree) {
        alc_graph_release(&tree->g);
        alc_arena_release(&tree->arena);
        alc_free(tree);
    }
}

static int add_label_sets(struct tree_graph *tree, struct alc_error *err)
{
    struct alc_bitset labelled;
    uint32_t n = tree->g.n_nodes;

    if (alc_bitset_make(&labelled, n, &tree->arena, err) < 0) {
        return ALC_E_NOMEM;
    }
    for (uint32_t node = 0; node < n; node++) {
        if (tree->views[tree->loaded.view_of_node[node]].labels.n) {
            alc_bitset_add(&labelled, node);
        }
    }
    return alc_graph_labels(&tree->sets, &tree->g, &labelled, &tree->arena, err);
}

static int fill_graph(struct tree_graph *tree, const struct alc_scan_files *files,
                      struct alc_error *err)
{
    int rc =
        alc_load_files(&tree->loaded, &tree->g, &tree->views, files, &tree->arena, err);

    tree->is_whole = rc > 0;
    if (tree->is_whole && tree->loaded.has_labels) {
        rc = add_label_sets(tree, err);
    }
    return rc < 0 ? rc : 0;
}

/* The graph of a scan, made when it is first asked for; NULL with an exception. */
static const struct tree_graph *graph_of(struct scan_result *self)
{
    struct alc_error err = {0};
    struct tree_graph *tree = NULL;
    int rc = ALC_E_NOMEM;

    if (self->graph) {
        return self->graph;
    }
    Py_BEGIN_ALLOW_THREADS;
    tree = alc_calloc(1, sizeof *tree);
    if (tree) {
        alc_graph_init(&tree->g);
        alc_arena_init(&tree->arena);
        rc = fill_graph(tree, &self->files, &err);
    }
    Py_END_ALLOW_THREADS;
    if (!tree || rc < 0) {
        free_graph(tree);
        tree ? alc_bind_raise(&err, NULL) : PyErr_NoMemory();
        return NULL;
    }
    if (self->graph) { /* another thread was faster */
        free_graph(tree);
    } else {
        self->graph = tree;
    }
    return self->graph;
}

static PyObject *str_object(struct alc_str str)
{
    return PyUnicode_DecodeUTF8(str.ptr, (Py_ssize_t)str.len, "surrogatepass");
}

static PyObject *ids_of(const struct tree_graph *tree, const uint32_t *edges, size_t n)
{
    PyObject *ids = PyTuple_New((Py_ssize_t)n);

    for (size_t i = 0; ids && i < n; i++) {
        uint32_t node = alc_edge_node(edges[i]);
        PyObject *id = str_object(tree->views[tree->loaded.view_of_node[node]].id);
        if (!id) {
            Py_CLEAR(ids);
            break;
        }
        PyTuple_SET_ITEM(ids, (Py_ssize_t)i, id);
    }
    return ids;
}

static PyObject *tree_ends(PyObject *self, PyObject *unused)
{
    const struct tree_graph *tree = graph_of((struct scan_result *)self);
    PyObject *all = NULL;

    (void)unused;
    if (tree && !tree->is_whole) {
        Py_RETURN_NONE;
    }
    all = tree ? PyTuple_New(ALC_N_ENDS) : NULL;
    for (size_t end = 0; all && end < ALC_N_ENDS; end++) {
        PyObject *ids = ids_of(tree, tree->loaded.ends[end], tree->loaded.n_ends[end]);
        if (!ids) {
            Py_CLEAR(all);
            break;
        }
        PyTuple_SET_ITEM(all, (Py_ssize_t)end, ids);
    }
    return all;
}

/* ---- one revision ---- */

static int add_labels(PyObject *labels, const struct alc_names *names)
{
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && i < names->n; i++) {
        PyObject *label = str_object(names->items[i]);
        rc = label ? PySet_Add(labels, label) : -1;
        Py_XDECREF(label);
    }
    return rc;
}

/* The labels of its branch, as a set; NULL with an exception. */
static PyObject *labels_of(const struct tree_graph *tree, uint32_t node)
{
    uint32_t set = tree->loaded.has_labels ? tree->sets.set_of[node] : ALC_NO_NODE;
    PyObject *labels = PySet_New(NULL);
    struct alc_arena scratch;
    struct alc_error err = {0};
    uint32_t *owners;
    size_t n = 0;
    int rc = labels ? 0 : -1;

    alc_arena_init(&scratch);
    if (rc == 0 && set != ALC_NO_NODE &&
        alc_label_set_owners(&owners, &n, &tree->sets, set, &scratch, &err) < 0) {
        rc = alc_bind_fail(&err);
    }
    if (rc == 0) {
        rc = add_labels(labels, &tree->views[tree->loaded.view_of_node[node]].labels);
    }
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = add_labels(labels,
                        &tree->views[tree->loaded.view_of_node[owners[i]]].labels);
    }
    alc_arena_release(&scratch);
    if (rc < 0) {
        Py_CLEAR(labels);
    }
    return labels;
}

static int put_derived(const struct alc_module_state *state, PyObject *rev,
                       const struct tree_graph *tree, uint32_t node)
{
    PyObject *labels = labels_of(tree, node);
    int rc = labels ? alc_bind_field_set(state, rev, F_LABELS, labels) : -1;

    Py_XDECREF(labels);
    for (size_t i = 0; rc == 0 && i < ALC_N_DERIVED; i++) {
        const struct derived_field *derived = &alc_bind_derived[i];
        const struct alc_csr *csr = &tree->g.csr[derived->kind];
        PyObject *value = ids_of(tree, csr->to + csr->start[node],
                                 alc_graph_degree(&tree->g, derived->kind, node));
        if (value && derived->is_set) {
            Py_SETREF(value, PyFrozenSet_New(value));
        }
        rc = value ? alc_bind_field_set(state, rev, derived->field, value) : -1;
        Py_XDECREF(value);
    }
    return rc;
}

/* The node of an id; ALC_NO_NODE for what is a label, or nothing.  Returns 0 or -1. */
static int find_id(uint32_t *out, const struct tree_graph *tree, PyObject *id)
{
    struct alc_str name;
    PyObject *keep;
    uint32_t node;

    if (alc_bind_name(&name, &keep, id) < 0) {
        return -1;
    }
    node = alc_graph_find_edge(&tree->g, name.ptr, name.len);
    Py_XDECREF(keep);
    *out = node != ALC_NO_NODE && node & ALC_EDGE_ALIAS ? ALC_NO_NODE : node;
    return 0;
}

static PyObject *tree_revision(PyObject *op, PyObject *args)
{
    const struct alc_module_state *state = alc_bind_type_state(Py_TYPE(op));
    struct scan_result *self = (struct scan_result *)op;
    const struct tree_graph *tree;
    PyObject *type;
    PyObject *id;
    PyObject *scanned;
    PyObject *rev;
    uint32_t node;

    if (!PyArg_ParseTuple(args, "OU:revision", &type, &id) ||
        !is_revision_type(state, type) || !(tree = graph_of(self))) {
        return NULL;
    }
    if (!tree->is_whole) {
        Py_RETURN_NONE;
    }
    if (find_id(&node, tree, id) < 0) {
        return NULL;
    }
    if (node == ALC_NO_NODE) {
        Py_RETURN_NONE;
    }
    size_t file = tree->loaded.view_of_node[node];
    scanned = alc_bind_scanned_file(state, self, file);
    rev = scanned ? make_revision(state, (PyTypeObject *)type, scanned,
                                  self->files.files[file])
                  : NULL;
    if (rev && put_derived(state, rev, tree, node) < 0) {
        Py_CLEAR(rev);
    }
    Py_XDECREF(scanned);
    return rev;
}

/* ---- the object ---- */

static Py_ssize_t tree_len(PyObject *self)
{
    return (Py_ssize_t)((struct scan_result *)self)->files.n_files;
}

static void tree_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    alc_scan_files_release(&((struct scan_result *)self)->files);
    free_graph(((struct scan_result *)self)->graph);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef tree_methods[] = {
    {"revisions", tree_revisions, METH_O,
     "revisions($self, type, /)\n--\n\nAll files as revisions, where that can be."},
    {"ends", tree_ends, METH_NOARGS,
     "ends($self, /)\n--\n\nIds of heads, real heads, bases and real bases, or None."},
    {"revision", tree_revision, METH_VARARGS,
     "revision($self, type, id, /)\n--\n\nOne revision of a tree, or None."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot tree_slots[] = {
    {Py_tp_doc, "All revision files below some directories, as the scanner read them."},
    {Py_tp_dealloc, tree_dealloc},
    {Py_tp_methods, tree_methods},
    {Py_sq_length, tree_len},
    {0, NULL},
};

static PyType_Spec tree_spec = {
    .name = "alembic_c._core.ScannedTree",
    .basicsize = sizeof(struct scan_result),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = tree_slots,
};

int alc_bind_scan_tree_exec(PyObject *module, struct alc_module_state *state)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &tree_spec, NULL);

    state->scan_result_type = (PyTypeObject *)type;
    return type ? PyModule_AddType(module, state->scan_result_type) : -1;
}
