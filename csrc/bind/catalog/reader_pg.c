/*
 * PgReader: PostgreSQL's catalogs from rows that Python fetched.
 */
#include "catalog_state.h"

#include "../core/raise.h"
#include "alc/pg.h"

struct pg_reader {
    struct alc_bind_reader base;
    struct alc_pg_reader *reader;
    PyObject *names;         /* tuple of str, or NULL for all schemas */
    struct alc_str *schemas; /* borrow from `names` */
};

/* Schema names as the core takes them.  Returns 0, or -1 with an exception set. */
static int read_schemas(struct pg_reader *self, PyObject *schemas,
                        struct alc_pg_options *options)
{
    if (schemas == Py_None) {
        return 0;
    }
    self->names = PySequence_Tuple(schemas);
    if (!self->names) {
        return -1;
    }
    size_t n = (size_t)PyTuple_GET_SIZE(self->names);
    self->schemas = PyMem_Calloc(n ? n : 1, sizeof *self->schemas);
    if (!self->schemas) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        PyObject *name = PyTuple_GET_ITEM(self->names, (Py_ssize_t)i);
        if (alc_bind_borrow_text(&self->schemas[i], name) < 0) {
            return -1;
        }
    }
    options->schemas = self->schemas;
    options->n_schemas = n;
    return 0;
}

static PyObject *pg_reader_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"server_version", "schemas", "defaults",     "checks",
                               "sequences",      "details", "system_types", NULL};
    unsigned int version;
    PyObject *schemas = Py_None;
    int defaults = 1, checks = 1, sequences = 1, details = 1, system_types = 1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "I|O$ppppp:PgReader", keywords,
                                     &version, &schemas, &defaults, &checks, &sequences,
                                     &details, &system_types)) {
        return NULL;
    }
    struct pg_reader *self = (struct pg_reader *)type->tp_alloc(type, 0);
    if (!self) {
        return NULL;
    }
    alc_catalog_init(&self->base.model, ALC_BACKEND_POSTGRESQL);
    struct alc_pg_options options = {
        .without_defaults = !defaults,
        .without_checks = !checks,
        .without_sequences = !sequences,
        .without_details = !details,
        .without_system_types = !system_types,
    };
    struct alc_error err;
    alc_error_init(&err);
    if (read_schemas(self, schemas, &options) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    if (alc_pg_reader_new(&self->reader, &self->base.model, version, &options, &err)) {
        Py_DECREF(self);
        return alc_bind_raise(&err, NULL);
    }
    return (PyObject *)self;
}

static void pg_reader_dealloc(PyObject *object)
{
    struct pg_reader *self = (struct pg_reader *)object;
    alc_pg_reader_free(self->reader);
    PyMem_Free(self->schemas);
    Py_XDECREF(self->names);
    alc_bind_reader_dealloc(object);
}

static int check_query(long query)
{
    if (query < 0 || query >= ALC_PG_N_QUERIES) {
        PyErr_Format(PyExc_ValueError, "no catalog query %ld", query);
        return -1;
    }
    return 0;
}

static PyObject *pg_reader_sql(PyObject *object, PyObject *argument)
{
    struct pg_reader *self = (struct pg_reader *)object;
    long query = PyLong_AsLong(argument);
    if ((query == -1 && PyErr_Occurred()) || check_query(query) < 0 ||
        alc_bind_check_idle(self->base.reading) < 0) {
        return NULL;
    }
    struct alc_buf sql;
    struct alc_error err;
    alc_buf_init(&sql);
    alc_error_init(&err);
    int rc = alc_pg_sql(&sql, self->reader, (enum alc_pg_query)query, &err);
    PyObject *text = rc ? alc_bind_raise(&err, NULL)
                        : PyUnicode_FromStringAndSize(sql.ptr, (Py_ssize_t)sql.len);
    alc_buf_release(&sql);
    return text;
}

static PyObject *pg_reader_feed(PyObject *object, PyObject *args)
{
    struct pg_reader *self = (struct pg_reader *)object;
    long query;
    PyObject *rows;
    if (!PyArg_ParseTuple(args, "lO:feed", &query, &rows) || check_query(query) < 0) {
        return NULL;
    }
    struct alc_rows source;
    struct alc_bind_rows tuples;
    size_t n_columns = alc_pg_n_columns((enum alc_pg_query)query);
    struct alc_error err;
    alc_error_init(&err);
    if (alc_bind_rows_begin(&source, &tuples, rows, n_columns, &self->base.reading) <
        0) {
        return NULL;
    }
    int rc = alc_pg_feed(self->reader, (enum alc_pg_query)query, &source, &err);
    struct alc_module_state *state = PyType_GetModuleState(Py_TYPE(object));
    if (alc_bind_rows_end(&tuples, state, rc, &err) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *pg_reader_finish(PyObject *object, PyObject *unused)
{
    (void)unused;
    struct pg_reader *self = (struct pg_reader *)object;
    struct alc_error err;
    alc_error_init(&err);
    if (alc_bind_check_idle(self->base.reading) < 0) {
        return NULL;
    }
    return alc_bind_reader_take(&self->base, alc_pg_finish(self->reader, &err), &err);
}

static PyMethodDef pg_reader_methods[] = {
    {"sql", pg_reader_sql, METH_O,
     PyDoc_STR("sql(query) -> str\n\nThe text of catalog query number `query`.")},
    {"feed", pg_reader_feed, METH_VARARGS,
     PyDoc_STR("feed(query, rows) -> None\n\nRead that query's rows, all of them.")},
    {"finish", pg_reader_finish, METH_NOARGS,
     PyDoc_STR("finish() -> Catalog\n\nAfter all queries; once: then the reader "
               "cannot be used any more.")},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot pg_reader_slots[] = {
    {Py_tp_doc, "PgReader(server_version, schemas=None, *, defaults=True, checks=True, "
                "sequences=True, details=True, system_types=True)"},
    {Py_tp_new, pg_reader_new},
    {Py_tp_dealloc, pg_reader_dealloc},
    {Py_tp_methods, pg_reader_methods},
    {0, NULL},
};

static PyType_Spec pg_reader_spec = {
    .name = "alembic_c._catalog.PgReader",
    .basicsize = sizeof(struct pg_reader),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = pg_reader_slots,
};

static int add_names_columns(PyObject *module)
{
    size_t n = alc_pg_n_columns(ALC_PG_NAMES);
    PyObject *names = PyTuple_New((Py_ssize_t)n);
    for (size_t i = 0; names && i < n; i++) {
        PyObject *name = PyUnicode_FromString(alc_pg_names_columns[i]);
        if (!name) {
            Py_CLEAR(names);
            break;
        }
        PyTuple_SET_ITEM(names, (Py_ssize_t)i, name);
    }
    int rc = names ? PyModule_AddObjectRef(module, "PG_NAMES_COLUMNS", names) : -1;
    Py_XDECREF(names);
    return rc;
}

int alc_bind_pg_exec(PyObject *module, struct alc_module_state *state)
{
    state->pg_reader_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &pg_reader_spec, NULL);
    if (!state->pg_reader_type || PyModule_AddType(module, state->pg_reader_type) < 0) {
        return -1;
    }
    if (add_names_columns(module) < 0) {
        return -1;
    }
    return PyModule_AddIntConstant(module, "PG_N_QUERIES", ALC_PG_N_QUERIES);
}
