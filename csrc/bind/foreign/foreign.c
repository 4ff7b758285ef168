/* See foreign.h. */
#include "foreign.h"

/* --- failures ------------------------------------------------------------------------
 */

/* DatabaseError with a code or NULL for none; bytes that are no text are escaped. */
static void raise_database_error(PyObject *type, const char *message, const char *code)
{
    PyObject *text =
        PyUnicode_DecodeUTF8(message, (Py_ssize_t)strlen(message), "backslashreplace");
    PyObject *error = text ? PyObject_CallOneArg(type, text) : NULL;
    PyObject *sqlstate = error && code ? PyUnicode_FromString(code) : NULL;
    bool coded =
        !code || (sqlstate && PyObject_SetAttrString(error, "sqlstate", sqlstate) == 0);
    if (error && coded) {
        PyErr_SetObject(type, error);
    }
    Py_XDECREF(sqlstate);
    Py_XDECREF(error);
    Py_XDECREF(text);
}

void alc_foreign_raise(struct alc_foreign *self, int rc, const struct alc_error *err)
{
    const struct alc_module_state *state = PyType_GetModuleState(Py_TYPE(self));
    const struct alc_session *session = self->session;
    if (PyErr_Occurred()) {
        return;
    }
    if (rc == ALC_E_NOMEM) {
        PyErr_NoMemory();
        return;
    }
    raise_database_error(state->database_error,
                         err->sys_errno || !session->message ? err->msg
                                                             : session->message,
                         session->sqlstate[0] ? session->sqlstate : NULL);
}

/* --- the lock ------------------------------------------------------------------------
 */

static const char in_use[] = "the connection is used by a call that has not returned";

static bool is_mine(const struct alc_foreign *self)
{
    return atomic_load(&self->owner) == PyThread_get_thread_ident();
}

int alc_foreign_enter(struct alc_foreign *self)
{
    if (is_mine(self)) {
        PyErr_SetString(PyExc_RuntimeError, in_use);
        return -1;
    }
    if (!PyThread_acquire_lock(self->lock, NOWAIT_LOCK)) {
        Py_BEGIN_ALLOW_THREADS;
        PyThread_acquire_lock(self->lock, WAIT_LOCK);
        Py_END_ALLOW_THREADS;
    }
    atomic_store(&self->owner, PyThread_get_thread_ident());
    return 0;
}

/* The same without the GIL; ALC_E_INVALID if this thread has it. */
static int enter_unlocked(struct alc_foreign *self, struct alc_error *err)
{
    if (is_mine(self)) {
        return alc_error_set(err, ALC_E_INVALID, 0, "%s", in_use);
    }
    PyThread_acquire_lock(self->lock, WAIT_LOCK);
    atomic_store(&self->owner, PyThread_get_thread_ident());
    return 0;
}

static void leave_lock(struct alc_foreign *self)
{
    atomic_store(&self->owner, 0);
    PyThread_release_lock(self->lock);
}

/* Before the lock is left: close, if code that ran meanwhile wants that.  rc: of what
 * was done; returns a failure if that was in the middle of it. */
static int close_if_wanted(struct alc_foreign *self, int rc, struct alc_error *err)
{
    if (!self->close_wanted) {
        return rc;
    }
    self->close_wanted = false;
    self->session->kind->close(self->session);
    return rc ? alc_session_fail(self->session, "the connection is closed", NULL, err)
              : rc;
}

void alc_foreign_leave(struct alc_foreign *self)
{
    close_if_wanted(self, 0, NULL);
    leave_lock(self);
}

/* --- waiting -------------------------------------------------------------------------
 */

/* From inside the session, without the GIL. */
static int handle_signals(void *object)
{
    const struct alc_foreign *self = object;
    int rc = self->reading ? alc_bind_source_signals(self->reading) : 0;
    return self->close_wanted ? -1 : rc;
}

void alc_foreign_begin_waiting(struct alc_foreign *self,
                               struct alc_bind_source *waiting)
{
    memset(waiting, 0, sizeof *waiting);
    self->reading = waiting;
    waiting->thread = PyEval_SaveThread();
}

void alc_foreign_end_waiting(struct alc_foreign *self, struct alc_bind_source *waiting)
{
    self->reading = NULL;
    PyEval_RestoreThread(waiting->thread);
}

/* --- rows ----------------------------------------------------------------------------
 */

/* A row source and the object that it reads from. */
struct source {
    struct alc_bind_source base;
    struct alc_foreign *owner; /* strong */
    size_t query;              /* which of the owner's queries it reads, from 1 on */
};

/* Without the GIL. */
static int next_row(void *of, struct alc_cell *cells, struct alc_error *err)
{
    struct source *source = of;
    struct alc_foreign *self = source->owner;
    int rc = enter_unlocked(self, err);
    if (rc) {
        return rc;
    }
    self->reading = &source->base;
    rc = source->query == self->n_queries
             ? self->session->kind->next(self->session, cells, err)
             : alc_session_fail(self->session, "another query was begun", NULL, err);
    self->reading = NULL;
    rc = rc < 0 ? close_if_wanted(self, rc, err) : rc;
    leave_lock(self);
    return rc;
}

static void raise_of_rows(struct alc_bind_source *base)
{
    struct alc_foreign *self = ((struct source *)base)->owner;
    static const struct alc_error none = {.code = ALC_E_IO};
    if (alc_foreign_enter(self) < 0) {
        return;
    }
    if (self->session->message) {
        alc_foreign_raise(self, ALC_E_IO, &none);
    }
    alc_foreign_leave(self);
}

static void free_source(PyObject *capsule)
{
    struct source *source = PyCapsule_GetPointer(capsule, ALC_SOURCE_CAPSULE);
    if (source) {
        Py_DECREF(source->owner);
        PyMem_Free(source);
    }
}

/* A capsule around rows to be filled in; NULL with an exception set. */
static PyObject *new_source(struct source **out, struct alc_foreign *owner)
{
    struct source *source = PyMem_Calloc(1, sizeof *source);
    if (!source) {
        return PyErr_NoMemory();
    }
    PyObject *capsule = PyCapsule_New(source, ALC_SOURCE_CAPSULE, free_source);
    if (!capsule) {
        PyMem_Free(source);
        return NULL;
    }
    source->base.raise = raise_of_rows;
    source->base.rows.self = source;
    source->base.rows.next = next_row;
    source->owner = (struct alc_foreign *)Py_NewRef((PyObject *)owner);
    *out = source;
    return capsule;
}

/* --- methods -------------------------------------------------------------------------
 */

/* The bytes of a statement: UTF-8 without a NUL, or what any_bytes allows.  NULL with
 * an exception set. */
static PyObject *sql_bytes(PyObject *text, bool any_bytes)
{
    PyObject *bytes =
        PyUnicode_AsEncodedString(text, "utf-8", any_bytes ? "surrogateescape" : NULL);
    if (bytes && !any_bytes &&
        strlen(PyBytes_AS_STRING(bytes)) != (size_t)PyBytes_GET_SIZE(bytes)) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        Py_CLEAR(bytes);
    }
    return bytes;
}

/* Run a command, or begin a query whose rows `source` will give.  Returns 0, or -1 with
 * an exception set. */
static int run(struct alc_foreign *self, PyObject *sql, struct source *source)
{
    struct alc_session *session = self->session;
    struct alc_str text = {PyBytes_AS_STRING(sql), (size_t)PyBytes_GET_SIZE(sql)};
    struct alc_bind_source waiting;
    struct alc_error err;
    if (alc_foreign_enter(self) < 0) {
        return -1;
    }
    alc_error_init(&err);
    alc_foreign_begin_waiting(self, &waiting);
    int rc =
        source ? session->kind->query(&source->base.rows.n_columns, session, text, &err)
               : session->kind->execute(session, text.ptr, &err);
    if (source && !rc) {
        source->query = ++self->n_queries;
    }
    alc_foreign_end_waiting(self, &waiting);
    rc = close_if_wanted(self, rc, &err);
    if (rc) {
        alc_foreign_raise(self, rc, &err);
    }
    alc_foreign_leave(self);
    return rc ? -1 : 0;
}

static PyObject *foreign_execute(PyObject *object, PyObject *argument)
{
    PyObject *sql = sql_bytes(argument, false);
    int rc = sql ? run((struct alc_foreign *)object, sql, NULL) : -1;
    Py_XDECREF(sql);
    return rc < 0 ? NULL : Py_NewRef(Py_None);
}

static PyObject *foreign_rows(PyObject *object, PyObject *argument)
{
    struct alc_foreign *self = (struct alc_foreign *)object;
    PyObject *sql = sql_bytes(argument, self->session->kind->any_bytes);
    struct source *source = NULL;
    PyObject *capsule = sql ? new_source(&source, self) : NULL;
    if (capsule && run(self, sql, source) < 0) {
        Py_CLEAR(capsule);
    }
    Py_XDECREF(sql);
    return capsule;
}

static PyObject *foreign_close(PyObject *object, PyObject *unused)
{
    struct alc_foreign *self = (struct alc_foreign *)object;
    (void)unused;
    if (is_mine(self)) {
        self->close_wanted = true; /* as soon as that call can be ended */
        Py_RETURN_NONE;
    }
    if (alc_foreign_enter(self) < 0) {
        return NULL;
    }
    self->session->kind->close(self->session);
    alc_foreign_leave(self);
    Py_RETURN_NONE;
}

PyMethodDef alc_foreign_methods[] = {
    {"execute", foreign_execute, METH_O,
     PyDoc_STR("execute(sql) -> None\n\nRun a command that gives no rows.")},
    {"rows", foreign_rows, METH_O,
     PyDoc_STR("rows(sql) -> source\n\nBegin a query; a reader of _catalog takes the "
               "rows, all of them.")},
    {"close", foreign_close, METH_NOARGS,
     PyDoc_STR("close() -> None\n\nAlso while another thread reads, or from a signal "
               "handler while this one does: it fails.")},
    {NULL, NULL, 0, NULL},
};

/* --- the object and its module -------------------------------------------------------
 */

/*
 * The path of a library: the caller's, or for None the one that the function `finder`
 * of alembic_c.catalog._libraries finds.  Bytes for the loader; NULL with an exception
 * set.
 */
static PyObject *library_path(PyObject *given, const char *finder)
{
    PyObject *path = NULL, *bytes = NULL;
    if (given && given != Py_None) {
        path = Py_NewRef(given);
    } else {
        PyObject *module = PyImport_ImportModule("alembic_c.catalog._libraries");
        path = module ? PyObject_CallMethod(module, finder, NULL) : NULL;
        Py_XDECREF(module);
    }
    if (path) {
        PyUnicode_FSConverter(path, &bytes);
        Py_DECREF(path);
    }
    return bytes;
}

PyObject *alc_foreign_load(struct alc_session *session, PyObject *given)
{
    PyObject *path = library_path(given, session->kind->library);
    struct alc_error err;
    if (!path) {
        return NULL;
    }
    alc_error_init(&err);
    int rc = session->kind->load(session, PyBytes_AS_STRING(path), &err);
    Py_DECREF(path);
    PyObject *text = rc ? PyUnicode_DecodeFSDefault(err.msg) : NULL;
    if (text) {
        PyErr_SetObject(PyExc_ImportError, text);
        Py_DECREF(text);
    }
    return rc ? NULL : Py_NewRef(Py_None);
}

int alc_foreign_init(struct alc_foreign *self, struct alc_session *session,
                     PyObject *given)
{
    self->session = session;
    session->interrupted = handle_signals;
    session->interrupted_self = self;
    self->lock = PyThread_allocate_lock();
    if (!self->lock) {
        PyErr_NoMemory();
        return -1;
    }
    PyObject *loaded = alc_foreign_load(session, given);
    Py_XDECREF(loaded);
    return loaded ? 0 : -1;
}

void alc_foreign_dealloc(PyObject *object)
{
    struct alc_foreign *self = (struct alc_foreign *)object;
    PyTypeObject *type = Py_TYPE(object);
    self->session->kind->release(self->session);
    if (self->lock) {
        PyThread_free_lock(self->lock);
    }
    type->tp_free(object);
    Py_DECREF(type);
}

int alc_foreign_exec(PyObject *module, struct alc_module_state *state,
                     PyType_Spec *spec)
{
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
        (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return state->connection_type ? PyModule_AddType(module, state->connection_type)
                                  : -1;
}
