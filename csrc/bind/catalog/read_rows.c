/*
 * read_rows(): what a row source gives, as tuples, for what Python reads by itself.
 *
 * A capsule is read without the GIL, so its rows are kept in an arena first.
 */
#include "catalog_state.h"

#include "../core/raise.h"
#include "alc/alloc.h"
#include "alc/arena.h"

/* Rows one behind the other, n_columns cells each; text lives in the arena. */
struct kept_rows {
    struct alc_arena arena;
    struct alc_cell *cells;
    size_t n_cells;
    size_t cap_cells;
    size_t n_columns;
};

/* Keep the row that is in the cells behind the last one kept. */
static int keep_row(struct kept_rows *kept, struct alc_error *err)
{
    for (size_t i = 0; i < kept->n_columns; i++) {
        struct alc_cell *cell = &kept->cells[kept->n_cells + i];
        if (cell->kind == ALC_CELL_TEXT) {
            cell->text.ptr =
                alc_arena_dup(&kept->arena, cell->text.ptr, cell->text.len);
            if (!cell->text.ptr) {
                return alc_error_nomem(err);
            }
        }
    }
    kept->n_cells += kept->n_columns;
    return 0;
}

static int keep_rows(struct kept_rows *kept, struct alc_rows *rows,
                     struct alc_error *err)
{
    if (rows->n_columns != kept->n_columns) {
        return alc_error_set(err, ALC_E_INVALID, 0, "%zu columns, not %zu",
                             rows->n_columns, kept->n_columns);
    }
    for (;;) {
        size_t need = kept->n_cells + kept->n_columns;
        if (ALC_GROW(kept->cells, kept->cap_cells, need)) {
            return alc_error_nomem(err);
        }
        int rc = rows->next(rows->self, &kept->cells[kept->n_cells], err);
        rc = rc == 1 ? keep_row(kept, err) : rc ? rc : 1;
        if (rc) {
            return rc < 0 ? rc : 0;
        }
    }
}

static PyObject *make_value(const struct alc_cell *cell)
{
    switch (cell->kind) {
    case ALC_CELL_INT:
        return PyLong_FromLongLong(cell->number);
    case ALC_CELL_TEXT:
        return alc_bind_text(cell->text);
    case ALC_CELL_NULL:
        break;
    }
    Py_RETURN_NONE;
}

static PyObject *make_row(const struct alc_cell *cells, size_t n_columns)
{
    PyObject *row = PyTuple_New((Py_ssize_t)n_columns);
    for (size_t i = 0; row && i < n_columns; i++) {
        PyObject *value = make_value(&cells[i]);
        if (!value) {
            Py_CLEAR(row);
            break;
        }
        PyTuple_SET_ITEM(row, (Py_ssize_t)i, value);
    }
    return row;
}

static PyObject *make_rows(const struct kept_rows *kept)
{
    size_t n_rows = kept->n_cells / kept->n_columns;
    PyObject *list = PyList_New((Py_ssize_t)n_rows);
    for (size_t i = 0; list && i < n_rows; i++) {
        PyObject *row = make_row(&kept->cells[i * kept->n_columns], kept->n_columns);
        if (!row) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, (Py_ssize_t)i, row);
    }
    return list;
}

static PyObject *read_rows(PyObject *module, PyObject *args)
{
    PyObject *object, *result = NULL;
    Py_ssize_t n_columns;
    if (!PyArg_ParseTuple(args, "On:read_rows", &object, &n_columns)) {
        return NULL;
    }
    if (n_columns < 1 || n_columns > UINT16_MAX) {
        PyErr_Format(PyExc_ValueError, "no rows of %zd columns", n_columns);
        return NULL;
    }
    struct kept_rows kept = {.n_columns = (size_t)n_columns};
    enum alc_bind_reading reading = ALC_READER_IDLE;
    struct alc_bind_rows source;
    struct alc_rows rows;
    struct alc_error err;
    alc_error_init(&err);
    alc_arena_init(&kept.arena);
    if (alc_bind_rows_begin(&rows, &source, object, kept.n_columns, &reading) == 0) {
        int rc = keep_rows(&kept, &rows, &err);
        if (alc_bind_rows_end(&source, PyModule_GetState(module), rc, &err) == 0) {
            result = make_rows(&kept);
        }
    }
    alc_free(kept.cells);
    alc_arena_release(&kept.arena);
    return result;
}

static PyMethodDef functions[] = {
    {"read_rows", read_rows, METH_VARARGS,
     PyDoc_STR("read_rows(rows, n_columns) -> list\n\nThe rows of a capsule, or of an "
               "iterable, as tuples of str, int and None.")},
    {NULL, NULL, 0, NULL},
};

int alc_bind_rows_exec(PyObject *module, struct alc_module_state *state)
{
    (void)state;
    return PyModule_AddFunctions(module, functions);
}
