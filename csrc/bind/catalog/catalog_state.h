/*
 * What the module alembic_c._catalog keeps per interpreter, and what its files share.
 */
#ifndef ALC_BIND_CATALOG_STATE_H
#define ALC_BIND_CATALOG_STATE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>

#include "../row_source.h"
#include "alc/catalog.h"
#include "alc/rows.h"

/* X(type, member): each is a strong reference or NULL. */
#define ALC_STATE_OBJECTS(X)                                                           \
    X(PyTypeObject, catalog_type)                                                      \
    X(PyTypeObject, table_type)                                                        \
    X(PyTypeObject, column_type)                                                       \
    X(PyTypeObject, constraint_type)                                                   \
    X(PyTypeObject, index_type)                                                        \
    X(PyTypeObject, index_part_type)                                                   \
    X(PyTypeObject, identity_type)                                                     \
    X(PyTypeObject, pg_reader_type)                                                    \
    X(PyTypeObject, sqlite_reader_type)                                                \
    X(PyTypeObject, mysql_reader_type)                                                 \
    X(PyObject, database_error)                                                        \
    X(PyObject, names)

struct alc_module_state {
#define ALC_STATE_MEMBER(type, member) type *member;
    ALC_STATE_OBJECTS(ALC_STATE_MEMBER)
#undef ALC_STATE_MEMBER
};

/* Catalog: owns the model.  Immutable once made. */
struct alc_bind_catalog {
    PyObject_HEAD struct alc_catalog model;
    PyObject
        *owner; /* strong: the Catalog that the model borrows tables from, or NULL */
};

/*
 * A new Catalog that takes over a finished model; `model` is empty afterwards.
 * NULL with an exception set on failure; then `model` is as before.
 */
PyObject *alc_bind_catalog_take(struct alc_module_state *state,
                                struct alc_catalog *model);

/* What a reader object is at.  One that failed has a part of a catalog, and is of no
 * further use. */
enum alc_bind_reading {
    ALC_READER_IDLE = 0,
    ALC_READER_READS,
    ALC_READER_FAILED,
    ALC_READER_FINISHED,
};

/* The head of a reader's object. */
struct alc_bind_reader {
    PyObject_HEAD struct alc_catalog model;
    enum alc_bind_reading reading;
};

/* Whether it may be used: 0, or -1 with RuntimeError set. */
int alc_bind_check_idle(enum alc_bind_reading reading);

/* Give the Catalog that a reader has read to its end, with `rc`; once.  NULL with an
 * exception set on failure. */
PyObject *alc_bind_reader_take(struct alc_bind_reader *self, int rc,
                               const struct alc_error *err);

/* finish() and the deallocation of a reader that has nothing else to end. */
PyObject *alc_bind_reader_finish(PyObject *object, PyObject *unused);
void alc_bind_reader_dealloc(PyObject *object);

/*
 * Rows for a reader, out of what Python gives: a capsule (row_source.h), or an iterable
 * of sequences of None, int, bool and str, such as a DBAPI cursor fetches.  Other
 * values are an error of the source (ALC_E_INVALID), as are rows of another length.
 */
struct alc_bind_rows {
    struct alc_bind_source *source; /* of the capsule, or NULL */
    PyObject *rows;                 /* strong: the capsule, or the iterator */
    PyObject *row;                  /* strong: the one in hand, or NULL */
    Py_ssize_t at;
    size_t n_columns;
    bool takes_bytes; /* set it behind begin: bytes are text too */
    enum alc_bind_reading *reading;
};

/*
 * Begin reading `rows` into an object that reads until the end, so that no other thread
 * and no iterator gets at it meanwhile.  Without the GIL for a capsule.
 * Returns 0, or -1 with an exception set; then there is nothing to end.
 */
int alc_bind_rows_begin(struct alc_rows *out, struct alc_bind_rows *given,
                        PyObject *rows, size_t n_columns,
                        enum alc_bind_reading *reading);

/*
 * End it.  rc: what the reader returned; a failure is the end of the reader.
 * Returns 0, or -1 with an exception set when rc is a failure.
 */
int alc_bind_rows_end(struct alc_bind_rows *given, struct alc_module_state *state,
                      int rc, const struct alc_error *err);

/* The UTF-8 of a str, which keeps it.  Returns 0, or -1 with an exception set, also for
 * another object. */
int alc_bind_borrow_text(struct alc_str *out, PyObject *text);

/* Bytes from a database as str; what is not UTF-8 becomes lone surrogates. */
PyObject *alc_bind_text(struct alc_str text);

/* Catalog.values() and Catalog.from_values(), in values.c. */
PyObject *alc_bind_catalog_values(PyObject *self, PyObject *unused);
PyObject *alc_bind_catalog_from_values(PyObject *type, PyObject *args);

int alc_bind_catalog_exec(PyObject *module, struct alc_module_state *state);
int alc_bind_pg_exec(PyObject *module, struct alc_module_state *state);
int alc_bind_sqlite_exec(PyObject *module, struct alc_module_state *state);
int alc_bind_mysql_exec(PyObject *module, struct alc_module_state *state);
int alc_bind_metadata_exec(PyObject *module, struct alc_module_state *state);
int alc_bind_proof_exec(PyObject *module, struct alc_module_state *state);
int alc_bind_rows_exec(PyObject *module, struct alc_module_state *state);

#endif
