/*
 * What the module alembic_c._catalog keeps per interpreter, and what its files share.
 */
#ifndef ALC_BIND_CATALOG_STATE_H
#define ALC_BIND_CATALOG_STATE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

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
    X(PyObject, names)

struct alc_module_state {
#define ALC_STATE_MEMBER(type, member) type *member;
    ALC_STATE_OBJECTS(ALC_STATE_MEMBER)
#undef ALC_STATE_MEMBER
};

/* Catalog: owns the model.  Immutable once made. */
struct alc_bind_catalog {
    PyObject_HEAD struct alc_catalog model;
};

/*
 * A new Catalog that takes over a finished model; `model` is empty afterwards.
 * NULL with an exception set on failure; then `model` is as before.
 */
PyObject *alc_bind_catalog_take(struct alc_module_state *state,
                                struct alc_catalog *model);

/*
 * Tuples of a DBAPI cursor as a row source: a sequence of sequences of None, int, bool
 * and str.  Other objects are an error of the source (ALC_E_INVALID), as are rows of
 * another length.
 */
struct alc_bind_rows {
    PyObject *rows; /* a list or tuple, strong */
    Py_ssize_t at;
    size_t n_columns;
};

/* Returns 0, or -1 with an exception set.  Release with alc_bind_rows_release(). */
int alc_bind_rows_init(struct alc_rows *out, struct alc_bind_rows *source,
                       PyObject *rows, size_t n_columns);
void alc_bind_rows_release(struct alc_bind_rows *source);

/* Bytes from a database as str; what is not UTF-8 becomes lone surrogates. */
PyObject *alc_bind_text(struct alc_str text);

int alc_bind_catalog_exec(PyObject *module, struct alc_module_state *state);
int alc_bind_pg_exec(PyObject *module, struct alc_module_state *state);
int alc_bind_sqlite_exec(PyObject *module, struct alc_module_state *state);
int alc_bind_metadata_exec(PyObject *module, struct alc_module_state *state);
int alc_bind_proof_exec(PyObject *module, struct alc_module_state *state);

#endif
