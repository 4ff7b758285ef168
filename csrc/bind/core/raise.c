/* See raise.h. */
#include "raise.h"

#include <errno.h>

static PyObject *raise_oserror(const struct alc_error *err, PyObject *path)
{
    errno = err->sys_errno;
    return path ? PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path)
                : PyErr_SetFromErrno(PyExc_OSError);
}

PyObject *alc_bind_raise(const struct alc_error *err, PyObject *path)
{
    PyObject *type = PyExc_ValueError;

    switch (err->code) {
    case ALC_E_NOMEM:
        return PyErr_NoMemory();
    case ALC_E_IO:
        return raise_oserror(err, path);
    case ALC_E_NOTFOUND:
        type = PyExc_KeyError;
        break;
    case ALC_E_LIMIT:
        type = PyExc_OverflowError;
        break;
    default:
        break;
    }
    if (path) {
        return PyErr_Format(type, "%S: %s", path, err->msg);
    }
    PyErr_SetString(type, err->msg);
    return NULL;
}
