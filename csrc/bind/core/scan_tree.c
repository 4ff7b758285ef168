/*
 * _core.ScannedTree: all files of one scan, as revisions, and what can be said of them
 * without making any.
 */
#include "scan.h"

#include "error.h"
#include "graph.h"

#include "alc/survey.h"

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

/*
 * The revision that a file tells of.  If anything may be wrong with it, the
 * ScannedFile: who asked comes to it in its turn, and complains in the order in which
 * upstream does.
 */
static PyObject *make_revision(const struct alc_module_state *state, PyTypeObject *type,
                               PyObject *no_args, struct scan_result *result, size_t i)
{
    const struct alc_scan_file *file = result->files.files[i];
    PyObject *scanned = alc_bind_scanned_file(state, result, i);

    if (!scanned || !alc_scan_is_sound(file)) {
        return scanned;
    }
    PyObject *rev = type->tp_new(type, no_args, NULL);
    if (rev && !PyObject_TypeCheck(rev, state->revision_type)) {
        PyErr_Format(PyExc_TypeError, "__new__() of %R gave no revision", type);
        Py_CLEAR(rev);
    }
    if (rev && (alc_bind_field_set(state, rev, F_SCANNED, scanned) < 0 ||
                init_revision(rev, file) < 0)) {
        Py_CLEAR(rev);
    }
    Py_DECREF(scanned);
    return rev;
}

static PyObject *make_revisions(const struct alc_module_state *state,
                                PyTypeObject *type, struct scan_result *result)
{
    size_t n = result->files.n_files;
    PyObject *no_args = PyTuple_New(0);
    PyObject *list = no_args ? PyList_New((Py_ssize_t)n) : NULL;

    for (size_t i = 0; list && i < n; i++) {
        PyObject *item = make_revision(state, type, no_args, result, i);
        if (!item) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, (Py_ssize_t)i, item);
    }
    Py_XDECREF(no_args);
    return list;
}

static PyObject *tree_revisions(PyObject *self, PyObject *type)
{
    const struct alc_module_state *state = alc_bind_type_state(Py_TYPE(self));

    if (!PyType_Check(type) ||
        !PyType_IsSubtype((PyTypeObject *)type, state->revision_type)) {
        PyErr_SetString(PyExc_TypeError,
                        "revisions() takes a subclass of RevisionBase");
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

/* ---- ends ---- */

static PyObject *end_ids(const struct alc_survey *survey, size_t end,
                         const struct alc_scan_files *files)
{
    PyObject *ids = PyTuple_New((Py_ssize_t)survey->n_ends[end]);

    for (size_t i = 0; ids && i < survey->n_ends[end]; i++) {
        const struct alc_scan *scan = &files->files[survey->ends[end][i]]->scan;
        PyObject *id = alc_bind_scan_value(&scan->values[ALC_SCAN_REVISION]);
        if (!id) {
            Py_CLEAR(ids);
            break;
        }
        PyTuple_SET_ITEM(ids, (Py_ssize_t)i, id);
    }
    return ids;
}

static PyObject *all_ends(const struct alc_survey *survey,
                          const struct alc_scan_files *files)
{
    PyObject *all = PyTuple_New(ALC_N_ENDS);

    for (size_t end = 0; all && end < ALC_N_ENDS; end++) {
        PyObject *ids = end_ids(survey, end, files);
        if (!ids) {
            Py_CLEAR(all);
            break;
        }
        PyTuple_SET_ITEM(all, (Py_ssize_t)end, ids);
    }
    return all;
}

static PyObject *tree_ends(PyObject *self, PyObject *unused)
{
    const struct alc_scan_files *files = &((struct scan_result *)self)->files;
    struct alc_survey survey;
    struct alc_arena arena;
    struct alc_error err;
    PyObject *ends = NULL;
    int rc;

    (void)unused;
    alc_arena_init(&arena);
    alc_error_init(&err);
    Py_BEGIN_ALLOW_THREADS;
    rc = alc_survey_files(&survey, files, &arena, &err);
    Py_END_ALLOW_THREADS;
    if (rc < 0) {
        alc_bind_raise(&err, NULL);
    } else {
        ends = survey.sure ? all_ends(&survey, files) : Py_NewRef(Py_None);
    }
    alc_arena_release(&arena);
    return ends;
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
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef tree_methods[] = {
    {"revisions", tree_revisions, METH_O,
     "revisions($self, type, /)\n--\n\nAll files as revisions, where that can be."},
    {"ends", tree_ends, METH_NOARGS,
     "ends($self, /)\n--\n\nIds of heads, real heads, bases and real bases, or None."},
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
