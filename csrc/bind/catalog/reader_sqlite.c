/*
 * SqliteReader: the statements of sqlite_schema from rows that Python fetched.
 */
#include "catalog_state.h"

#include <stdbool.h>

#include "../core/raise.h"
#include "alc/sqlite.h"

struct sqlite_reader {
    struct alc_bind_reader base;
    bool parse;
};

static PyObject *sqlite_reader_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"parse", NULL};
    int parse = 1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$p:SqliteReader", keywords,
                                     &parse)) {
        return NULL;
    }
    struct sqlite_reader *self = (struct sqlite_reader *)type->tp_alloc(type, 0);
    if (self) {
        alc_catalog_init(&self->base.model, ALC_BACKEND_SQLITE);
        self->parse = parse;
    }
    return (PyObject *)self;
}

static PyObject *sqlite_reader_sql(PyObject *object, PyObject *database)
{
    (void)object;
    struct alc_str name;
    if (alc_bind_borrow_text(&name, database) < 0) {
        return NULL;
    }
    struct alc_buf sql;
    struct alc_error err;
    alc_buf_init(&sql);
    alc_error_init(&err);
    int rc = alc_sqlite_sql(&sql, name, &err);
    PyObject *text = rc ? alc_bind_raise(&err, NULL)
                        : PyUnicode_FromStringAndSize(sql.ptr, (Py_ssize_t)sql.len);
    alc_buf_release(&sql);
    return text;
}

static PyObject *sqlite_reader_feed(PyObject *object, PyObject *args)
{
    struct sqlite_reader *self = (struct sqlite_reader *)object;
    const char *schema;
    Py_ssize_t schema_len;
    PyObject *rows;
    if (!PyArg_ParseTuple(args, "z#O:feed", &schema, &schema_len, &rows)) {
        return NULL;
    }
    struct alc_rows source;
    struct alc_bind_rows tuples;
    struct alc_error err;
    alc_error_init(&err);
    if (alc_bind_rows_begin(&source, &tuples, rows, ALC_SQLITE_N_COLUMNS,
                            &self->base.reading) < 0) {
        return NULL;
    }
    struct alc_str name = {schema, schema ? (size_t)schema_len : 0};
    int rc = alc_sqlite_feed(&self->base.model, name, self->parse, &source, &err);
    struct alc_module_state *state = PyType_GetModuleState(Py_TYPE(object));
    if (alc_bind_rows_end(&tuples, state, rc, &err) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static int check_pragma(int pragma)
{
    if (pragma < 0 || pragma >= ALC_SQLITE_N_PRAGMAS) {
        PyErr_Format(PyExc_ValueError, "no pragma query %d", pragma);
        return -1;
    }
    return 0;
}

static PyObject *sqlite_reader_pragma_sql(PyObject *object, PyObject *args)
{
    struct sqlite_reader *self = (struct sqlite_reader *)object;
    const char *schema, *database;
    Py_ssize_t schema_len, database_len;
    int pragma;
    if (!PyArg_ParseTuple(args, "z#s#i:pragma_sql", &schema, &schema_len, &database,
                          &database_len, &pragma) ||
        check_pragma(pragma) < 0 || alc_bind_check_idle(self->base.reading) < 0) {
        return NULL;
    }
    struct alc_str under = {schema, schema ? (size_t)schema_len : 0};
    struct alc_str name = {database, (size_t)database_len};
    struct alc_buf sql;
    struct alc_error err;
    PyObject *text;
    alc_buf_init(&sql);
    alc_error_init(&err);
    if (alc_sqlite_pragma_sql(&sql, &self->base.model, under, name,
                              (enum alc_sqlite_pragma)pragma, &err)) {
        text = alc_bind_raise(&err, NULL);
    } else if (sql.len) {
        text = PyUnicode_DecodeUTF8(sql.ptr, (Py_ssize_t)sql.len, "surrogateescape");
    } else {
        text = Py_NewRef(Py_None);
    }
    alc_buf_release(&sql);
    return text;
}

static PyObject *sqlite_reader_feed_pragma(PyObject *object, PyObject *args)
{
    struct sqlite_reader *self = (struct sqlite_reader *)object;
    const char *schema;
    Py_ssize_t schema_len;
    int pragma;
    PyObject *rows;
    if (!PyArg_ParseTuple(args, "z#iO:feed_pragma", &schema, &schema_len, &pragma,
                          &rows) ||
        check_pragma(pragma) < 0) {
        return NULL;
    }
    struct alc_rows source;
    struct alc_bind_rows tuples;
    size_t n_columns = alc_sqlite_pragma_n_columns((enum alc_sqlite_pragma)pragma);
    struct alc_error err;
    alc_error_init(&err);
    if (alc_bind_rows_begin(&source, &tuples, rows, n_columns, &self->base.reading) <
        0) {
        return NULL;
    }
    struct alc_str under = {schema, schema ? (size_t)schema_len : 0};
    int rc = alc_sqlite_pragma_feed(&self->base.model, under,
                                    (enum alc_sqlite_pragma)pragma, &source, &err);
    struct alc_module_state *state = PyType_GetModuleState(Py_TYPE(object));
    if (alc_bind_rows_end(&tuples, state, rc, &err) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef sqlite_reader_methods[] = {
    {"sql", sqlite_reader_sql, METH_O,
     PyDoc_STR("sql(database) -> str\n\nThe query for an attached database.")},
    {"feed", sqlite_reader_feed, METH_VARARGS,
     PyDoc_STR("feed(schema, rows) -> None\n\nRead that query's rows; schema is None "
               "for the main database.")},
    {"pragma_sql", sqlite_reader_pragma_sql, METH_VARARGS,
     PyDoc_STR("pragma_sql(schema, database, pragma) -> str | None\n\nThe query about "
               "the opaque tables there; None if there are none.")},
    {"feed_pragma", sqlite_reader_feed_pragma, METH_VARARGS,
     PyDoc_STR("feed_pragma(schema, pragma, rows) -> None\n\nRead that query's rows.")},
    {"finish", alc_bind_reader_finish, METH_NOARGS,
     PyDoc_STR("finish() -> Catalog\n\nAfter all queries; once: then the reader "
               "cannot be used any more.")},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot sqlite_reader_slots[] = {
    {Py_tp_doc, "SqliteReader(*, parse=True)"},
    {Py_tp_new, sqlite_reader_new},
    {Py_tp_dealloc, alc_bind_reader_dealloc},
    {Py_tp_methods, sqlite_reader_methods},
    {0, NULL},
};

static PyType_Spec sqlite_reader_spec = {
    .name = "alembic_c._catalog.SqliteReader",
    .basicsize = sizeof(struct sqlite_reader),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = sqlite_reader_slots,
};

int alc_bind_sqlite_exec(PyObject *module, struct alc_module_state *state)
{
    state->sqlite_reader_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &sqlite_reader_spec, NULL);
    if (!state->sqlite_reader_type ||
        PyModule_AddType(module, state->sqlite_reader_type) < 0) {
        return -1;
    }
    return PyModule_AddIntConstant(module, "SQLITE_N_PRAGMAS", ALC_SQLITE_N_PRAGMAS);
}
