/*
 * What a foreign module (_libpq, _sqlite3) hands to the readers: a row source in a
 * capsule.  Rows are pulled from it without the GIL.
 */
#ifndef ALC_BIND_ROW_SOURCE_H
#define ALC_BIND_ROW_SOURCE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <string.h>

#include "alc/rows.h"

/* The capsule's name; it changes with the struct. */
#define ALC_SOURCE_CAPSULE "alembic_c._catalog.source.2"

struct alc_bind_source {
    struct alc_rows rows;
    bool reading; /* under the GIL: somebody is */
    /* Who reads, while it has released the GIL. */
    PyThreadState *thread;
    /* Called with the GIL after a failure: set the exception if it was the source's,
     * set none if it was not. */
    void (*raise)(struct alc_bind_source *source);
};

/*
 * From inside `rows.next`: handle signals with the GIL.  Returns 0, or -1 with an
 * exception set, which stays set when the reading ends.
 */
static inline int alc_bind_source_signals(struct alc_bind_source *source)
{
    PyEval_RestoreThread(source->thread);
    int rc = PyErr_CheckSignals();
    source->thread = PyEval_SaveThread();
    return rc;
}

#endif
