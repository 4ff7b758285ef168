/*
 * The module alembic_c._libpq: a PostgreSQL connection of our own, whose rows go
 * straight into the catalog reader.
 */
#include "../../source/libpq/connection.h"

#include "../catalog/foreign.h"

struct module_state {
    PyTypeObject *connection_type;
    PyObject *database_error;
};

struct connection {
    PyObject_HEAD struct alc_libpq pq; /* under `lock` */
    struct alc_foreign_lock lock;
    size_t n_queries; /* under `lock`: the last one's rows can be read, no others */
    struct alc_bind_source
        *reading; /* under `lock`: what signals are handled through */
};

static void raise_failure(struct connection *self, int rc, const struct alc_error *err)
{
    struct module_state *state = PyType_GetModuleState(Py_TYPE(self));
    if (PyErr_Occurred()) {
        return;
    }
    if (rc == ALC_E_NOMEM) {
        PyErr_NoMemory();
        return;
    }
    const char *sqlstate = self->pq.sqlstate[0] ? self->pq.sqlstate : NULL;
    alc_foreign_raise(state->database_error,
                      err->sys_errno || !self->pq.message ? err->msg : self->pq.message,
                      sqlstate);
}

/* --- rows ----------------------------------------------------------------------------
 */

static int handle_signals(void *self)
{
    const struct connection *connection = self;
    int rc = connection->reading ? alc_bind_source_signals(connection->reading) : 0;
    return connection->lock.close_wanted ? -1 : rc;
}

/* Before the lock is left: close, if code that ran meanwhile wants that.  rc: of what
 * was done; returns a failure if that was in the middle of it. */
static int close_if_wanted(struct connection *self, int rc, struct alc_error *err)
{
    if (!self->lock.close_wanted) {
        return rc;
    }
    self->lock.close_wanted = false;
    alc_libpq_close(&self->pq);
    return rc ? alc_libpq_fail(&self->pq, "the connection is closed", err) : rc;
}

/* Without the GIL. */
static int next_row(void *self, struct alc_cell *cells, struct alc_error *err)
{
    struct alc_foreign_source *source = self;
    struct connection *connection = (struct connection *)source->owner;
    int rc = alc_foreign_enter_unlocked(&connection->lock, err);
    if (rc) {
        return rc;
    }
    connection->reading = &source->base;
    rc = source->query == connection->n_queries
             ? alc_libpq_next(&connection->pq, cells, err)
             : alc_libpq_fail(&connection->pq, "another query was begun", err);
    connection->reading = NULL;
    rc = rc < 0 ? close_if_wanted(connection, rc, err) : rc;
    alc_foreign_leave(&connection->lock);
    return rc;
}

static void leave(struct connection *self)
{
    close_if_wanted(self, 0, NULL);
    alc_foreign_leave(&self->lock);
}

static void raise_of_rows(struct alc_bind_source *base)
{
    struct alc_foreign_source *source = (struct alc_foreign_source *)base;
    struct connection *connection = (struct connection *)source->owner;
    static const struct alc_error none = {.code = ALC_E_IO};
    if (alc_foreign_enter(&connection->lock) < 0) {
        return;
    }
    if (connection->pq.message) {
        raise_failure(connection, ALC_E_IO, &none);
    }
    leave(connection);
}

/* --- Connection ----------------------------------------------------------------------
 */

/* Returns 0, or -1 with an exception set. */
static int load(struct alc_libpq_api *api, PyObject *given)
{
    PyObject *path = alc_foreign_library(given, "libpq");
    struct alc_error err;
    alc_error_init(&err);
    int rc = path ? alc_libpq_load(api, PyBytes_AS_STRING(path), &err) : -1;
    if (path && rc) {
        alc_foreign_raise_import(&err);
    }
    Py_XDECREF(path);
    return rc ? -1 : 0;
}

static PyObject *connection_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"conninfo", "library", NULL};
    const char *conninfo;
    PyObject *given = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "s|$O:Connection", keywords,
                                     &conninfo, &given)) {
        return NULL;
    }
    struct connection *self = (struct connection *)type->tp_alloc(type, 0);
    if (!self) {
        return NULL;
    }
    alc_libpq_init(&self->pq);
    self->lock.lock = PyThread_allocate_lock();
    if (!self->lock.lock) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    if (load(&self->pq.api, given) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    struct alc_error err;
    alc_error_init(&err);
    self->pq.interrupted = handle_signals;
    self->pq.interrupted_self = self;
    struct alc_bind_source waiting = {.thread = PyEval_SaveThread()};
    self->reading = &waiting;
    int rc = alc_libpq_connect(&self->pq, conninfo, &err);
    self->reading = NULL;
    PyEval_RestoreThread(waiting.thread);
    if (rc) {
        raise_failure(self, rc, &err);
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void connection_dealloc(PyObject *object)
{
    struct connection *self = (struct connection *)object;
    PyTypeObject *type = Py_TYPE(object);
    alc_libpq_release(&self->pq);
    if (self->lock.lock) {
        PyThread_free_lock(self->lock.lock);
    }
    type->tp_free(object);
    Py_DECREF(type);
}

static PyObject *connection_close(PyObject *object, PyObject *unused)
{
    struct connection *self = (struct connection *)object;
    (void)unused;
    if (alc_foreign_is_mine(&self->lock)) {
        self->lock.close_wanted = true; /* as soon as that call can be ended */
        Py_RETURN_NONE;
    }
    if (alc_foreign_enter(&self->lock) < 0) {
        return NULL;
    }
    alc_libpq_close(&self->pq);
    leave(self);
    Py_RETURN_NONE;
}

static PyObject *connection_execute(PyObject *object, PyObject *argument)
{
    struct connection *self = (struct connection *)object;
    const char *sql = alc_foreign_sql(argument);
    struct alc_error err;
    if (!sql || alc_foreign_enter(&self->lock) < 0) {
        return NULL;
    }
    alc_error_init(&err);
    struct alc_bind_source waiting = {.thread = PyEval_SaveThread()};
    self->reading = &waiting;
    int rc = alc_libpq_execute(&self->pq, sql, &err);
    self->reading = NULL;
    PyEval_RestoreThread(waiting.thread);
    rc = close_if_wanted(self, rc, &err);
    if (rc) {
        raise_failure(self, rc, &err);
    }
    leave(self);
    return rc ? NULL : Py_NewRef(Py_None);
}

static PyObject *connection_rows(PyObject *object, PyObject *argument)
{
    struct connection *self = (struct connection *)object;
    const char *sql = alc_foreign_sql(argument);
    struct alc_foreign_source *source = NULL;
    PyObject *capsule =
        sql ? alc_foreign_new_source(&source, object, raise_of_rows) : NULL;
    if (!capsule || alc_foreign_enter(&self->lock) < 0) {
        Py_XDECREF(capsule);
        return NULL;
    }
    struct alc_error err;
    struct alc_rows inner;
    alc_error_init(&err);
    struct alc_bind_source waiting = {.thread = PyEval_SaveThread()};
    self->reading = &waiting;
    int rc = alc_libpq_query(&inner, &self->pq, sql, &err);
    source->query = rc ? 0 : ++self->n_queries;
    self->reading = NULL;
    PyEval_RestoreThread(waiting.thread);
    rc = close_if_wanted(self, rc, &err);
    if (rc) {
        raise_failure(self, rc, &err);
    }
    leave(self);
    if (rc) {
        Py_DECREF(capsule);
        return NULL;
    }
    source->base.rows.self = source;
    source->base.rows.n_columns = inner.n_columns;
    source->base.rows.next = next_row;
    return capsule;
}

static PyObject *connection_server_version(PyObject *object, void *closure)
{
    struct connection *self = (struct connection *)object;
    (void)closure;
    if (alc_foreign_enter(&self->lock) < 0) {
        return NULL;
    }
    long version = alc_libpq_server_version(&self->pq);
    leave(self);
    return PyLong_FromLong(version);
}

static PyMethodDef connection_methods[] = {
    {"execute", connection_execute, METH_O,
     PyDoc_STR("execute(sql) -> None\n\nRun a command that gives no rows.")},
    {"rows", connection_rows, METH_O,
     PyDoc_STR("rows(sql) -> source\n\nSend a query; a reader of _catalog "
               "takes the rows, all of them.")},
    {"close", connection_close, METH_NOARGS,
     PyDoc_STR("close() -> None\n\nAlso while another thread reads, or from a signal "
               "handler while this one does: it fails.")},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef connection_fields[] = {
    {"server_version", connection_server_version, NULL,
     "As SHOW server_version_num; 0 once closed.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot connection_slots[] = {
    {Py_tp_doc,
     "Connection(conninfo, *, library=None)\n\nconninfo: libpq's, or a URI.\n"
     "library: path of a libpq; None for the one that is found."},
    {Py_tp_new, connection_new},
    {Py_tp_dealloc, connection_dealloc},
    {Py_tp_methods, connection_methods},
    {Py_tp_getset, connection_fields},
    {0, NULL},
};

static PyType_Spec connection_spec = {
    .name = "alembic_c._libpq.Connection",
    .basicsize = sizeof(struct connection),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = connection_slots,
};

/* --- the module ----------------------------------------------------------------------
 */

static PyObject *module_load(PyObject *module, PyObject *path)
{
    struct alc_libpq_api api;
    (void)module;
    return load(&api, path) < 0 ? NULL : Py_NewRef(Py_None);
}

static PyMethodDef module_methods[] = {
    {"load", module_load, METH_O,
     PyDoc_STR(
         "load(path) -> None\n\nLoad a libpq, or what is linked with one.  Raises "
         "ImportError if there is none that can be used.")},
    {NULL, NULL, 0, NULL},
};

static int libpq_exec(PyObject *module)
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
    state->connection_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &connection_spec, NULL);
    return state->connection_type ? PyModule_AddType(module, state->connection_type)
                                  : -1;
}

static int libpq_traverse(PyObject *module, visitproc visit, void *arg)
{
    struct module_state *state = PyModule_GetState(module);
    Py_VISIT(state->connection_type);
    Py_VISIT(state->database_error);
    return 0;
}

static int libpq_clear(PyObject *module)
{
    struct module_state *state = PyModule_GetState(module);
    Py_CLEAR(state->connection_type);
    Py_CLEAR(state->database_error);
    return 0;
}

static void libpq_free(void *module)
{
    libpq_clear(module);
}

static PyModuleDef_Slot libpq_slots[] = {
    {Py_mod_exec, libpq_exec},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
    {0, NULL},
};

static struct PyModuleDef libpq_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "alembic_c._libpq",
    .m_doc = "PostgreSQL connections for reading catalogs, through libpq.",
    .m_size = sizeof(struct module_state),
    .m_methods = module_methods,
    .m_slots = libpq_slots,
    .m_traverse = libpq_traverse,
    .m_clear = libpq_clear,
    .m_free = libpq_free,
};

PyMODINIT_FUNC PyInit__libpq(void);

PyMODINIT_FUNC PyInit__libpq(void)
{
    return PyModuleDef_Init(&libpq_module);
}
