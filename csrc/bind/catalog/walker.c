/* See walker.h. */
#include "walker.h"

#include <string.h>

#include "../core/raise.h"

const char *const walker_name_texts[N_NAMES] = {
#define ALC_NAME_TEXT(name) #name,
    ALC_NAMES(ALC_NAME_TEXT)
#undef ALC_NAME_TEXT
};

const char *const walker_rule_texts[N_RULES] = {
#define ALC_RULE_TEXT(name) #name,
    ALC_RULES(ALC_RULE_TEXT)
#undef ALC_RULE_TEXT
};

PyObject *walker_get(const struct walker *w, PyObject *object, enum name_id name)
{
    return PyObject_GetAttr(object, PyTuple_GET_ITEM(w->names, name));
}

int walker_get_flag(const struct walker *w, PyObject *object, enum name_id name)
{
    PyObject *value = walker_get(w, object, name);
    int truth = value ? PyObject_IsTrue(value) : -1;
    Py_XDECREF(value);
    return truth;
}

PyObject *walker_get_items(const struct walker *w, PyObject *object, enum name_id name)
{
    PyObject *items = walker_get(w, object, name);
    PyObject *tuple = items ? PySequence_Tuple(items) : NULL;
    Py_XDECREF(items);
    return tuple;
}

PyObject *walker_get_columns(const struct walker *w, PyObject *object)
{
    PyObject *collection = PyObject_GetAttr(object, w->rules[RULE_columns]);
    PyObject *entries =
        collection ? PyObject_GetAttr(collection, w->rules[RULE_entries]) : NULL;
    PyObject *columns = NULL;
    if (entries && PyList_Check(entries)) {
        columns = PyList_AsTuple(entries);
    } else if (entries) {
        PyErr_SetString(PyExc_TypeError, "columns: want a list");
    }
    Py_XDECREF(entries);
    Py_XDECREF(collection);
    return columns;
}

PyObject *walker_column(PyObject *columns, Py_ssize_t i)
{
    PyObject *entry = PyTuple_GET_ITEM(columns, i);
    if (!PyTuple_Check(entry) || PyTuple_GET_SIZE(entry) < 2) {
        PyErr_SetString(PyExc_TypeError, "columns: want tuples of key and column");
        return NULL;
    }
    return PyTuple_GET_ITEM(entry, 1);
}

int walker_raised(struct walker *w, int rc)
{
    if (rc) {
        alc_bind_raise(&w->err, NULL);
        return -1;
    }
    return 0;
}

void walker_make_opaque(struct alc_table *table, const char *reason)
{
    if (alc_str_is_absent(table->opaque)) {
        table->opaque.ptr = reason;
        table->opaque.len = strlen(reason);
    }
}

int walker_borrow_text(struct alc_str *out, PyObject *value)
{
    *out = alc_str_absent();
    return PyUnicode_Check(value) ? alc_bind_borrow_text(out, value) : 0;
}

int walker_copy_text(struct alc_str *out, struct walker *w, PyObject *value)
{
    struct alc_str text;
    if (walker_borrow_text(&text, value) < 0) {
        return -1;
    }
    return walker_raised(w, alc_catalog_text(out, &w->model, text, &w->err));
}

int walker_get_text(struct alc_str *out, struct walker *w, PyObject *object,
                    enum name_id name)
{
    PyObject *value = walker_get(w, object, name);
    int rc = value ? walker_copy_text(out, w, value) : -1;
    Py_XDECREF(value);
    return rc;
}

int walker_each(struct walker *w, struct alc_table *table, PyObject *object,
                enum name_id name,
                int (*fn)(struct walker *, struct alc_table *, PyObject *))
{
    PyObject *items = walker_get(w, object, name);
    PyObject *iterator = items ? PyObject_GetIter(items) : NULL;
    PyObject *item;
    int rc = iterator ? 0 : -1;
    while (!rc && (item = PyIter_Next(iterator))) {
        rc = fn(w, table, item);
        Py_DECREF(item);
    }
    if (!rc && PyErr_Occurred()) {
        rc = -1;
    }
    Py_XDECREF(iterator);
    Py_XDECREF(items);
    return rc;
}

int walker_take_text(struct alc_str *out, struct walker *w, struct alc_table *table,
                     PyObject *text, const char *otherwise)
{
    if (text && !PyUnicode_Check(text)) {
        walker_make_opaque(table, otherwise);
    }
    int rc = text ? walker_copy_text(out, w, text) : -1;
    Py_XDECREF(text);
    return rc;
}
