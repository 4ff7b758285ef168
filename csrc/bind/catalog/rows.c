/*
 * DBAPI tuples as a row source.
 *
 * Text borrows from the str objects, which the list of rows keeps alive.  A failure of
 * Python (no UTF-8 for a lone surrogate, out of memory) leaves no exception behind: the
 * record says it.
 */
#include "state.h"

static int invalid(struct alc_error *err, Py_ssize_t row, const char *what)
{
    PyErr_Clear();
    return alc_error_set(err, ALC_E_INVALID, (size_t)row, "%s", what);
}

static int read_cell(struct alc_cell *cell, PyObject *value, Py_ssize_t row,
                     struct alc_error *err)
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
                   ? invalid(err, row, "a number out of range")
                   : 0;
    }
    if (PyUnicode_Check(value)) {
        Py_ssize_t len;
        cell->kind = ALC_CELL_TEXT;
        cell->text.ptr = PyUnicode_AsUTF8AndSize(value, &len);
        cell->text.len = (size_t)len;
        return cell->text.ptr ? 0 : invalid(err, row, "text that is not Unicode");
    }
    return invalid(err, row, "a value that is neither text nor a number");
}

static int next_row(void *self, struct alc_cell *cells, struct alc_error *err)
{
    struct alc_bind_rows *source = self;
    if (source->at >= PySequence_Fast_GET_SIZE(source->rows)) {
        return 0;
    }
    Py_ssize_t row = source->at++;
    PyObject *item = PySequence_Fast_GET_ITEM(source->rows, row);
    if (!PyTuple_Check(item) || (size_t)PyTuple_GET_SIZE(item) != source->n_columns) {
        return invalid(err, row, "a row that is not as asked for");
    }
    for (size_t i = 0; i < source->n_columns; i++) {
        PyObject *value = PyTuple_GET_ITEM(item, (Py_ssize_t)i);
        int rc = read_cell(&cells[i], value, row, err);
        if (rc) {
            return rc;
        }
    }
    return 1;
}

int alc_bind_rows_init(struct alc_rows *out, struct alc_bind_rows *source,
                       PyObject *rows, size_t n_columns)
{
    source->rows = PySequence_Fast(rows, "rows: want a sequence of tuples");
    if (!source->rows) {
        return -1;
    }
    source->at = 0;
    source->n_columns = n_columns;
    out->self = source;
    out->n_columns = n_columns;
    out->next = next_row;
    return 0;
}

void alc_bind_rows_release(struct alc_bind_rows *source)
{
    Py_CLEAR(source->rows);
}
