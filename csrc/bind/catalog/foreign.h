/*
 * What the foreign modules (_libpq, _sqlite3) have in common: a lock around a
 * connection whose rows are pulled without the GIL, and capsules that keep it alive.
 */
#ifndef ALC_BIND_CATALOG_FOREIGN_H
#define ALC_BIND_CATALOG_FOREIGN_H

#include <stdatomic.h>

#include "source.h"

/*
 * A lock around a connection, whose holder may run Python code: handle signals while it
 * waits, raise an exception.  That code must not wait for what its own thread holds.
 */
struct alc_foreign_lock {
    PyThread_type_lock lock;
    atomic_ulong owner; /* the thread that holds it, or 0 */
    bool close_wanted;  /* by code that ran under the lock; for its holder to do */
};

/* Whether this thread holds it. */
static inline bool alc_foreign_is_mine(const struct alc_foreign_lock *lock)
{
    return atomic_load(&lock->owner) == PyThread_get_thread_ident();
}

/* Take it with the GIL, which its holder gets meanwhile.  Returns 0, or -1 with
 * RuntimeError set if this thread has it. */
static inline int alc_foreign_enter(struct alc_foreign_lock *lock)
{
    if (alc_foreign_is_mine(lock)) {
        PyErr_SetString(PyExc_RuntimeError,
                        "the connection is used by a call that has not returned");
        return -1;
    }
    if (!PyThread_acquire_lock(lock->lock, NOWAIT_LOCK)) {
        Py_BEGIN_ALLOW_THREADS;
        PyThread_acquire_lock(lock->lock, WAIT_LOCK);
        Py_END_ALLOW_THREADS;
    }
    atomic_store(&lock->owner, PyThread_get_thread_ident());
    return 0;
}

/* The same without the GIL; ALC_E_INVALID if this thread has it. */
static inline int alc_foreign_enter_unlocked(struct alc_foreign_lock *lock,
                                             struct alc_error *err)
{
    if (alc_foreign_is_mine(lock)) {
        return alc_error_set(err, ALC_E_INVALID, 0,
                             "the connection is used by a call that has not returned");
    }
    PyThread_acquire_lock(lock->lock, WAIT_LOCK);
    atomic_store(&lock->owner, PyThread_get_thread_ident());
    return 0;
}

static inline void alc_foreign_leave(struct alc_foreign_lock *lock)
{
    atomic_store(&lock->owner, 0);
    PyThread_release_lock(lock->lock);
}

/* The UTF-8 of a statement, without a NUL; NULL with an exception set. */
static inline const char *alc_foreign_sql(PyObject *text)
{
    Py_ssize_t len;
    const char *sql = PyUnicode_AsUTF8AndSize(text, &len);
    if (sql && strlen(sql) != (size_t)len) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return NULL;
    }
    return sql;
}

/* A row source and the object that it reads from. */
struct alc_foreign_source {
    struct alc_bind_source base;
    PyObject *owner; /* strong */
    size_t query;    /* which of the owner's queries it reads, from 1 on */
};

static inline void alc_foreign_free_source(PyObject *capsule)
{
    struct alc_foreign_source *source =
        PyCapsule_GetPointer(capsule, ALC_SOURCE_CAPSULE);
    if (source) {
        Py_DECREF(source->owner);
        PyMem_Free(source);
    }
}

/* A capsule around rows to be filled in; NULL with an exception set. */
static inline PyObject *alc_foreign_new_source(struct alc_foreign_source **out,
                                               PyObject *owner,
                                               void (*raise)(struct alc_bind_source *))
{
    struct alc_foreign_source *source = PyMem_Calloc(1, sizeof *source);
    if (!source) {
        return PyErr_NoMemory();
    }
    PyObject *capsule =
        PyCapsule_New(source, ALC_SOURCE_CAPSULE, alc_foreign_free_source);
    if (!capsule) {
        PyMem_Free(source);
        return NULL;
    }
    source->base.raise = raise;
    source->owner = Py_NewRef(owner);
    *out = source;
    return capsule;
}

/*
 * The path of a library: the caller's, or for None the one that
 * alembic_c.catalog._libraries.<finder>() finds.  Bytes for the loader; NULL with an
 * exception set.
 */
static inline PyObject *alc_foreign_library(PyObject *given, const char *finder)
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

/* ImportError: what is at a path cannot be used. */
static inline PyObject *alc_foreign_raise_import(const struct alc_error *err)
{
    PyObject *text = PyUnicode_DecodeFSDefault(err->msg);
    if (text) {
        PyErr_SetObject(PyExc_ImportError, text);
        Py_DECREF(text);
    }
    return NULL;
}

/* DatabaseError with a code or NULL for none; falls back on the bytes as they are. */
static inline void alc_foreign_raise(PyObject *error_type, const char *message,
                                     const char *code)
{
    PyObject *text =
        PyUnicode_DecodeUTF8(message, (Py_ssize_t)strlen(message), "backslashreplace");
    PyObject *error = text ? PyObject_CallOneArg(error_type, text) : NULL;
    PyObject *sqlstate = error && code ? PyUnicode_FromString(code) : NULL;
    bool coded =
        !code || (sqlstate && PyObject_SetAttrString(error, "sqlstate", sqlstate) == 0);
    if (error && coded) {
        PyErr_SetObject(error_type, error);
    }
    Py_XDECREF(sqlstate);
    Py_XDECREF(error);
    Py_XDECREF(text);
}

#endif
