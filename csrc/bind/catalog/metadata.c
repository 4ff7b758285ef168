/* SQLAlchemy's MetaData into the schema model: tables, and what rules the walk. */
#include "walker.h"

static int read_columns(struct walker *w, struct alc_table *table, PyObject *object)
{
    PyObject *columns = walker_get_columns(w, object);
    int rc = columns ? 0 : -1;
    for (Py_ssize_t i = 0; !rc && i < PyTuple_GET_SIZE(columns); i++) {
        PyObject *column = walker_column(columns, i);
        rc = column ? walker_read_column(w, table, column) : -1;
    }
    Py_XDECREF(columns);
    return rc;
}

static int read_contents(struct walker *w, struct alc_table *table, PyObject *object)
{
    if (read_columns(w, table, object) < 0 ||
        walker_each(w, table, object, NAME_indexes, walker_read_index) < 0 ||
        walker_each(w, table, object, NAME_constraints, walker_read_constraint) < 0) {
        return -1;
    }
    if (w->defaults && w->is_postgresql &&
        walker_mark_autoincrement(w, table, object) < 0) {
        return -1;
    }
    return w->comments ? walker_get_text(&table->comment, w, object, NAME_comment) : 0;
}

/* What raises an exception here raises it in the comparators too, if they come to look
 * at it: the table is theirs. */
static int forgive(struct alc_table *table)
{
    if (!PyErr_ExceptionMatches(PyExc_Exception) ||
        PyErr_ExceptionMatches(PyExc_MemoryError)) {
        return -1;
    }
    PyErr_Clear();
    walker_make_opaque(table, "error in the model");
    return 0;
}

static int read_table(struct walker *w, PyObject *object)
{
    struct alc_str schema, name;
    struct alc_table *table;
    if (walker_get_text(&schema, w, object, NAME_schema) < 0 ||
        walker_get_text(&name, w, object, NAME_name) < 0) {
        return -1;
    }
    if (alc_str_is_absent(schema)) {
        schema = w->default_schema;
    }
    if (walker_raised(
            w, alc_catalog_add_table(&table, &w->model, schema, name, &w->err)) < 0) {
        return -1;
    }
    return read_contents(w, table, object) < 0 ? forgive(table) : 0;
}

static int read_tables(struct walker *w, PyObject *tables)
{
    PyObject *items = PySequence_Tuple(tables);
    int rc = items ? 0 : -1;
    for (Py_ssize_t i = 0; !rc && i < PyTuple_GET_SIZE(items); i++) {
        rc = read_table(w, PyTuple_GET_ITEM(items, i));
    }
    Py_XDECREF(items);
    return rc ? rc : walker_raised(w, alc_catalog_finish(&w->model, &w->err));
}

static int rule_flag(bool *out, const struct walker *w, enum rule_id rule)
{
    int truth = PyObject_IsTrue(w->rules[rule]);
    *out = truth > 0;
    return truth < 0 ? -1 : 0;
}

static int has_late(bool *out, const struct walker *w, const char *kind)
{
    PyObject *text = PyUnicode_FromString(kind);
    int found = text ? PySequence_Contains(w->rules[RULE_late_names], text) : -1;
    Py_XDECREF(text);
    *out = found > 0;
    return found < 0 ? -1 : 0;
}

static int read_rules(struct walker *w, PyObject *rules)
{
    for (int i = 0; i < N_RULES; i++) {
        w->rules[i] = PyObject_GetAttrString(rules, walker_rule_texts[i]);
        if (!w->rules[i]) {
            return -1;
        }
    }
    if (!PyDict_Check(w->rules[RULE_plain_types])) {
        PyErr_SetString(PyExc_TypeError, "plain_types: want a dict");
        return -1;
    }
    if (!PyAnySet_Check(w->rules[RULE_plain_items])) {
        PyErr_SetString(PyExc_TypeError, "plain_items: want a set");
        return -1;
    }
    PyObject *dialect = w->rules[RULE_dialect];
    w->is_postgresql = PyUnicode_Check(dialect) &&
                       PyUnicode_CompareWithASCIIString(dialect, "postgresql") == 0;
    w->max_name = PyLong_AsSsize_t(w->rules[RULE_max_name]);
    if (w->max_name < 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ValueError, "max_name is negative");
        }
        return -1;
    }
    return rule_flag(&w->types, w, RULE_types) ||
                   rule_flag(&w->defaults, w, RULE_defaults) ||
                   rule_flag(&w->comments, w, RULE_comments) ||
                   rule_flag(&w->checks, w, RULE_checks) ||
                   has_late(&w->late_unique, w, "uq") ||
                   has_late(&w->late_index, w, "ix") ||
                   has_late(&w->late_check, w, "ck")
               ? -1
               : 0;
}

static PyObject *read_metadata(PyObject *module, PyObject *args)
{
    struct alc_module_state *state = PyModule_GetState(module);
    struct walker w = {.names = state->names};
    PyObject *tables, *rules, *result = NULL;
    if (!PyArg_ParseTuple(args, "OO:read_metadata", &tables, &rules)) {
        return NULL;
    }
    alc_error_init(&w.err);
    alc_catalog_init(&w.model, ALC_BACKEND_SQLITE);
    if (read_rules(&w, rules) == 0) {
        w.model.backend = w.is_postgresql ? ALC_BACKEND_POSTGRESQL : ALC_BACKEND_SQLITE;
        w.type_texts = PyDict_New();
        if (w.type_texts &&
            walker_copy_text(&w.default_schema, &w, w.rules[RULE_default_schema]) ==
                0 &&
            read_tables(&w, tables) == 0) {
            result = alc_bind_catalog_take(state, &w.model);
        }
    }
    for (int i = 0; i < N_RULES; i++) {
        Py_XDECREF(w.rules[i]);
    }
    Py_XDECREF(w.type_texts);
    alc_catalog_release(&w.model);
    return result;
}

static PyMethodDef metadata_functions[] = {
    {"read_metadata", read_metadata, METH_VARARGS,
     PyDoc_STR("read_metadata(tables, rules) -> Catalog\n\nThe model of SQLAlchemy "
               "tables; rules: see alembic_c.catalog._model.Rules.")},
    {NULL, NULL, 0, NULL},
};

int alc_bind_metadata_exec(PyObject *module, struct alc_module_state *state)
{
    state->names = PyTuple_New(N_NAMES);
    for (int i = 0; state->names && i < N_NAMES; i++) {
        PyObject *name = PyUnicode_InternFromString(walker_name_texts[i]);
        if (!name) {
            return -1;
        }
        PyTuple_SET_ITEM(state->names, i, name);
    }
    return state->names ? PyModule_AddFunctions(module, metadata_functions) : -1;
}
