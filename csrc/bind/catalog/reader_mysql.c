/*
 * MysqlReader: MySQL's and MariaDB's tables, from statements and rows that Python
 * fetched.
 */
#include "catalog_state.h"

#include <stdbool.h>

#include "../core/raise.h"
#include "alc/mysql.h"

struct mysql_reader {
    struct alc_bind_reader base;
    struct alc_mysql_session session; /* its charsets are in the model's arena */
    struct alc_mysql_bulk *bulk;      /* between begin() and end(), else NULL */
};

/* Whether it may be used, between begin() and end() or not: 0, or -1 with an
 * exception. */
static int check_state(struct mysql_reader *self, bool in_bulk)
{
    if (alc_bind_check_idle(self->base.reading) < 0) {
        return -1;
    }
    if ((self->bulk != NULL) != in_bulk) {
        PyErr_SetString(PyExc_RuntimeError, in_bulk ? "begin() has not been called"
                                                    : "end() has not been called");
        return -1;
    }
    return 0;
}

/* A text in the model out of an item of a sequence.  Returns 0 or -1 with an exception.
 */
static int take_text(struct alc_str *out, struct mysql_reader *self, PyObject *row,
                     Py_ssize_t at)
{
    struct alc_error err;
    struct alc_str text;
    PyObject *value = PySequence_GetItem(row, at);
    int rc = value ? alc_bind_borrow_text(&text, value) : -1;
    alc_error_init(&err);
    if (rc == 0) {
        rc = alc_catalog_text(out, &self->base.model, text, &err);
        if (rc) {
            alc_bind_raise(&err, NULL);
        }
    }
    Py_XDECREF(value);
    return rc ? -1 : 0;
}

static int add_charset(struct mysql_reader *self, PyObject *row)
{
    struct alc_mysql_charset *charset =
        alc_arena_calloc(&self->base.model.arena, 1, sizeof *charset);
    if (!charset) {
        PyErr_NoMemory();
        return -1;
    }
    if (take_text(&charset->name, self, row, 0) < 0 ||
        take_text(&charset->collation, self, row, 1) < 0) {
        return -1;
    }
    charset->next = self->session.charsets;
    self->session.charsets = charset;
    return 0;
}

static int add_charsets(struct mysql_reader *self, PyObject *rows)
{
    PyObject *items = PySequence_Tuple(rows);
    int rc = items ? 0 : -1;
    for (Py_ssize_t i = 0; !rc && i < PyTuple_GET_SIZE(items); i++) {
        rc = add_charset(self, PyTuple_GET_ITEM(items, i));
    }
    Py_XDECREF(items);
    return rc;
}

static PyObject *mysql_reader_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"is_mariadb", "ansi_quotes", "charsets", NULL};
    int is_mariadb, ansi_quotes = 0;
    PyObject *charsets = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "p|$pO:MysqlReader", keywords,
                                     &is_mariadb, &ansi_quotes, &charsets)) {
        return NULL;
    }
    struct mysql_reader *self = (struct mysql_reader *)type->tp_alloc(type, 0);
    if (!self) {
        return NULL;
    }
    alc_catalog_init(&self->base.model,
                     is_mariadb ? ALC_BACKEND_MARIADB : ALC_BACKEND_MYSQL);
    self->session.is_mariadb = is_mariadb;
    self->session.ansi_quotes = ansi_quotes;
    if (charsets && add_charsets(self, charsets) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyObject *mysql_reader_add(PyObject *object, PyObject *args)
{
    struct mysql_reader *self = (struct mysql_reader *)object;
    const char *schema, *name, *sql;
    Py_ssize_t schema_len, name_len, sql_len;
    if (!PyArg_ParseTuple(args, "z#s#s#:add", &schema, &schema_len, &name, &name_len,
                          &sql, &sql_len) ||
        check_state(self, false) < 0) {
        return NULL;
    }
    struct alc_str under = {schema, schema ? (size_t)schema_len : 0};
    struct alc_str table_name = {name, (size_t)name_len};
    struct alc_str statement = {sql, (size_t)sql_len};
    struct alc_table *table;
    struct alc_error err;
    alc_error_init(&err);
    int rc = alc_catalog_add_table(&table, &self->base.model, under, table_name, &err);
    rc = rc ? rc
            : alc_mysql_parse_table(&self->base.model, table, &self->session, statement,
                                    &err);
    if (rc) {
        self->base.reading = ALC_READER_FAILED;
        return alc_bind_raise(&err, NULL);
    }
    Py_RETURN_NONE;
}

/* A reader of information_schema for these tables; NULL with an exception. */
static struct alc_mysql_bulk *make_bulk(struct mysql_reader *self,
                                        struct alc_str database, struct alc_str schema,
                                        PyObject *names)
{
    struct alc_mysql_bulk *bulk;
    struct alc_error err;
    alc_error_init(&err);
    int rc =
        alc_mysql_bulk_new(&bulk, &self->base.model, &self->session, database, &err);
    if (rc) {
        alc_bind_raise(&err, NULL);
        return NULL;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        struct alc_str name;
        bool is_text = alc_bind_borrow_text(&name, PyTuple_GET_ITEM(names, i)) == 0;
        rc = is_text ? alc_mysql_bulk_want(bulk, schema, name, &err) : 0;
        if (rc) {
            alc_bind_raise(&err, NULL);
        }
        if (rc || !is_text) {
            alc_mysql_bulk_free(bulk);
            return NULL;
        }
    }
    return bulk;
}

static PyObject *mysql_reader_begin(PyObject *object, PyObject *args)
{
    struct mysql_reader *self = (struct mysql_reader *)object;
    const char *database, *schema;
    Py_ssize_t database_len, schema_len;
    PyObject *given;
    if (!PyArg_ParseTuple(args, "s#z#O:begin", &database, &database_len, &schema,
                          &schema_len, &given)) {
        return NULL;
    }
    PyObject *names = PySequence_Tuple(given); /* may run anything: look behind it */
    if (!names || check_state(self, false) < 0) {
        Py_XDECREF(names);
        return NULL;
    }
    struct alc_str of = {database, (size_t)database_len};
    struct alc_str under = {schema, schema ? (size_t)schema_len : 0};
    self->bulk = make_bulk(self, of, under, names);
    Py_DECREF(names);
    if (!self->bulk) {
        self->base.reading = ALC_READER_FAILED; /* some tables may be there */
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *mysql_reader_feed(PyObject *object, PyObject *args)
{
    struct mysql_reader *self = (struct mysql_reader *)object;
    long query;
    PyObject *rows;
    if (!PyArg_ParseTuple(args, "lO:feed", &query, &rows) ||
        check_state(self, true) < 0) {
        return NULL;
    }
    if (query < 0 || query >= ALC_MYSQL_N_QUERIES) {
        PyErr_Format(PyExc_ValueError, "no catalog query %ld", query);
        return NULL;
    }
    struct alc_rows source;
    struct alc_bind_rows tuples;
    struct alc_error err;
    alc_error_init(&err);
    size_t n_columns = alc_mysql_n_columns((enum alc_mysql_query)query);
    if (alc_bind_rows_begin(&source, &tuples, rows, n_columns, &self->base.reading) <
        0) {
        return NULL;
    }
    tuples.takes_bytes = true; /* some drivers' texts */
    int rc =
        source.n_columns == n_columns
            ? alc_mysql_bulk_feed(self->bulk, (enum alc_mysql_query)query, &source,
                                  &err)
            : alc_error_set(&err, ALC_E_INVALID, 0, "a row source of other columns");
    struct alc_module_state *state = PyType_GetModuleState(Py_TYPE(object));
    if (alc_bind_rows_end(&tuples, state, rc, &err) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* The tables that have to be read in the other way: a list of names and reasons. */
static PyObject *make_doubts(const struct alc_mysql_bulk *bulk)
{
    PyObject *list = PyList_New(0);
    struct alc_str name;
    const char *doubt = alc_mysql_bulk_doubt(&name, bulk, 0);
    for (size_t n = 1; list && !alc_str_is_absent(name);
         doubt = alc_mysql_bulk_doubt(&name, bulk, n++)) {
        if (!doubt) {
            continue;
        }
        PyObject *text = alc_bind_text(name);
        PyObject *item = text ? Py_BuildValue("(Ns)", text, doubt) : NULL;
        if (!item || PyList_Append(list, item) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(item);
    }
    return list;
}

static PyObject *mysql_reader_end(PyObject *object, PyObject *unused)
{
    (void)unused;
    struct mysql_reader *self = (struct mysql_reader *)object;
    struct alc_error err;
    alc_error_init(&err);
    if (check_state(self, true) < 0) {
        return NULL;
    }
    int rc = alc_mysql_bulk_end(self->bulk, &err);
    PyObject *doubts = rc ? alc_bind_raise(&err, NULL) : make_doubts(self->bulk);
    alc_mysql_bulk_free(self->bulk);
    self->bulk = NULL;
    if (!doubts) {
        self->base.reading = ALC_READER_FAILED;
    }
    return doubts;
}

static void mysql_reader_dealloc(PyObject *object)
{
    alc_mysql_bulk_free(((struct mysql_reader *)object)->bulk);
    alc_bind_reader_dealloc(object);
}

static PyObject *mysql_reader_finish(PyObject *object, PyObject *unused)
{
    if (check_state((struct mysql_reader *)object, false) < 0) {
        return NULL;
    }
    PyObject *catalog = alc_bind_reader_finish(object, unused);
    if (catalog) {
        ((struct mysql_reader *)object)->session.charsets = NULL; /* its arena's */
    }
    return catalog;
}

static PyMethodDef mysql_reader_methods[] = {
    {"add", mysql_reader_add, METH_VARARGS,
     PyDoc_STR("add(schema, name, sql) -> None\n\nRead what SHOW CREATE TABLE printed "
               "of a table; schema: None for that of the connection.")},
    {"begin", mysql_reader_begin, METH_VARARGS,
     PyDoc_STR(
         "begin(database, schema, names) -> None\n\nRead these tables of a "
         "database of MySQL from rows of information_schema; schema: as in add(), "
         "which is not to be called until end().")},
    {"feed", mysql_reader_feed, METH_VARARGS,
     PyDoc_STR("feed(query, rows) -> None\n\nRead the rows of MYSQL_QUERIES[query], "
               "all of them, sorted by the first MYSQL_N_LEADING[query] columns; the "
               "queries in that order.")},
    {"end", mysql_reader_end, METH_NOARGS,
     PyDoc_STR("end() -> list of (name, reason)\n\nThe tables that information_schema "
               "does not tell exactly: they are left to add().")},
    {"finish", mysql_reader_finish, METH_NOARGS,
     PyDoc_STR("finish() -> Catalog\n\nAfter all tables; once: then the reader "
               "cannot be used any more.")},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot mysql_reader_slots[] = {
    {Py_tp_doc, "MysqlReader(is_mariadb, *, ansi_quotes=False, "
                "charsets=())"},
    {Py_tp_new, mysql_reader_new},
    {Py_tp_dealloc, mysql_reader_dealloc},
    {Py_tp_methods, mysql_reader_methods},
    {0, NULL},
};

static PyType_Spec mysql_reader_spec = {
    .name = "alembic_c._catalog.MysqlReader",
    .basicsize = sizeof(struct mysql_reader),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = mysql_reader_slots,
};

static PyObject *sql_of(enum alc_mysql_query query)
{
    return PyUnicode_FromString(alc_mysql_sql(query));
}

static PyObject *n_leading_of(enum alc_mysql_query query)
{
    return PyLong_FromSize_t(alc_mysql_n_leading(query));
}

/* A tuple with an item for each query. */
static int add_tuple(PyObject *module, const char *name,
                     PyObject *(*item_of)(enum alc_mysql_query))
{
    PyObject *items = PyTuple_New(ALC_MYSQL_N_QUERIES);
    for (int i = 0; items && i < ALC_MYSQL_N_QUERIES; i++) {
        PyObject *item = item_of((enum alc_mysql_query)i);
        if (!item) {
            Py_CLEAR(items);
            break;
        }
        PyTuple_SET_ITEM(items, i, item);
    }
    int rc = items ? PyModule_AddObjectRef(module, name, items) : -1;
    Py_XDECREF(items);
    return rc;
}

int alc_bind_mysql_exec(PyObject *module, struct alc_module_state *state)
{
    state->mysql_reader_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &mysql_reader_spec, NULL);
    if (!state->mysql_reader_type ||
        PyModule_AddType(module, state->mysql_reader_type) < 0) {
        return -1;
    }
    if (add_tuple(module, "MYSQL_QUERIES", sql_of) < 0) {
        return -1;
    }
    return add_tuple(module, "MYSQL_N_LEADING", n_leading_of);
}
