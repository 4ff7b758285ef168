/*
 * What the readers have in common, and rows from Python as a row source: a capsule of
 * another module, or an iterable.
 *
 * Text borrows from the str objects of the row in hand.  A value that cannot be read
 * (no UTF-8 for a lone surrogate, a number out of range) is the record's to tell; an
 * exception that the iterator raises stays set, and is what the caller sees.
 */
#include "catalog_state.h"

#include "../core/raise.h"

static int invalid(struct alc_error *err, const struct alc_bind_rows *given,
                   const char *what)
{
    PyErr_Clear();
    return alc_error_set(err, ALC_E_INVALID, (size_t)given->at, "%s", what);
}

static int read_cell(struct alc_cell *cell, PyObject *value,
                     const struct alc_bind_rows *given, struct alc_error *err)
{
    if (value == Py_None) {
        cell->kind = ALC_CELL_NULL;
        return 0;
    }
    if (PyLong_Check(value)) { /* bool is one */
        int overflow;
        long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
        cell->kind = ALC_CELL_INT;
        cell->number = number;
        return overflow || (number == -1 && PyErr_Occurred())
                   ? invalid(err, given, "a number out of range")
                   : 0;
    }
    if (PyUnicode_Check(value)) {
        cell->kind = ALC_CELL_TEXT;
        return alc_bind_borrow_text(&cell->text, value) == 0
                   ? 0
                   : invalid(err, given, "text that is not Unicode");
    }
    if (given->takes_bytes && (PyBytes_Check(value) || PyByteArray_Check(value))) {
        bool is_bytes = PyBytes_Check(value);
        cell->kind = ALC_CELL_TEXT;
        cell->text.ptr =
            is_bytes ? PyBytes_AS_STRING(value) : PyByteArray_AS_STRING(value);
        cell->text.len = (size_t)Py_SIZE(value);
        return 0;
    }
    return invalid(err, given, "a value that is neither text nor a number");
}

static int next_row(void *self, struct alc_cell *cells, struct alc_error *err)
{
    struct alc_bind_rows *given = self;
    Py_CLEAR(given->row);
    PyObject *item = PyIter_Next(given->rows);
    if (!item) {
        return PyErr_Occurred()
                   ? alc_error_set(err, ALC_E_IO, (size_t)given->at, "no next row")
                   : 0;
    }
    given->row = PySequence_Fast(item, "");
    Py_DECREF(item);
    if (!given->row && !PyErr_ExceptionMatches(PyExc_TypeError)) {
        return alc_error_set(err, ALC_E_IO, (size_t)given->at, "no row");
    }
    if (!given->row ||
        (size_t)PySequence_Fast_GET_SIZE(given->row) != given->n_columns) {
        return invalid(err, given, "a row that is not as asked for");
    }
    for (size_t i = 0; i < given->n_columns; i++) {
        PyObject *value = PySequence_Fast_GET_ITEM(given->row, (Py_ssize_t)i);
        int rc = read_cell(&cells[i], value, given, err);
        if (rc) {
            return rc;
        }
    }
    given->at++;
    return 1;
}

int alc_bind_check_idle(enum alc_bind_reading reading)
{
    static const char *const reasons[] = {
        [ALC_READER_READS] = "this reader is reading rows already",
        [ALC_READER_FAILED] = "this reader has failed: what it has read is not whole",
        [ALC_READER_FINISHED] = "this reader has finished",
    };
    if (reading != ALC_READER_IDLE) {
        PyErr_SetString(PyExc_RuntimeError, reasons[reading]);
        return -1;
    }
    return 0;
}

PyObject *alc_bind_reader_take(struct alc_bind_reader *self, int rc,
                               const struct alc_error *err)
{
    if (rc) {
        return alc_bind_raise(err, NULL);
    }
    self->reading = ALC_READER_FINISHED; /* what was read is the Catalog's */
    return alc_bind_catalog_take(PyType_GetModuleState(Py_TYPE(self)), &self->model);
}

PyObject *alc_bind_reader_finish(PyObject *object, PyObject *unused)
{
    (void)unused;
    struct alc_bind_reader *self = (struct alc_bind_reader *)object;
    struct alc_error err;
    alc_error_init(&err);
    if (alc_bind_check_idle(self->reading) < 0) {
        return NULL;
    }
    return alc_bind_reader_take(self, alc_catalog_finish(&self->model, &err), &err);
}

void alc_bind_reader_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    alc_catalog_release(&((struct alc_bind_reader *)object)->model);
    type->tp_free(object);
    Py_DECREF(type);
}

/* Both marks are set before the GIL is gone: nobody else begins in between. */
static int begin_capsule(struct alc_rows *out, struct alc_bind_rows *given,
                         PyObject *capsule)
{
    struct alc_bind_source *from = PyCapsule_GetPointer(capsule, ALC_SOURCE_CAPSULE);
    if (!from) {
        return -1;
    }
    if (from->reading) {
        PyErr_SetString(PyExc_RuntimeError, "these rows are being read already");
        return -1;
    }
    *given->reading = ALC_READER_READS;
    from->reading = true;
    given->source = from;
    given->rows = Py_NewRef(capsule);
    *out = from->rows;
    from->thread = PyEval_SaveThread();
    return 0;
}

int alc_bind_rows_begin(struct alc_rows *out, struct alc_bind_rows *given,
                        PyObject *rows, size_t n_columns,
                        enum alc_bind_reading *reading)
{
    memset(given, 0, sizeof *given);
    given->n_columns = n_columns;
    given->reading = reading;
    if (alc_bind_check_idle(*reading) < 0) {
        return -1;
    }
    if (PyCapsule_IsValid(rows, ALC_SOURCE_CAPSULE)) {
        return begin_capsule(out, given, rows);
    }
    *reading = ALC_READER_READS; /* making an iterator may run anything */
    given->rows = PyObject_GetIter(rows);
    if (!given->rows) {
        *reading = ALC_READER_IDLE;
        return -1;
    }
    out->self = given;
    out->n_columns = n_columns;
    out->next = next_row;
    return 0;
}

int alc_bind_rows_end(struct alc_bind_rows *given, struct alc_module_state *state,
                      int rc, const struct alc_error *err)
{
    if (given->source) {
        PyEval_RestoreThread(given->source->thread);
        given->source->reading = false;
    }
    *given->reading = rc ? ALC_READER_FAILED : ALC_READER_IDLE;
    if (rc && given->source && !PyErr_Occurred()) {
        given->source->raise(given->source);
    }
    if (rc && !PyErr_Occurred()) {
        if (rc == ALC_E_IO && !err->sys_errno) {
            PyErr_SetString(state->database_error, err->msg);
        } else {
            alc_bind_raise(err, NULL);
        }
    }
    /* Releasing may run code of Python's, which must not see the exception. */
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    Py_CLEAR(given->row);
    Py_CLEAR(given->rows);
    PyErr_Restore(type, value, traceback);
    return rc ? -1 : 0;
}
