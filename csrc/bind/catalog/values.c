/*
 * A catalog as plain values of Python (dict, list, str, int, bool), and back: what JSON
 * can hold.  A dict has those fields of an item that are set, by the names that
 * alc/model.def gives them; the rest is absent, empty, false or 0.
 *
 * What is read may come from anywhere: each value is checked for its exact type, so
 * that reading it runs no code of others, and is held while it is read.
 */
#include "catalog_state.h"

#include "../core/raise.h"
#include "alc/fields.h"

/* --- to values -----------------------------------------------------------------------
 */

static PyObject *item_values(const struct alc_item *item, const void *ptr);

static PyObject *texts_values(const struct alc_str *texts, size_t n)
{
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; list && i < n; i++) {
        PyObject *text = alc_bind_text(texts[i]);
        if (!text) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, (Py_ssize_t)i, text);
    }
    return list;
}

static PyObject *items_values(const struct alc_item *item, const void *items, size_t n)
{
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; list && i < n; i++) {
        PyObject *values = item_values(item, (const char *)items + i * item->size);
        if (!values) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, (Py_ssize_t)i, values);
    }
    return list;
}

/* The value of a field; None if it is not set. */
static PyObject *field_value(const struct alc_field *field, const void *item)
{
    const void *at = alc_field_at(field, item);
    size_t n;
    switch (field->shape) {
    case ALC_TEXT:
        return alc_bind_text(*(const struct alc_str *)at);
    case ALC_FLAG:
        return *(const bool *)at ? Py_NewRef(Py_True) : Py_NewRef(Py_None);
    case ALC_NUMBER:
        return *(const int64_t *)at ? PyLong_FromLongLong(*(const int64_t *)at)
                                    : Py_NewRef(Py_None);
    case ALC_CHOICE:
        return field->words[*(const unsigned *)at]
                   ? PyUnicode_FromString(field->words[*(const unsigned *)at])
                   : Py_NewRef(Py_None);
    case ALC_TEXTS:
        n = alc_field_count(field, item);
        return n ? texts_values(at, n) : Py_NewRef(Py_None);
    case ALC_ITEMS:
        n = alc_field_count(field, item);
        return n ? items_values(field->of, at, n) : Py_NewRef(Py_None);
    case ALC_NESTED:
        return alc_field_count(field, item) ? item_values(field->of, at)
                                            : Py_NewRef(Py_None);
    }
    Py_UNREACHABLE();
}

static PyObject *item_values(const struct alc_item *item, const void *ptr)
{
    PyObject *dict = PyDict_New();
    for (size_t i = 0; dict && i < item->n_fields; i++) {
        PyObject *value = field_value(&item->fields[i], ptr);
        if (!value || (value != Py_None &&
                       PyDict_SetItemString(dict, item->fields[i].name, value) < 0)) {
            Py_CLEAR(dict);
        }
        Py_XDECREF(value);
    }
    return dict;
}

PyObject *alc_bind_catalog_values(PyObject *self, PyObject *unused)
{
    (void)unused;
    const struct alc_catalog *model = &((struct alc_bind_catalog *)self)->model;
    PyObject *list = PyList_New((Py_ssize_t)model->n_tables);
    for (size_t i = 0; list && i < model->n_tables; i++) {
        PyObject *values = item_values(&alc_table_item, model->tables[i]);
        if (!values) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, (Py_ssize_t)i, values);
    }
    return list;
}

/* --- from values ---------------------------------------------------------------------
 */

static int read_item(void *out, const struct alc_item *item, PyObject *values,
                     struct alc_catalog *catalog);

static int refuse(const struct alc_item *item, const struct alc_field *field,
                  const char *what)
{
    PyErr_Format(PyExc_ValueError, "%s of a catalog's %s: %s", field->name, item->name,
                 what);
    return -1;
}

static int nomem(void)
{
    PyErr_NoMemory();
    return -1;
}

/* Copy a str into the catalog; bytes that were no UTF-8 are what they were. */
static int read_text(struct alc_str *out, PyObject *value, struct alc_catalog *catalog)
{
    PyObject *bytes = PyUnicode_AsEncodedString(value, "utf-8", "surrogateescape");
    if (!bytes) {
        return -1; /* UnicodeEncodeError is a ValueError */
    }
    struct alc_str text = {PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes)};
    int rc = alc_catalog_text(out, catalog, text, NULL);
    Py_DECREF(bytes);
    return rc ? nomem() : 0;
}

/* Read a list into an array of the catalog's. */
static int read_list(void *slot, const struct alc_item *item,
                     const struct alc_field *field, PyObject *value,
                     struct alc_catalog *catalog)
{
    size_t size = field->shape == ALC_ITEMS ? field->of->size : sizeof(struct alc_str);
    PyObject *tuple = PyList_CheckExact(value) ? PyList_AsTuple(value) : NULL;
    if (!tuple) {
        return PyErr_Occurred() ? -1 : refuse(item, field, "no list");
    }
    size_t n = (size_t)PyTuple_GET_SIZE(tuple);
    char *array = n ? alc_arena_calloc(&catalog->arena, n, size) : NULL;
    int rc = n && !array ? nomem() : 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        PyObject *each = PyTuple_GET_ITEM(tuple, (Py_ssize_t)i);
        void *at = array + i * size;
        if (field->shape == ALC_ITEMS) {
            rc = read_item(at, field->of, each, catalog);
        } else {
            rc = PyUnicode_CheckExact(each)
                     ? read_text(at, each, catalog)
                     : refuse(item, field, "no text in the list");
        }
    }
    memcpy((char *)slot + field->offset, &array, sizeof array);
    memcpy((char *)slot + field->n_offset, &n, sizeof n);
    Py_DECREF(tuple);
    return rc;
}

static int read_word(unsigned *out, const struct alc_item *item,
                     const struct alc_field *field, PyObject *value)
{
    for (size_t i = 0; PyUnicode_CheckExact(value) && i < field->n_words; i++) {
        if (field->words[i] &&
            PyUnicode_CompareWithASCIIString(value, field->words[i]) == 0) {
            *out = (unsigned)i;
            return 0;
        }
    }
    return refuse(item, field, "none of the words that it can be");
}

static int read_number(int64_t *out, const struct alc_item *item,
                       const struct alc_field *field, PyObject *value)
{
    int overflow = 0;
    long long number =
        PyLong_CheckExact(value) ? PyLong_AsLongLongAndOverflow(value, &overflow) : 0;
    if (!PyLong_CheckExact(value) || overflow) {
        return refuse(item, field, "no number of 64 bits");
    }
    *out = number;
    return 0;
}

static int read_field(void *out, const struct alc_item *item,
                      const struct alc_field *field, PyObject *value,
                      struct alc_catalog *catalog)
{
    void *at = (char *)out + field->offset;
    switch (field->shape) {
    case ALC_TEXT:
        return PyUnicode_CheckExact(value) ? read_text(at, value, catalog)
                                           : refuse(item, field, "no text");
    case ALC_FLAG:
        if (!PyBool_Check(value)) {
            return refuse(item, field, "neither true nor false");
        }
        *(bool *)at = value == Py_True;
        return 0;
    case ALC_NUMBER:
        return read_number(at, item, field, value);
    case ALC_CHOICE:
        return read_word(at, item, field, value);
    case ALC_TEXTS:
    case ALC_ITEMS:
        return read_list(out, item, field, value, catalog);
    case ALC_NESTED:
        return read_item(at, field->of, value, catalog);
    }
    Py_UNREACHABLE();
}

/* Read one value of a dict; -1 with ValueError set for what is no field. */
static int read_entry(void *out, const struct alc_item *item, PyObject *key,
                      PyObject *value, struct alc_catalog *catalog)
{
    for (size_t i = 0; PyUnicode_CheckExact(key) && i < item->n_fields; i++) {
        if (PyUnicode_CompareWithASCIIString(key, item->fields[i].name) == 0) {
            return read_field(out, item, &item->fields[i], value, catalog);
        }
    }
    PyErr_Format(PyExc_ValueError, "a catalog's %s has no such field", item->name);
    return -1;
}

/* Texts that no producer leaves out. */
static const struct alc_field *const required[] = {
    &alc_table_fields[ALC_FIELD_table_name],
    &alc_column_fields[ALC_FIELD_column_name],
    &alc_index_fields[ALC_FIELD_index_name],
    &alc_index_part_fields[ALC_FIELD_index_part_text],
};

static int check_required(const void *out, const struct alc_item *item)
{
    for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
        const struct alc_field *field = required[i];
        bool is_ours = field >= item->fields && field < item->fields + item->n_fields;
        if (is_ours &&
            alc_str_is_absent(*(const struct alc_str *)alc_field_at(field, out))) {
            return refuse(item, field, "missing");
        }
    }
    return 0;
}

static int read_item(void *out, const struct alc_item *item, PyObject *values,
                     struct alc_catalog *catalog)
{
    if (!PyDict_CheckExact(values)) {
        PyErr_Format(PyExc_ValueError, "a catalog's %s is no dict", item->name);
        return -1;
    }
    PyObject *copy = PyDict_Copy(values), *key, *value;
    Py_ssize_t at = 0;
    int rc = copy ? 0 : -1;
    while (rc == 0 && PyDict_Next(copy, &at, &key, &value)) {
        Py_INCREF(key);
        Py_INCREF(value);
        rc = read_entry(out, item, key, value, catalog);
        Py_DECREF(key);
        Py_DECREF(value);
    }
    Py_XDECREF(copy);
    return rc ? rc : check_required(out, item);
}

/* A table needs its names first, so that the catalog makes room for it. */
static int read_table(struct alc_catalog *catalog, PyObject *values)
{
    struct alc_str none = alc_str_absent();
    struct alc_table *table;
    if (alc_catalog_add_table(&table, catalog, none, none, NULL)) {
        return nomem();
    }
    return read_item(table, &alc_table_item, values, catalog);
}

static int read_backend(enum alc_backend *out, PyObject *name)
{
    for (unsigned i = ALC_BACKEND_POSTGRESQL; i <= ALC_BACKEND_MARIADB; i++) {
        if (PyUnicode_CompareWithASCIIString(name, alc_backend_words[i]) == 0) {
            *out = i;
            return 0;
        }
    }
    PyErr_Format(PyExc_ValueError, "no catalog of %R", name);
    return -1;
}

PyObject *alc_bind_catalog_from_values(PyObject *type, PyObject *args)
{
    PyObject *name, *tables;
    enum alc_backend backend;
    if (!PyArg_ParseTuple(args, "UO!:from_values", &name, &PyList_Type, &tables) ||
        read_backend(&backend, name) < 0) {
        return NULL;
    }
    PyObject *tuple = PyList_AsTuple(tables), *result = NULL;
    struct alc_catalog model;
    struct alc_error err;
    alc_error_init(&err);
    alc_catalog_init(&model, backend);
    int rc = tuple ? 0 : -1;
    for (Py_ssize_t i = 0; rc == 0 && i < PyTuple_GET_SIZE(tuple); i++) {
        rc = read_table(&model, PyTuple_GET_ITEM(tuple, i));
    }
    if (rc == 0 && alc_catalog_finish(&model, &err)) {
        alc_bind_raise(&err, NULL);
    } else if (rc == 0) {
        result =
            alc_bind_catalog_take(PyType_GetModuleState((PyTypeObject *)type), &model);
    }
    alc_catalog_release(&model);
    Py_XDECREF(tuple);
    return result;
}
