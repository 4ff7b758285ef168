/*
 * The module alembic_c._sqlite3: an SQLite file of our own, whose rows go straight into
 * the catalog reader.
 */
#include "../../source/sqlite3/database.h"

#include "../catalog/foreign.h"

enum { BUSY_MS = 5000 };

struct module_state {
    PyTypeObject *database_type;
    PyObject *database_error;
};

struct database {
    PyObject_HEAD struct alc_sqlite3 lite; /* under `lock` */
    struct alc_foreign_lock lock;
    size_t n_queries; /* under `lock`: the last one's rows can be read, no others */
};

static void raise_failure(struct database *self, int rc, const struct alc_error *err)
{
    struct module_state *state = PyType_GetModuleState(Py_TYPE(self));
    if (rc == ALC_E_NOMEM) {
        PyErr_NoMemory();
        return;
    }
    alc_foreign_raise(state->database_error,
                      self->lite.message ? self->lite.message : err->msg, NULL);
}

/* --- rows ----------------------------------------------------------------------------
 */

/* Without the GIL. */
static int next_row(void *self, struct alc_cell *cells, struct alc_error *err)
{
    struct alc_foreign_source *source = self;
    struct database *database = (struct database *)source->owner;
    int rc = alc_foreign_enter_unlocked(&database->lock, err);
    if (rc) {
        return rc;
    }
    rc = source->query == database->n_queries
             ? alc_sqlite3_next(&database->lite, cells, err)
             : alc_sqlite3_fail(&database->lite, "another query was begun", err);
    alc_foreign_leave(&database->lock);
    return rc;
}

/* Code that ran under the lock, such as a finalizer, may have wanted it closed. */
static void leave(struct database *self)
{
    if (self->lock.close_wanted) {
        self->lock.close_wanted = false;
        alc_sqlite3_close(&self->lite);
    }
    alc_foreign_leave(&self->lock);
}

static void raise_of_rows(struct alc_bind_source *base)
{
    struct alc_foreign_source *source = (struct alc_foreign_source *)base;
    struct database *database = (struct database *)source->owner;
    static const struct alc_error none = {.code = ALC_E_IO};
    if (alc_foreign_enter(&database->lock) < 0) {
        return;
    }
    if (database->lite.message) {
        raise_failure(database, ALC_E_IO, &none);
    }
    leave(database);
}

/* --- Database ------------------------------------------------------------------------
 */

/* Returns 0, or -1 with an exception set. */
static int load(struct alc_sqlite3_api *api, PyObject *given)
{
    PyObject *path = alc_foreign_library(given, "sqlite3");
    struct alc_error err;
    alc_error_init(&err);
    int rc = path ? alc_sqlite3_load(api, PyBytes_AS_STRING(path), &err) : -1;
    if (path && rc) {
        alc_foreign_raise_import(&err);
    }
    Py_XDECREF(path);
    return rc ? -1 : 0;
}

static PyObject *database_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"name", "uri", "library", NULL};
    PyObject *name, *given = NULL;
    int is_uri = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&|$pO:Database", keywords,
                                     PyUnicode_FSConverter, &name, &is_uri, &given)) {
        return NULL;
    }
    struct database *self = (struct database *)type->tp_alloc(type, 0);
    if (self) {
        alc_sqlite3_init(&self->lite);
        self->lock.lock = PyThread_allocate_lock();
    }
    if (!self || !self->lock.lock) {
        Py_DECREF(name);
        Py_XDECREF(self);
        return PyErr_NoMemory();
    }
    if (load(&self->lite.api, given) < 0) {
        Py_DECREF(name);
        Py_DECREF(self);
        return NULL;
    }
    struct alc_error err;
    alc_error_init(&err);
    int rc;
    Py_BEGIN_ALLOW_THREADS;
    rc = alc_sqlite3_open(&self->lite, PyBytes_AS_STRING(name), is_uri, BUSY_MS, &err);
    Py_END_ALLOW_THREADS;
    Py_DECREF(name);
    if (rc) {
        raise_failure(self, rc, &err);
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void database_dealloc(PyObject *object)
{
    struct database *self = (struct database *)object;
    PyTypeObject *type = Py_TYPE(object);
    alc_sqlite3_release(&self->lite);
    if (self->lock.lock) {
        PyThread_free_lock(self->lock.lock);
    }
    type->tp_free(object);
    Py_DECREF(type);
}

static PyObject *database_close(PyObject *object, PyObject *unused)
{
    struct database *self = (struct database *)object;
    (void)unused;
    if (alc_foreign_is_mine(&self->lock)) {
        self->lock.close_wanted = true;
        Py_RETURN_NONE;
    }
    if (alc_foreign_enter(&self->lock) < 0) {
        return NULL;
    }
    alc_sqlite3_close(&self->lite);
    leave(self);
    Py_RETURN_NONE;
}

static PyObject *database_execute(PyObject *object, PyObject *argument)
{
    struct database *self = (struct database *)object;
    const char *sql = alc_foreign_sql(argument);
    struct alc_error err;
    int rc;
    if (!sql || alc_foreign_enter(&self->lock) < 0) {
        return NULL;
    }
    alc_error_init(&err);
    Py_BEGIN_ALLOW_THREADS;
    rc = alc_sqlite3_execute(&self->lite, sql, &err);
    Py_END_ALLOW_THREADS;
    if (rc) {
        raise_failure(self, rc, &err);
    }
    leave(self);
    return rc ? NULL : Py_NewRef(Py_None);
}

/* The statement's text may hold what the names of tables hold: any bytes. */
static PyObject *database_rows(PyObject *object, PyObject *argument)
{
    struct database *self = (struct database *)object;
    PyObject *sql = PyUnicode_AsEncodedString(argument, "utf-8", "surrogateescape");
    struct alc_foreign_source *source = NULL;
    PyObject *capsule =
        sql ? alc_foreign_new_source(&source, object, raise_of_rows) : NULL;
    if (!capsule || alc_foreign_enter(&self->lock) < 0) {
        Py_XDECREF(capsule);
        Py_XDECREF(sql);
        return NULL;
    }
    struct alc_error err;
    struct alc_rows inner;
    int rc;
    alc_error_init(&err);
    Py_BEGIN_ALLOW_THREADS;
    rc = alc_sqlite3_query(&inner, &self->lite, PyBytes_AS_STRING(sql),
                           (size_t)PyBytes_GET_SIZE(sql), &err);
    Py_END_ALLOW_THREADS;
    source->query = rc ? 0 : ++self->n_queries;
    if (rc) {
        raise_failure(self, rc, &err);
    }
    leave(self);
    Py_DECREF(sql);
    if (rc) {
        Py_DECREF(capsule);
        return NULL;
    }
    source->base.rows.self = source;
    source->base.rows.n_columns = inner.n_columns;
    source->base.rows.next = next_row;
    return capsule;
}

static PyMethodDef database_methods[] = {
    {"execute", database_execute, METH_O,
     PyDoc_STR("execute(sql) -> None\n\nRun a statement that gives no rows.")},
    {"rows", database_rows, METH_O,
     PyDoc_STR("rows(sql) -> source\n\nBegin a query; a reader of _catalog takes the "
               "rows.")},
    {"close", database_close, METH_NOARGS,
     PyDoc_STR("close() -> None\n\nAlso while another thread reads: it fails.")},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot database_slots[] = {
    {Py_tp_doc, "Database(name, *, uri=False, library=None)\n\nA file that is there, "
                "read-only.\n"
                "library: path of an SQLite; None for the one that is found."},
    {Py_tp_new, database_new},
    {Py_tp_dealloc, database_dealloc},
    {Py_tp_methods, database_methods},
    {0, NULL},
};

static PyType_Spec database_spec = {
    .name = "alembic_c._sqlite3.Database",
    .basicsize = sizeof(struct database),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = database_slots,
};

/* --- the module ----------------------------------------------------------------------
 */

static PyObject *module_load(PyObject *module, PyObject *path)
{
    struct alc_sqlite3_api api;
    (void)module;
    return load(&api, path) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *module_same_library(PyObject *module, PyObject *args)
{
    PyObject *path, *other;
    (void)module;
    if (!PyArg_ParseTuple(args, "O&O&:same_library", PyUnicode_FSConverter, &path,
                          PyUnicode_FSConverter, &other)) {
        return NULL;
    }
    bool same = alc_sqlite3_shared(PyBytes_AS_STRING(path), PyBytes_AS_STRING(other));
    Py_DECREF(path);
    Py_DECREF(other);
    return PyBool_FromLong(same);
}

static PyMethodDef module_methods[] = {
    {"load", module_load, METH_O,
     PyDoc_STR(
         "load(path) -> None\n\nLoad an SQLite, or what is linked with one.  Raises "
         "ImportError if there is none that can be used.")},
    {"same_library", module_same_library, METH_VARARGS,
     PyDoc_STR(
         "same_library(path, other) -> bool\n\nWhether two paths lead to the same "
         "copy of SQLite.  Two copies in one process must not open the same file.")},
    {NULL, NULL, 0, NULL},
};

static int module_exec(PyObject *module)
{
    struct module_state *state = PyModule_GetState(module);
    PyObject *catalog = PyImport_ImportModule("alembic_c._catalog");
    if (!catalog) {
        return -1;
    }
    state->database_error = PyObject_GetAttrString(catalog, "DatabaseError");
    Py_DECREF(catalog);
    if (!state->database_error) {
        return -1;
    }
    state->database_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &database_spec, NULL);
    return state->database_type ? PyModule_AddType(module, state->database_type) : -1;
}

static int module_traverse(PyObject *module, visitproc visit, void *arg)
{
    struct module_state *state = PyModule_GetState(module);
    Py_VISIT(state->database_type);
    Py_VISIT(state->database_error);
    return 0;
}

static int module_clear(PyObject *module)
{
    struct module_state *state = PyModule_GetState(module);
    Py_CLEAR(state->database_type);
    Py_CLEAR(state->database_error);
    return 0;
}

static void module_free(void *module)
{
    module_clear(module);
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "alembic_c._sqlite3",
    .m_doc = "SQLite files for reading catalogs, through SQLite's C API.",
    .m_size = sizeof(struct module_state),
    .m_methods = module_methods,
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
    .m_free = module_free,
};

PyMODINIT_FUNC PyInit__sqlite3(void);

PyMODINIT_FUNC PyInit__sqlite3(void)
{
    return PyModuleDef_Init(&module_definition);
}
