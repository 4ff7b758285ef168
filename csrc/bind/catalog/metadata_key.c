/* Indexes and constraints of SQLAlchemy's MetaData. */
#include "walker.h"

#include <string.h>

/* The name of an index or a constraint; absent when it has none.  A name that the
 * dialect would cut, or that a naming convention may still change (is_late), makes the
 * table opaque. */
static int get_name(struct alc_str *out, struct walker *w, struct alc_table *table,
                    PyObject *object, bool is_late)
{
    PyObject *name = walker_get(w, object, NAME_name);
    if (!name || walker_copy_text(out, w, name) < 0) {
        Py_XDECREF(name);
        return -1;
    }
    if (out->len > (size_t)w->max_name) {
        walker_make_opaque(table, "long name");
    }
    if (is_late && (PyObject *)Py_TYPE(name) != w->rules[RULE_final_name]) {
        walker_make_opaque(table, "name by convention");
    }
    Py_DECREF(name);
    return 0;
}

/* Whether an index or a constraint may have options of dialects: 1, 0, or -1 with an
 * exception.  Asking the object itself makes it build a place for them, which costs
 * more than all else about it. */
static int may_have_options(struct walker *w, PyObject *object)
{
    int is_plain =
        PySet_Contains(w->rules[RULE_plain_items], (PyObject *)Py_TYPE(object));
    if (is_plain <= 0) {
        return is_plain < 0 ? -1 : 1;
    }
    PyObject *attributes = walker_get(w, object, NAME___dict__);
    int found = attributes ? PyMapping_HasKey(attributes, w->rules[RULE_options]) : -1;
    Py_XDECREF(attributes);
    return found;
}

/* Whether NULLs count as equal, by an option of PostgreSQL's: 1, 0, or -1 with an
 * exception. */
static int has_equal_nulls(struct walker *w, PyObject *object)
{
    if (!w->is_postgresql) {
        return 0;
    }
    int has_any = may_have_options(w, object);
    if (has_any <= 0) {
        return has_any;
    }
    PyObject *options = walker_get(w, object, NAME_dialect_kwargs);
    Py_ssize_t n = options ? PyObject_Size(options) : -1;
    PyObject *value =
        n > 0 ? PyMapping_GetItemString(options, "postgresql_nulls_not_distinct")
              : NULL;
    int truth = value ? PyObject_IsTrue(value) : n < 0 ? -1 : 0;
    if (!value && n > 0) {
        if (!PyErr_ExceptionMatches(PyExc_KeyError)) {
            truth = -1;
        } else {
            PyErr_Clear();
        }
    }
    Py_XDECREF(value);
    Py_XDECREF(options);
    return truth;
}

/* Whether an object is a Column: 1, 0, or -1 with an exception. */
static int is_column(struct walker *w, PyObject *object)
{
    struct alc_str kind;
    PyObject *name = walker_get(w, object, NAME___visit_name__);
    int rc = name ? walker_borrow_text(&kind, name) : -1;
    int found = rc < 0 ? -1 : kind.len == 6 && memcmp(kind.ptr, "column", 6) == 0;
    Py_XDECREF(name);
    return found;
}

/* The names of an object's columns; *plain is cleared when one is none. */
static int read_key(struct alc_str **out, size_t *n_out, struct walker *w,
                    PyObject *object, bool *plain)
{
    PyObject *items = walker_get_columns(w, object);
    if (!items) {
        return -1;
    }
    size_t n = (size_t)PyTuple_GET_SIZE(items);
    int rc = walker_raised(w, alc_catalog_texts(out, &w->model, n, &w->err));
    for (size_t i = 0; !rc && i < n; i++) {
        PyObject *item = walker_column(items, (Py_ssize_t)i);
        int column = item ? is_column(w, item) : -1;
        if (column <= 0) {
            *plain = false;
            rc = column;
            continue;
        }
        rc = walker_get_text(&(*out)[i], w, item, NAME_name);
    }
    *n_out = n;
    Py_DECREF(items);
    return rc;
}

/* An element of an index: a column, or PostgreSQL's text for what is more. */
static int read_part(struct alc_index_part *part, struct walker *w,
                     struct alc_table *table, PyObject *element)
{
    int column = is_column(w, element);
    if (column < 0) {
        return -1;
    }
    if (column) {
        return walker_get_text(&part->text, w, element, NAME_name);
    }
    part->is_expr = true;
    if (!w->is_postgresql) {
        /* The exact path warns that it cannot compare it. */
        walker_make_opaque(table, "index expression");
        return 0;
    }
    return walker_take_text(&part->text, w, table,
                            PyObject_CallOneArg(w->rules[RULE_index_text], element),
                            "index expression");
}

static int read_parts(struct alc_index *index, struct walker *w,
                      struct alc_table *table, PyObject *object)
{
    PyObject *items = walker_get_items(w, object, NAME_expressions);
    if (!items) {
        return -1;
    }
    size_t n = (size_t)PyTuple_GET_SIZE(items);
    index->parts = alc_arena_calloc(&w->model.arena, n, sizeof *index->parts);
    int rc = index->parts || !n ? 0 : -1;
    if (rc) {
        PyErr_NoMemory();
    }
    for (size_t i = 0; !rc && i < n; i++) {
        rc = read_part(&index->parts[i], w, table,
                       PyTuple_GET_ITEM(items, (Py_ssize_t)i));
    }
    index->n_parts = rc ? 0 : n;
    Py_DECREF(items);
    return rc;
}

/* Copy the texts of a tuple, of which None is absent. */
static int take_tuple(struct alc_str *out, size_t n, struct walker *w, PyObject *texts)
{
    for (size_t i = 0; i < n; i++) {
        PyObject *text = PyTuple_GET_ITEM(texts, (Py_ssize_t)i);
        if (walker_copy_text(&out[i], w, text) < 0) {
            return -1;
        }
    }
    return 0;
}

enum { DETAIL_METHOD, DETAIL_PREDICATE, DETAIL_STORAGE, N_DETAIL_TEXTS };

/* What `details` says: three texts, then tuples of included columns and of operator
 * classes, one for each part. */
static int take_details(struct alc_index *index, struct walker *w, PyObject *details)
{
    struct alc_str texts[N_DETAIL_TEXTS];
    PyObject *include = NULL, *opclasses = NULL;
    if (!PyTuple_Check(details) || PyTuple_GET_SIZE(details) != N_DETAIL_TEXTS + 2) {
        PyErr_SetString(PyExc_TypeError, "index_details: want a tuple of five");
        return -1;
    }
    include = PyTuple_GET_ITEM(details, N_DETAIL_TEXTS);
    opclasses = PyTuple_GET_ITEM(details, N_DETAIL_TEXTS + 1);
    if (!PyTuple_Check(include) || !PyTuple_Check(opclasses) ||
        (size_t)PyTuple_GET_SIZE(opclasses) != index->n_parts) {
        PyErr_SetString(PyExc_TypeError, "index_details: want a tuple of each list");
        return -1;
    }
    size_t n = (size_t)PyTuple_GET_SIZE(include);
    if (take_tuple(texts, N_DETAIL_TEXTS, w, details) < 0 ||
        walker_raised(w, alc_catalog_texts(&index->include, &w->model, n, &w->err)) <
            0 ||
        take_tuple(index->include, n, w, include) < 0) {
        return -1;
    }
    index->n_include = n;
    index->method = texts[DETAIL_METHOD];
    index->predicate = texts[DETAIL_PREDICATE];
    index->options = texts[DETAIL_STORAGE];
    for (size_t i = 0; i < index->n_parts; i++) {
        PyObject *opclass = PyTuple_GET_ITEM(opclasses, (Py_ssize_t)i);
        if (walker_copy_text(&index->parts[i].opclass, w, opclass) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Method, predicate and what else the options of dialects say of an index. */
static int read_details(struct alc_index *index, struct walker *w, PyObject *object)
{
    static const struct alc_str usual_method = {"btree", 5};
    int has_any = may_have_options(w, object);
    if (has_any <= 0) {
        index->method = w->is_postgresql ? usual_method : alc_str_absent();
        return has_any;
    }
    PyObject *details = PyObject_CallOneArg(w->rules[RULE_index_details], object);
    int rc = details ? take_details(index, w, details) : -1;
    Py_XDECREF(details);
    return rc;
}

int walker_read_index(struct walker *w, struct alc_table *table, PyObject *object)
{
    struct alc_index *index;
    if (walker_raised(w, alc_catalog_add_index(&index, &w->model, table, &w->err)) <
            0 ||
        get_name(&index->name, w, table, object, w->late_index) < 0) {
        return -1;
    }
    int unique = walker_get_flag(w, object, NAME_unique);
    int equal_nulls = unique < 0 ? -1 : has_equal_nulls(w, object);
    if (equal_nulls < 0 || read_parts(index, w, table, object) < 0 ||
        read_details(index, w, object) < 0) {
        return -1;
    }
    index->is_unique = unique != 0;
    index->nulls_not_distinct = equal_nulls != 0;
    if (alc_str_is_absent(index->name)) {
        walker_make_opaque(table, "index without a name");
    }
    return 0;
}

static int read_unique(struct walker *w, struct alc_table *table, PyObject *object)
{
    struct alc_constraint *constraint;
    bool plain = true;
    if (walker_raised(w, alc_catalog_add_constraint(&constraint, &w->model, table,
                                                    &w->err)) < 0) {
        return -1;
    }
    constraint->kind = ALC_UNIQUE;
    int equal_nulls = has_equal_nulls(w, object);
    if (equal_nulls < 0 ||
        read_key(&constraint->columns, &constraint->n_columns, w, object, &plain) < 0) {
        return -1;
    }
    constraint->nulls_not_distinct = equal_nulls != 0;
    if (!plain) {
        walker_make_opaque(table, "unique constraint");
    }
    return get_name(&constraint->name, w, table, object, w->late_unique);
}

static const struct {
    const char *text;
    enum alc_fk_action action;
} actions[] = {
    {"NO ACTION", ALC_NO_ACTION},     {"RESTRICT", ALC_RESTRICT},
    {"CASCADE", ALC_CASCADE},         {"SET NULL", ALC_SET_NULL},
    {"SET DEFAULT", ALC_SET_DEFAULT},
};

static bool equals_ignoring_case(struct alc_str text, const char *upper)
{
    size_t i = 0;
    for (; i < text.len && upper[i]; i++) {
        char c = text.ptr[i];
        if ((c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c) != upper[i]) {
            return false;
        }
    }
    return i == text.len && !upper[i];
}

static int read_action(enum alc_fk_action *out, struct walker *w,
                       struct alc_table *table, PyObject *object, enum name_id name)
{
    struct alc_str text;
    if (walker_get_text(&text, w, object, name) < 0) {
        return -1;
    }
    if (alc_str_is_absent(text)) {
        return 0;
    }
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        if (equals_ignoring_case(text, actions[i].text)) {
            *out = actions[i].action;
            return 0;
        }
    }
    walker_make_opaque(table, "foreign key action");
    return 0;
}

/* Where one pair of columns leads. */
static int read_reference(struct alc_constraint *constraint, size_t i, struct walker *w,
                          PyObject *element)
{
    PyObject *parent = walker_get(w, element, NAME_parent);
    PyObject *column = parent ? walker_get(w, element, NAME_column) : NULL;
    PyObject *target = column ? walker_get(w, column, NAME_table) : NULL;
    int rc =
        target ? walker_get_text(&constraint->columns[i], w, parent, NAME_name) : -1;
    rc = rc ? rc : walker_get_text(&constraint->ref_columns[i], w, column, NAME_name);
    if (!rc && i == 0) {
        rc = walker_get_text(&constraint->ref_table, w, target, NAME_name);
        rc = rc ? rc : walker_get_text(&constraint->ref_schema, w, target, NAME_schema);
        if (!rc && alc_str_is_absent(constraint->ref_schema)) {
            constraint->ref_schema = w->default_schema;
        }
    }
    Py_XDECREF(target);
    Py_XDECREF(column);
    Py_XDECREF(parent);
    return rc;
}

static int read_deferrability(struct alc_constraint *constraint, struct walker *w,
                              PyObject *object)
{
    struct alc_str initially;
    int deferrable = walker_get_flag(w, object, NAME_deferrable);
    if (deferrable < 0 || walker_get_text(&initially, w, object, NAME_initially) < 0) {
        return -1;
    }
    constraint->deferrable = deferrable;
    constraint->initially_deferred = equals_ignoring_case(initially, "DEFERRED");
    return 0;
}

static int read_foreign_key(struct walker *w, struct alc_table *table, PyObject *object)
{
    struct alc_constraint *constraint;
    if (walker_raised(w, alc_catalog_add_constraint(&constraint, &w->model, table,
                                                    &w->err)) < 0) {
        return -1;
    }
    constraint->kind = ALC_FOREIGN_KEY;
    PyObject *items = walker_get_items(w, object, NAME_elements);
    if (!items) {
        return -1;
    }
    size_t n = (size_t)PyTuple_GET_SIZE(items);
    int rc = walker_raised(
        w, alc_catalog_texts(&constraint->columns, &w->model, n, &w->err));
    rc = rc ? rc
            : walker_raised(w, alc_catalog_texts(&constraint->ref_columns, &w->model, n,
                                                 &w->err));
    for (size_t i = 0; !rc && i < n; i++) {
        rc = read_reference(constraint, i, w, PyTuple_GET_ITEM(items, (Py_ssize_t)i));
    }
    Py_DECREF(items);
    constraint->n_columns = constraint->n_ref_columns = rc ? 0 : n;
    rc = rc ? rc : read_action(&constraint->on_update, w, table, object, NAME_onupdate);
    rc = rc ? rc : read_action(&constraint->on_delete, w, table, object, NAME_ondelete);
    rc = rc ? rc : read_deferrability(constraint, w, object);
    return rc ? -1 : get_name(&constraint->name, w, table, object, false);
}

/* Whether one that a type brings is wanted is for the type to say. */
int walker_read_check(struct walker *w, struct alc_table *table, PyObject *object)
{
    struct alc_constraint *constraint;
    if (!w->checks) {
        return 0;
    }
    PyObject *flag = PyObject_GetAttr(object, w->rules[RULE_type_bound]);
    int is_bound = flag ? PyObject_IsTrue(flag) : -1;
    Py_XDECREF(flag);
    if (is_bound < 0 ||
        walker_raised(w, alc_catalog_add_constraint(&constraint, &w->model, table,
                                                    &w->err)) < 0) {
        return -1;
    }
    if (is_bound) {
        walker_make_opaque(table, "check constraint of a type");
    }
    constraint->kind = ALC_CHECK;
    if (get_name(&constraint->name, w, table, object, w->late_check) < 0) {
        return -1;
    }
    return walker_take_text(&constraint->expr, w, table,
                            PyObject_CallOneArg(w->rules[RULE_check_text], object),
                            "check constraint");
}

static int skip(struct walker *w, struct alc_table *table, PyObject *object)
{
    (void)w, (void)table, (void)object;
    return 0;
}

/* By __visit_name__, which SQLAlchemy's visitors go by. */
static const struct {
    const char *visit_name;
    int (*read)(struct walker *, struct alc_table *, PyObject *);
} constraint_readers[] = {
    {"primary_key_constraint", skip}, /* not compared, nor is the next */
    {"exclude_constraint", skip},
    {"unique_constraint", read_unique},
    {"foreign_key_constraint", read_foreign_key},
    {"check_constraint", walker_read_check},
    {"table_or_column_check_constraint", walker_read_check},
    {"column_check_constraint", walker_read_check},
};

int walker_read_constraint(struct walker *w, struct alc_table *table, PyObject *object)
{
    PyObject *name = walker_get(w, object, NAME___visit_name__);
    struct alc_str kind;
    if (!name || walker_borrow_text(&kind, name) < 0) {
        Py_XDECREF(name);
        return -1;
    }
    int (*read)(struct walker *, struct alc_table *, PyObject *) = NULL;
    size_t n = sizeof constraint_readers / sizeof *constraint_readers;
    for (size_t i = 0; !read && i < n; i++) {
        const char *candidate = constraint_readers[i].visit_name;
        if (strlen(candidate) == kind.len &&
            memcmp(candidate, kind.ptr, kind.len) == 0) {
            read = constraint_readers[i].read;
        }
    }
    Py_DECREF(name);
    if (!read) {
        walker_make_opaque(table, "kind of constraint");
        return 0;
    }
    return read(w, table, object);
}
