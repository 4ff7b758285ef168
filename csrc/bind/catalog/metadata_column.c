/* Columns of SQLAlchemy's MetaData, with their types and defaults. */
#include "walker.h"

/* --- types ---------------------------------------------------------------------------
 */

/* The type that the dialect uses of one with variants; NULL with an exception. */
static PyObject *resolve(struct walker *w, PyObject *type)
{
    PyObject *variants = PyObject_GetAttr(type, w->rules[RULE_variants]);
    PyObject *chosen = NULL;
    if (variants && PyDict_Check(variants) && PyDict_GET_SIZE(variants)) {
        chosen = PyDict_GetItemWithError(variants, w->rules[RULE_dialect]);
    }
    chosen = variants && !PyErr_Occurred() ? Py_NewRef(chosen ? chosen : type) : NULL;
    Py_XDECREF(variants); /* made for us alone, for all we know */
    return chosen;
}

/* (class, parameter, ...); `attributes` names the parameters.  NULL with an exception.
 */
static PyObject *make_key(PyObject *type, PyObject *attributes)
{
    if (!PyTuple_Check(attributes)) {
        PyErr_SetString(PyExc_TypeError, "plain_types: want tuples of names");
        return NULL;
    }
    Py_ssize_t n = PyTuple_GET_SIZE(attributes);
    PyObject *key = PyTuple_New(n + 1);
    if (!key) {
        return NULL;
    }
    PyTuple_SET_ITEM(key, 0, Py_NewRef((PyObject *)Py_TYPE(type)));
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *value = PyObject_GetAttr(type, PyTuple_GET_ITEM(attributes, i));
        if (!value) {
            Py_DECREF(key);
            return NULL;
        }
        PyTuple_SET_ITEM(key, i + 1, value);
    }
    return key;
}

/*
 * The key of a type whose DDL its class and parameters determine; None when the type
 * has to be asked about by itself; NULL with an exception.
 */
static PyObject *type_key(struct walker *w, PyObject *type)
{
    PyObject *resolved = resolve(w, type);
    PyObject *attributes = resolved
                               ? PyDict_GetItemWithError(w->rules[RULE_plain_types],
                                                         (PyObject *)Py_TYPE(resolved))
                               : NULL;
    PyObject *key = NULL;
    if (attributes) {
        Py_INCREF(attributes);
        key = make_key(resolved, attributes);
        Py_DECREF(attributes);
    } else if (!PyErr_Occurred()) {
        key = Py_NewRef(Py_None);
    }
    Py_XDECREF(resolved);
    return key;
}

/* The type's text, str or None; a new reference, NULL with an exception. */
static PyObject *type_text(struct walker *w, PyObject *type)
{
    PyObject *key = type_key(w, type);
    if (!key) {
        return NULL;
    }
    PyObject *text = NULL;
    if (key == Py_None) {
        text = PyObject_CallOneArg(w->rules[RULE_type_text], type);
    } else {
        text = Py_XNewRef(PyDict_GetItemWithError(w->type_texts, key));
        if (!text && !PyErr_Occurred()) {
            text = PyObject_CallOneArg(w->rules[RULE_type_text], type);
            if (text && PyDict_SetItem(w->type_texts, key, text) < 0) {
                Py_CLEAR(text);
            }
        }
    }
    Py_DECREF(key);
    return text;
}

/* --- columns -------------------------------------------------------------------------
 */

static int read_computed(struct alc_column *column, struct walker *w,
                         struct alc_table *table, PyObject *computed)
{
    if (!w->is_postgresql) {
        /* Read from the statement's text by pattern, in the exact path. */
        walker_make_opaque(table, "generated column");
    }
    column->generated_kind = ALC_GENERATED_STORED; /* which kind is not compared */
    return walker_take_text(&column->generated, w, table,
                            PyObject_CallOneArg(w->rules[RULE_computed_text], computed),
                            "generated column");
}

static int read_identity(struct alc_column *column, struct walker *w,
                         struct alc_table *table, PyObject *identity)
{
    struct alc_identity *to = &column->identity;
    long long start, increment, min, max, cache;
    int always, cycle;
    PyObject *values = PyObject_CallOneArg(w->rules[RULE_identity_values], identity);
    if (!values || values == Py_None) {
        Py_XDECREF(values);
        walker_make_opaque(table, "identity");
        return values ? 0 : -1;
    }
    if (!PyTuple_Check(values)) {
        PyErr_SetString(PyExc_TypeError, "identity_values: want a tuple");
        Py_DECREF(values);
        return -1;
    }
    int ok = PyArg_ParseTuple(values, "pLLLLLp", &always, &start, &increment, &min,
                              &max, &cache, &cycle);
    Py_DECREF(values);
    if (!ok) {
        return -1;
    }
    column->identity_kind = always ? ALC_IDENTITY_ALWAYS : ALC_IDENTITY_BY_DEFAULT;
    *to = (struct alc_identity){start, increment, min, max, cache, cycle != 0};
    return 0;
}

/* A server default: plain, generated, or an identity. */
static int read_default(struct alc_column *column, struct walker *w,
                        struct alc_table *table, PyObject *object, PyObject *type)
{
    PyObject *server_default = walker_get(w, object, NAME_server_default);
    if (!server_default || server_default == Py_None) {
        Py_XDECREF(server_default);
        return server_default ? 0 : -1;
    }
    PyObject *computed = walker_get(w, object, NAME_computed);
    PyObject *identity = computed ? walker_get(w, object, NAME_identity) : NULL;
    int rc;
    if (!identity) {
        rc = -1;
    } else if (computed != Py_None) {
        rc = read_computed(column, w, table, computed);
    } else if (identity != Py_None) {
        rc = read_identity(column, w, table, identity);
    } else {
        rc = walker_take_text(&column->default_expr, w, table,
                              PyObject_CallFunctionObjArgs(w->rules[RULE_default_text],
                                                           server_default, type, NULL),
                              "server default");
    }
    Py_XDECREF(identity);
    Py_XDECREF(computed);
    Py_DECREF(server_default);
    return rc;
}

/* The CHECK constraints that stand with a column. */
static int read_column_checks(struct walker *w, struct alc_table *table,
                              PyObject *object)
{
    PyObject *items = walker_get(w, object, NAME_constraints);
    Py_ssize_t n = items ? PyObject_Size(items) : -1;
    Py_XDECREF(items);
    if (n <= 0) {
        return n < 0 ? -1 : 0;
    }
    return walker_each(w, table, object, NAME_constraints, walker_read_check);
}

int walker_read_column(struct walker *w, struct alc_table *table, PyObject *object)
{
    int is_system = walker_get_flag(w, object, NAME_system);
    if (is_system) {
        return is_system < 0 ? -1 : 0;
    }
    struct alc_column *column;
    if (walker_raised(w, alc_catalog_add_column(&column, &w->model, table, &w->err)) <
        0) {
        return -1;
    }
    int nullable = walker_get_flag(w, object, NAME_nullable);
    column->not_null = !nullable;
    PyObject *type = nullable < 0 ? NULL : walker_get(w, object, NAME_type);
    int rc = type ? walker_get_text(&column->name, w, object, NAME_name) : -1;
    if (!rc && w->types) {
        rc = walker_take_text(&column->type, w, table, type_text(w, type), "type");
    }
    if (!rc && w->defaults) {
        rc = read_default(column, w, table, object, type);
    }
    Py_XDECREF(type);
    if (!rc && w->comments) {
        rc = walker_get_text(&column->comment, w, object, NAME_comment);
    }
    if (!rc && w->checks) {
        rc = read_column_checks(w, table, object);
    }
    return rc;
}

int walker_mark_autoincrement(struct walker *w, struct alc_table *table,
                              PyObject *object)
{
    PyObject *column = PyObject_GetAttr(object, w->rules[RULE_autoincrement]);
    if (!column || column == Py_None) {
        Py_XDECREF(column);
        return column ? 0 : -1;
    }
    struct alc_str name = {NULL, 0};
    PyObject *text = walker_get(w, column, NAME_name);
    int rc = text ? walker_borrow_text(&name, text) : -1;
    for (size_t i = 0; !rc && i < table->n_columns; i++) {
        if (alc_str_eq(table->columns[i].name, name)) {
            table->columns[i].is_serial = true;
        }
    }
    Py_XDECREF(text);
    Py_DECREF(column);
    return rc;
}
