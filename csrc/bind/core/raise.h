/* From the core's error record to a Python exception: the only place where it happens.
 */
#ifndef ALC_BIND_CORE_RAISE_H
#define ALC_BIND_CORE_RAISE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "alc/error.h"

/*
 * Set the exception that *err stands for and return NULL:
 * MemoryError, OSError (with errno and, if `path` is not NULL, the file name),
 * KeyError for ALC_E_NOTFOUND, OverflowError for ALC_E_LIMIT, else ValueError.
 */
PyObject *alc_bind_raise(const struct alc_error *err, PyObject *path);

#endif
