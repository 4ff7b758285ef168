/*
 * The scanner's part of alembic_c._core: ScannedFile and the functions that make it.
 *
 * A scan result stays in C.  A ScannedFile points into it and keeps it alive; its
 * attributes are made into Python objects when they are asked for.
 */
#include "scan_types.h"

#include "raise.h"

#include <string.h>

static const char *const header_names[ALC_SCAN_N_NAMES] = {
    [ALC_SCAN_REVISION] = "revision",
    [ALC_SCAN_DOWN_REVISION] = "down_revision",
    [ALC_SCAN_BRANCH_LABELS] = "branch_labels",
    [ALC_SCAN_DEPENDS_ON] = "depends_on",
};

/* --- values ----------------------------------------------------------------------- */

static PyObject *str_object(struct alc_str str)
{
    return PyUnicode_DecodeUTF8(str.ptr, (Py_ssize_t)str.len, "surrogatepass");
}

static PyObject *tuple_object(const struct alc_value *value)
{
    PyObject *tuple = PyTuple_New(value->n_items);

    for (uint32_t i = 0; tuple && i < value->n_items; i++) {
        PyObject *item = alc_bind_scan_value(&value->u.items[i]);
        if (!item) {
            Py_CLEAR(tuple);
            break;
        }
        PyTuple_SET_ITEM(tuple, i, item);
    }
    return tuple;
}

static PyObject *set_object(const struct alc_value *value)
{
    PyObject *set = PySet_New(NULL);

    for (uint32_t i = 0; set && i < value->n_items; i++) {
        PyObject *item = alc_bind_scan_value(&value->u.items[i]);
        if (!item || PySet_Add(set, item) < 0) {
            Py_CLEAR(set);
        }
        Py_XDECREF(item);
    }
    return set;
}

static PyObject *list_object(const struct alc_value *value)
{
    PyObject *tuple = tuple_object(value);
    PyObject *list = tuple ? PySequence_List(tuple) : NULL;

    Py_XDECREF(tuple);
    return list;
}

/* Nested at most ALC_SCAN_MAX_DEPTH deep. */
PyObject *alc_bind_scan_value(const struct alc_value *value)
{
    switch (value->kind) {
    case ALC_VALUE_STR:
        return str_object(value->u.str);
    case ALC_VALUE_TUPLE:
        return tuple_object(value);
    case ALC_VALUE_LIST:
        return list_object(value);
    case ALC_VALUE_SET:
        return set_object(value);
    case ALC_VALUE_NONE:
    case ALC_VALUE_ABSENT:
        break;
    }
    Py_RETURN_NONE;
}

/* --- ScannedFile ------------------------------------------------------------------ */

static const struct alc_scan_file *file_of(PyObject *self)
{
    return ((struct scanned_file *)self)->file;
}

static bool is_exact(const struct alc_scan_file *file)
{
    return file->scan.reason == ALC_SCAN_OK && !file->duplicate;
}

static const char *why_not_exact(const struct alc_scan_file *file)
{
    return file->duplicate ? "it was reached before"
                           : alc_scan_reason_text(file->scan.reason);
}

static PyObject *get_path(PyObject *self, void *closure)
{
    struct alc_str path = file_of(self)->path;

    (void)closure;
    return PyUnicode_DecodeFSDefaultAndSize(path.ptr, (Py_ssize_t)path.len);
}

static PyObject *get_filename(PyObject *self, void *closure)
{
    const struct alc_scan_file *file = file_of(self);

    (void)closure;
    return PyUnicode_DecodeFSDefaultAndSize(
        file->path.ptr + file->name_at, (Py_ssize_t)(file->path.len - file->name_at));
}

static PyObject *get_exact(PyObject *self, void *closure)
{
    (void)closure;
    return PyBool_FromLong(is_exact(file_of(self)));
}

static PyObject *get_reason(PyObject *self, void *closure)
{
    const struct alc_scan_file *file = file_of(self);

    (void)closure;
    if (is_exact(file)) {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromString(why_not_exact(file));
}

static PyObject *get_line(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromUnsignedLong(file_of(self)->scan.line);
}

static PyObject *get_errno(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromLong(file_of(self)->sys_errno);
}

static PyObject *get_broken(PyObject *self, void *closure)
{
    (void)closure;
    return PyBool_FromLong(file_of(self)->scan.broken);
}

static PyObject *get_duplicate(PyObject *self, void *closure)
{
    (void)closure;
    return PyBool_FromLong(file_of(self)->duplicate);
}

static PyObject *get_bound(PyObject *self, void *closure)
{
    const struct alc_scan_file *file = file_of(self);
    long bound = 0;

    (void)closure;
    for (int i = 0; i < ALC_SCAN_N_NAMES && is_exact(file); i++) {
        bound |= (long)(file->scan.values[i].kind != ALC_VALUE_ABSENT) << i;
    }
    return PyLong_FromLong(bound);
}

static PyObject *raise_not_exact(const struct alc_scan_file *file, const char *name)
{
    return PyErr_Format(
        PyExc_AttributeError, "%s: %s%s", name,
        file->duplicate ? "" : "the file has to be executed: ", why_not_exact(file));
}

/* revision, down_revision, ...: the closure is its name in header_names. */
static PyObject *get_value(PyObject *self, void *closure)
{
    const struct alc_scan_file *file = file_of(self);
    const char *const *name = closure;
    const struct alc_value *value = &file->scan.values[name - header_names];

    if (!is_exact(file)) {
        return raise_not_exact(file, *name);
    }
    if (value->kind == ALC_VALUE_ABSENT) {
        return PyErr_Format(PyExc_AttributeError, "the file does not bind '%s'", *name);
    }
    return alc_bind_scan_value(value);
}

static PyObject *get_header(PyObject *self, void *closure)
{
    const struct alc_scan_file *file = file_of(self);
    PyObject *header;

    (void)closure;
    if (!is_exact(file)) {
        return raise_not_exact(file, "header");
    }
    header = PyTuple_New(ALC_SCAN_N_NAMES);
    for (int i = 0; header && i < ALC_SCAN_N_NAMES; i++) {
        PyObject *value = alc_bind_scan_value(&file->scan.values[i]);
        if (!value) {
            Py_CLEAR(header);
            break;
        }
        PyTuple_SET_ITEM(header, i, value);
    }
    return header;
}

#if PY_VERSION_HEX >= 0x030D0000
/* From 3.13 on the compiler removes indentation from docstrings. */
static PyObject *doc_object(struct alc_str doc)
{
    struct alc_arena arena;
    struct alc_error err;
    PyObject *text = NULL;

    alc_arena_init(&arena);
    alc_error_init(&err);
    if (alc_scan_clean_doc(&doc, doc, &arena, &err) < 0) {
        alc_bind_raise(&err, NULL);
    } else {
        text = str_object(doc);
    }
    alc_arena_release(&arena);
    return text;
}
#else
static PyObject *doc_object(struct alc_str doc)
{
    return str_object(doc);
}
#endif

static PyObject *get_doc(PyObject *self, void *closure)
{
    const struct alc_scan_file *file = file_of(self);

    (void)closure;
    if (!is_exact(file)) {
        return raise_not_exact(file, "doc");
    }
    if (!file->scan.has_doc || alc_bind_type_state(Py_TYPE(self))->without_docstrings) {
        Py_RETURN_NONE;
    }
    return doc_object(file->scan.doc);
}

static PyObject *scanned_file_repr(PyObject *self)
{
    PyObject *path = get_path(self, NULL);
    PyObject *text;

    if (!path) {
        return NULL;
    }
    text = PyUnicode_FromFormat("<ScannedFile %R%s>", path,
                                is_exact(file_of(self)) ? "" : " (not exact)");
    Py_DECREF(path);
    return text;
}

static void scanned_file_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    Py_DECREF(((struct scanned_file *)self)->result);
    type->tp_free(self);
    Py_DECREF(type);
}

#define HEADER_NAME(i) (void *)&header_names[i]

static PyGetSetDef scanned_file_getset[] = {
    {"path", get_path, NULL, "Where the file is.", NULL},
    {"filename", get_filename, NULL, "The last component of path.", NULL},
    {"exact", get_exact, NULL, "Do the values equal what executing gives?", NULL},
    {"reason", get_reason, NULL, "Why the file is not exact, or None.", NULL},
    {"line", get_line, NULL, "The line that reason or broken is about.", NULL},
    {"errno", get_errno, NULL, "Why the file could not be read, or 0.", NULL},
    {"broken", get_broken, NULL, "Executing it certainly is a SyntaxError.", NULL},
    {"duplicate", get_duplicate, NULL, "The same scan has reached it before.", NULL},
    {"bound", get_bound, NULL, "HAS_* bits of the names that are bound.", NULL},
    {"revision", get_value, NULL, NULL, HEADER_NAME(ALC_SCAN_REVISION)},
    {"down_revision", get_value, NULL, NULL, HEADER_NAME(ALC_SCAN_DOWN_REVISION)},
    {"branch_labels", get_value, NULL, NULL, HEADER_NAME(ALC_SCAN_BRANCH_LABELS)},
    {"depends_on", get_value, NULL, NULL, HEADER_NAME(ALC_SCAN_DEPENDS_ON)},
    {"header", get_header, NULL, "The four values; None for what is not bound.", NULL},
    {"doc", get_doc, NULL, "The module's __doc__.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot scanned_file_slots[] = {
    {Py_tp_doc, "One revision file as the scanner read it."},
    {Py_tp_dealloc, scanned_file_dealloc},
    {Py_tp_repr, scanned_file_repr},
    {Py_tp_getset, scanned_file_getset},
    {0, NULL},
};

static PyType_Spec scanned_file_spec = {
    .name = "alembic_c._core.ScannedFile",
    .basicsize = sizeof(struct scanned_file),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = scanned_file_slots,
};

/* --- functions -------------------------------------------------------------------- */

static struct scan_result *new_result(struct alc_module_state *state)
{
    PyTypeObject *type = state->scan_result_type;
    struct scan_result *result = (struct scan_result *)type->tp_alloc(type, 0);

    if (result) {
        alc_scan_files_init(&result->files);
    }
    return result;
}

PyObject *alc_bind_scanned_file(const struct alc_module_state *state,
                                struct scan_result *result, size_t i)
{
    PyTypeObject *type = state->scanned_type;
    struct scanned_file *self = (struct scanned_file *)type->tp_alloc(type, 0);

    if (self) {
        Py_INCREF(result);
        self->result = result;
        self->file = result->files.files[i];
    }
    return (PyObject *)self;
}

/* All files of a result. */
static PyObject *result_list(const struct alc_module_state *state,
                             struct scan_result *result)
{
    size_t n = result->files.n_files;
    PyObject *list = PyList_New((Py_ssize_t)n);

    for (size_t i = 0; list && i < n; i++) {
        PyObject *file = alc_bind_scanned_file(state, result, i);
        if (!file) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, (Py_ssize_t)i, file);
    }
    return list;
}

/* The exception for a scan that failed. */
static void raise_scan_error(const struct scan_result *result,
                             const struct alc_error *err)
{
    struct alc_str failed = result->files.failed_path;
    PyObject *path = NULL;

    if (failed.ptr) {
        path = PyUnicode_DecodeFSDefaultAndSize(failed.ptr, (Py_ssize_t)failed.len);
        if (!path) {
            return;
        }
    }
    alc_bind_raise(err, path);
    Py_XDECREF(path);
}

/*
 * The paths of one scan as bytes.  Not in a list: code of other paths and other threads
 * could find and change it.
 */
struct path_list {
    PyObject **encoded; /* strong */
    const char **paths; /* borrowed from these */
    size_t n;
};

static void path_list_release(struct path_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        Py_DECREF(list->encoded[i]);
    }
    PyMem_Free(list->encoded);
    PyMem_Free(list->paths);
}

/* Returns 0 or -1; release it in every case. */
static int path_list_make(struct path_list *out, PyObject *paths)
{
    PyObject *items;
    size_t n;
    int rc = 0;

    memset(out, 0, sizeof *out);
    if (PyUnicode_Check(paths) || PyBytes_Check(paths)) {
        PyErr_SetString(PyExc_TypeError, "paths: a list of paths is needed, not one");
        return -1;
    }
    items = PySequence_Tuple(paths);
    if (!items) {
        return -1;
    }
    n = (size_t)PyTuple_GET_SIZE(items);
    out->encoded = PyMem_Calloc(n ? n : 1, sizeof *out->encoded);
    out->paths = PyMem_Calloc(n ? n : 1, sizeof *out->paths);
    if (!out->encoded || !out->paths) {
        PyErr_NoMemory();
        rc = -1;
    }
    for (size_t i = 0; rc == 0 && i < n; i++) {
        PyObject *path = PyTuple_GET_ITEM(items, (Py_ssize_t)i);
        if (PyUnicode_FSConverter(path, &out->encoded[i])) {
            out->paths[i] = PyBytes_AS_STRING(out->encoded[i]);
            out->n++;
        } else {
            rc = -1;
        }
    }
    Py_DECREF(items);
    return rc;
}

static PyObject *scan_tree(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"paths", "recursive", "sourceless", NULL};
    struct scan_result *result = NULL;
    struct path_list list;
    PyObject *paths;
    int recursive = 0, sourceless = 0;
    struct alc_error err;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$pp", keywords, &paths,
                                     &recursive, &sourceless)) {
        return NULL;
    }
    if (path_list_make(&list, paths) == 0) {
        result = new_result(alc_bind_state(module));
    }
    if (result) {
        struct alc_scan_options options = {.recursive = recursive != 0,
                                           .sourceless = sourceless != 0};
        int rc;

        alc_error_init(&err);
        Py_BEGIN_ALLOW_THREADS;
        rc = alc_scan_directories(&result->files, list.paths, list.n, options, &err);
        Py_END_ALLOW_THREADS;
        if (rc < 0) {
            raise_scan_error(result, &err);
            Py_CLEAR(result);
        }
    }
    path_list_release(&list);
    return (PyObject *)result;
}

static PyObject *scan_directory(PyObject *module, PyObject *args, PyObject *kwargs)
{
    PyObject *tree = scan_tree(module, args, kwargs);
    PyObject *list =
        tree ? result_list(alc_bind_state(module), (struct scan_result *)tree) : NULL;

    Py_XDECREF(tree);
    return list;
}

static PyObject *scan_file(PyObject *module, PyObject *path)
{
    struct alc_module_state *state = alc_bind_state(module);
    struct scan_result *result;
    PyObject *encoded, *file = NULL;
    struct alc_error err;
    int rc;

    if (!PyUnicode_FSConverter(path, &encoded)) {
        return NULL;
    }
    alc_error_init(&err);
    result = new_result(state);
    if (result) {
        Py_BEGIN_ALLOW_THREADS;
        rc = alc_scan_one(&result->files, PyBytes_AS_STRING(encoded), &err);
        Py_END_ALLOW_THREADS;
        if (rc < 0) {
            alc_bind_raise(&err, path);
        } else {
            file = alc_bind_scanned_file(state, result, 0);
        }
        Py_DECREF(result);
    }
    Py_DECREF(encoded);
    return file;
}

/* METH_KEYWORDS functions have three parameters; the table wants two. */
#define KEYWORDS_FUNCTION(f) (PyCFunction)(void (*)(void)) f

static PyMethodDef scan_functions[] = {
    {"scan_directory", KEYWORDS_FUNCTION(scan_directory), METH_VARARGS | METH_KEYWORDS,
     "scan_directory(paths, *, recursive=False, sourceless=False)\n--\n\n"
     "Read all revision files below the paths, as a list."},
    {"scan_tree", KEYWORDS_FUNCTION(scan_tree), METH_VARARGS | METH_KEYWORDS,
     "scan_tree(paths, *, recursive=False, sourceless=False)\n--\n\n"
     "Read all revision files below the paths."},
    {"scan_file", scan_file, METH_O,
     "scan_file(path, /)\n--\n\nRead one revision file."},
    {NULL, NULL, 0, NULL},
};

static int add_constants(PyObject *module)
{
    static const char *const names[ALC_SCAN_N_NAMES] = {
        [ALC_SCAN_REVISION] = "HAS_REVISION",
        [ALC_SCAN_DOWN_REVISION] = "HAS_DOWN_REVISION",
        [ALC_SCAN_BRANCH_LABELS] = "HAS_BRANCH_LABELS",
        [ALC_SCAN_DEPENDS_ON] = "HAS_DEPENDS_ON",
    };

    for (int i = 0; i < ALC_SCAN_N_NAMES; i++) {
        if (PyModule_AddIntConstant(module, names[i], 1L << i) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Does the interpreter drop docstrings (-OO)? */
static int read_optimize(struct alc_module_state *state)
{
    PyObject *flags = PySys_GetObject("flags"); /* borrowed */
    PyObject *optimize = flags ? PyObject_GetAttrString(flags, "optimize") : NULL;
    long level = optimize ? PyLong_AsLong(optimize) : 0;

    Py_XDECREF(optimize);
    if (PyErr_Occurred()) {
        return -1;
    }
    state->without_docstrings = level >= 2;
    return 0;
}

int alc_bind_scan_exec(PyObject *module, struct alc_module_state *state)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &scanned_file_spec, NULL);

    state->scanned_type = (PyTypeObject *)type;
    if (!type || PyModule_AddType(module, state->scanned_type) < 0 ||
        alc_bind_scan_tree_exec(module, state) < 0 || add_constants(module) < 0 ||
        read_optimize(state) < 0) {
        return -1;
    }
    return PyModule_AddFunctions(module, scan_functions);
}
