/*
 * The module alembic_c._sqlite3: an SQLite file of our own, whose rows go straight into
 * the catalog reader.
 */
#include "../foreign/foreign.h"

#include "../../source/sqlite3/database.h"
#include "../module.h"

enum { BUSY_MS = 5000 };

struct database {
    struct alc_foreign base;
    struct alc_sqlite3 lite; /* under the lock */
};

/* Returns 0, or -1 with an exception set. */
static int open_database(struct database *self, PyObject *name, int is_uri,
                         PyObject *given)
{
    struct alc_error err;
    struct alc_bind_source waiting;
    alc_sqlite3_init(&self->lite);
    if (alc_foreign_init(&self->base, &self->lite.session, given) < 0) {
        return -1;
    }
    alc_error_init(&err);
    alc_foreign_begin_waiting(&self->base, &waiting);
    int rc =
        alc_sqlite3_open(&self->lite, PyBytes_AS_STRING(name), is_uri, BUSY_MS, &err);
    alc_foreign_end_waiting(&self->base, &waiting);
    if (rc) {
        alc_foreign_raise(&self->base, rc, &err);
    }
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
    PyObject *self = type->tp_alloc(type, 0);
    if (self && open_database((struct database *)self, name, is_uri, given) < 0) {
        Py_CLEAR(self);
    }
    Py_DECREF(name);
    return self;
}

static PyType_Slot database_slots[] = {
    {Py_tp_doc, "Database(name, *, uri=False, library=None)\n\nA file that is there, "
                "read-only.\n"
                "library: path of an SQLite; None for the one that is found."},
    {Py_tp_new, database_new},
    {Py_tp_dealloc, alc_foreign_dealloc},
    {Py_tp_methods, alc_foreign_methods},
    {0, NULL},
};

static PyType_Spec database_spec = {
    .name = "alembic_c._sqlite3.Database",
    .basicsize = sizeof(struct database),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = database_slots,
};

static PyObject *sqlite3_load(PyObject *module, PyObject *path)
{
    struct alc_sqlite3 lite;
    (void)module;
    alc_sqlite3_init(&lite);
    return alc_foreign_load(&lite.session, path);
}

static PyObject *sqlite3_same_library(PyObject *module, PyObject *args)
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

static PyMethodDef sqlite3_methods[] = {
    {"load", sqlite3_load, METH_O,
     PyDoc_STR(
         "load(path) -> None\n\nLoad an SQLite, or what is linked with one.  Raises "
         "ImportError if there is none that can be used.")},
    {"same_library", sqlite3_same_library, METH_VARARGS,
     PyDoc_STR(
         "same_library(path, other) -> bool\n\nWhether two paths lead to the same "
         "copy of SQLite.  Two copies in one process must not open the same file.")},
    {NULL, NULL, 0, NULL},
};

static int sqlite3_exec(PyObject *module, struct alc_module_state *state)
{
    return alc_foreign_exec(module, state, &database_spec);
}

static int (*const parts[])(PyObject *, struct alc_module_state *) = {sqlite3_exec};

ALC_MODULE(_sqlite3, "SQLite files for reading catalogs, through SQLite's C API.",
           sqlite3_methods, parts)
