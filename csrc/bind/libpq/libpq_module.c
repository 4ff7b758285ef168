/*
 * The module alembic_c._libpq: a PostgreSQL connection of our own, whose rows go
 * straight into the catalog reader.
 */
#include "../foreign/foreign.h"

#include "../../source/libpq/connection.h"
#include "../module.h"

struct connection {
    struct alc_foreign base;
    struct alc_libpq pq; /* under the lock */
};

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
    if (alc_foreign_init(&self->base, &self->pq.session, given) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    struct alc_error err;
    struct alc_bind_source waiting;
    alc_error_init(&err);
    alc_foreign_begin_waiting(&self->base, &waiting);
    int rc = alc_libpq_connect(&self->pq, conninfo, &err);
    alc_foreign_end_waiting(&self->base, &waiting);
    if (rc) {
        alc_foreign_raise(&self->base, rc, &err);
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static PyObject *connection_server_version(PyObject *object, void *closure)
{
    struct connection *self = (struct connection *)object;
    (void)closure;
    if (alc_foreign_enter(&self->base) < 0) {
        return NULL;
    }
    long version = alc_libpq_server_version(&self->pq);
    alc_foreign_leave(&self->base);
    return PyLong_FromLong(version);
}

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
    {Py_tp_dealloc, alc_foreign_dealloc},
    {Py_tp_methods, alc_foreign_methods},
    {Py_tp_getset, connection_fields},
    {0, NULL},
};

static PyType_Spec connection_spec = {
    .name = "alembic_c._libpq.Connection",
    .basicsize = sizeof(struct connection),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = connection_slots,
};

static PyObject *libpq_load(PyObject *module, PyObject *path)
{
    struct alc_libpq pq;
    (void)module;
    alc_libpq_init(&pq);
    return alc_foreign_load(&pq.session, path);
}

static PyMethodDef libpq_methods[] = {
    {"load", libpq_load, METH_O,
     PyDoc_STR(
         "load(path) -> None\n\nLoad a libpq, or what is linked with one.  Raises "
         "ImportError if there is none that can be used.")},
    {NULL, NULL, 0, NULL},
};

static int libpq_exec(PyObject *module, struct alc_module_state *state)
{
    return alc_foreign_exec(module, state, &connection_spec);
}

static int (*const parts[])(PyObject *, struct alc_module_state *) = {libpq_exec};

ALC_MODULE(_libpq, "PostgreSQL connections for reading catalogs, through libpq.",
           libpq_methods, parts)
