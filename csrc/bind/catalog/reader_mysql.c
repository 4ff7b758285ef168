/*
 * MysqlReader: MySQL's and MariaDB's tables, from statements that Python fetched.
 */
#include "catalog_state.h"

#include <stdbool.h>

#include "../core/raise.h"
#include "alc/mysql.h"

struct mysql_reader {
    struct alc_bind_reader base;
    struct alc_mysql_session session; /* its charsets are in the model's arena */
};

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
    static char *keywords[] = {"is_mariadb", "ansi_quotes", "no_backslash_escapes",
                               "charsets", NULL};
    int is_mariadb, ansi_quotes = 0, no_backslash_escapes = 0;
    PyObject *charsets = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "p|$ppO:MysqlReader", keywords,
                                     &is_mariadb, &ansi_quotes, &no_backslash_escapes,
                                     &charsets)) {
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
    self->session.no_backslash_escapes = no_backslash_escapes;
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
        alc_bind_check_idle(self->base.reading) < 0) {
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

static PyObject *mysql_reader_finish(PyObject *object, PyObject *unused)
{
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
    {"finish", mysql_reader_finish, METH_NOARGS,
     PyDoc_STR("finish() -> Catalog\n\nAfter all tables; once: then the reader "
               "cannot be used any more.")},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot mysql_reader_slots[] = {
    {Py_tp_doc, "MysqlReader(is_mariadb, *, ansi_quotes=False, "
                "no_backslash_escapes=False, charsets=())"},
    {Py_tp_new, mysql_reader_new},
    {Py_tp_dealloc, alc_bind_reader_dealloc},
    {Py_tp_methods, mysql_reader_methods},
    {0, NULL},
};

static PyType_Spec mysql_reader_spec = {
    .name = "alembic_c._catalog.MysqlReader",
    .basicsize = sizeof(struct mysql_reader),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = mysql_reader_slots,
};

int alc_bind_mysql_exec(PyObject *module, struct alc_module_state *state)
{
    state->mysql_reader_type =
        (PyTypeObject *)PyType_FromModuleAndSpec(module, &mysql_reader_spec, NULL);
    return state->mysql_reader_type ? PyModule_AddType(module, state->mysql_reader_type)
                                    : -1;
}
