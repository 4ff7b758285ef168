/*
 * SQLAlchemy's MetaData into the schema model.
 *
 * Only public attributes of SQLAlchemy are read.  What depends on the dialect (the text
 * of a type, of a default that is no plain string) is asked of two Python functions,
 * types once for each distinct class and scalar parameters: most columns of a large
 * schema share a few dozen.  What is not understood makes its table opaque, with the
 * reason.
 */
#include "state.h"

#include <string.h>

#include "../core/error.h"

/* Names looked up per object, interned once a module. */
/* clang-format off */
#define ALC_NAMES(X)                                                                   \
    X(name) X(schema) X(comment) X(columns) X(indexes) X(constraints) X(type)          \
    X(nullable) X(system) X(server_default) X(computed) X(identity) X(arg) X(text)     \
    X(unique) X(expressions) X(dialect_kwargs) X(elements) X(parent) X(column)         \
    X(table) X(onupdate) X(ondelete) X(deferrable) X(initially) X(match)               \
    X(autoincrement_column) X(__visit_name__)
/* clang-format on */

enum name_id {
#define ALC_NAME_ID(name) NAME_##name,
    ALC_NAMES(ALC_NAME_ID)
#undef ALC_NAME_ID
        N_NAMES,
};

static const char *const name_texts[N_NAMES] = {
#define ALC_NAME_TEXT(name) #name,
    ALC_NAMES(ALC_NAME_TEXT)
#undef ALC_NAME_TEXT
};

struct walker {
    struct alc_catalog model;
    struct alc_error err;
    PyObject *names;      /* tuple of interned str; borrowed */
    PyObject *type_texts; /* (class, parameter, ...) -> text or None; strong */

    /* What the caller gave; borrowed. */
    PyObject *plain_types;  /* class -> names of the attributes that shape its DDL */
    PyObject *variants;     /* name of the attribute that holds a type's variants */
    PyObject *type_text;    /* callable(type) -> str | None */
    PyObject *default_text; /* callable(server default) -> str | None */
    struct alc_str default_schema;
    struct alc_str index_method;   /* of an index that says none; absent on SQLite */
    struct alc_str dialect_prefix; /* "postgresql_" */
    Py_ssize_t max_name;           /* longer names are cut by the dialect */
    int defaults, comments, checks;
};

/* A new reference to an attribute; NULL with an exception. */
static PyObject *get(const struct walker *w, PyObject *object, enum name_id name)
{
    return PyObject_GetAttr(object, PyTuple_GET_ITEM(w->names, name));
}

/* -1 with an exception, else the truth of an attribute. */
static int get_flag(const struct walker *w, PyObject *object, enum name_id name)
{
    PyObject *value = get(w, object, name);
    int truth = value ? PyObject_IsTrue(value) : -1;
    Py_XDECREF(value);
    return truth;
}

/* -1 with an exception, 1 when an attribute is not None, else 0. */
static int has(const struct walker *w, PyObject *object, enum name_id name)
{
    PyObject *value = get(w, object, name);
    int there = value ? value != Py_None : -1;
    Py_XDECREF(value);
    return there;
}

/* Turn a failure of the core into an exception: 0 or -1. */
static int raised(struct walker *w, int rc)
{
    if (rc) {
        alc_bind_raise(&w->err, NULL);
        return -1;
    }
    return 0;
}

/* The reasons are literals: they outlive any catalog. */
static void make_opaque(struct alc_table *table, const char *reason)
{
    if (alc_str_is_absent(table->opaque)) {
        table->opaque.ptr = reason;
        table->opaque.len = strlen(reason);
    }
}

/* Borrow the text of a str; what is no str is absent.  0 or -1. */
static int borrow_text(struct alc_str *out, PyObject *value)
{
    *out = alc_str_absent();
    if (PyUnicode_Check(value)) {
        Py_ssize_t len;
        out->ptr = PyUnicode_AsUTF8AndSize(value, &len);
        out->len = (size_t)len;
        return out->ptr ? 0 : -1;
    }
    return 0;
}

static int copy_text(struct alc_str *out, struct walker *w, PyObject *value)
{
    struct alc_str text;
    if (borrow_text(&text, value) < 0) {
        return -1;
    }
    return raised(w, alc_catalog_text(out, &w->model, text, &w->err));
}

static int get_text(struct alc_str *out, struct walker *w, PyObject *object,
                    enum name_id name)
{
    PyObject *value = get(w, object, name);
    int rc = value ? copy_text(out, w, value) : -1;
    Py_XDECREF(value);
    return rc;
}

/* The name of an index or a constraint; absent when it has none.  A name that the
 * dialect would cut makes the table opaque. */
static int get_name(struct alc_str *out, struct walker *w, struct alc_table *table,
                    PyObject *object)
{
    if (get_text(out, w, object, NAME_name) < 0) {
        return -1;
    }
    if (out->len > (size_t)w->max_name) {
        make_opaque(table, "long name");
    }
    return 0;
}

/* Call fn(w, table, item) for each item of an iterable attribute.  0 or -1. */
static int each(struct walker *w, struct alc_table *table, PyObject *object,
                enum name_id name,
                int (*fn)(struct walker *, struct alc_table *, PyObject *))
{
    PyObject *items = get(w, object, name);
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

/* --- types ---------------------------------------------------------------------------
 */

/*
 * (class, parameter, ...) of a type whose DDL they determine; None when the type has to
 * be asked about by itself; NULL with an exception.
 */
static PyObject *type_key(struct walker *w, PyObject *type)
{
    PyObject *attributes =
        PyDict_GetItemWithError(w->plain_types, (PyObject *)Py_TYPE(type));
    if (!attributes) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    PyObject *variants = PyObject_GetAttr(type, w->variants);
    int has_variants = variants ? PyObject_IsTrue(variants) : -1;
    Py_XDECREF(variants);
    if (has_variants) {
        return has_variants < 0 ? NULL : Py_NewRef(Py_None);
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

/* The type's text, str or None; a new reference, NULL with an exception. */
static PyObject *type_text(struct walker *w, PyObject *type)
{
    PyObject *key = type_key(w, type);
    if (!key) {
        return NULL;
    }
    PyObject *text = NULL;
    if (key == Py_None) {
        text = PyObject_CallOneArg(w->type_text, type);
    } else {
        text = Py_XNewRef(PyDict_GetItemWithError(w->type_texts, key));
        if (!text && !PyErr_Occurred()) {
            text = PyObject_CallOneArg(w->type_text, type);
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

static int read_default(struct alc_column *column, struct walker *w,
                        struct alc_table *table, PyObject *object)
{
    PyObject *server_default = get(w, object, NAME_server_default);
    if (!server_default || server_default == Py_None) {
        Py_XDECREF(server_default);
        return server_default ? 0 : -1;
    }
    PyObject *text = PyObject_CallOneArg(w->default_text, server_default);
    Py_DECREF(server_default);
    if (!text) {
        return -1;
    }
    if (!PyUnicode_Check(text)) {
        make_opaque(table, "server default");
    }
    int rc = copy_text(&column->default_expr, w, text);
    Py_DECREF(text);
    return rc;
}

/* Computed and Identity are left to the comparators. */
static int read_generated(struct walker *w, struct alc_table *table, PyObject *object)
{
    int computed = has(w, object, NAME_computed);
    int identity = computed < 0 ? -1 : has(w, object, NAME_identity);
    if (identity < 0) {
        return -1;
    }
    if (computed || identity) {
        make_opaque(table, computed ? "generated column" : "identity");
    }
    return 0;
}

static int read_column_type(struct alc_column *column, struct walker *w,
                            struct alc_table *table, PyObject *object)
{
    PyObject *type = get(w, object, NAME_type);
    PyObject *text = type ? type_text(w, type) : NULL;
    Py_XDECREF(type);
    if (!text) {
        return -1;
    }
    if (!PyUnicode_Check(text)) {
        make_opaque(table, "type");
    }
    int rc = copy_text(&column->type, w, text);
    Py_DECREF(text);
    return rc;
}

static int read_column(struct walker *w, struct alc_table *table, PyObject *object)
{
    int is_system = get_flag(w, object, NAME_system);
    if (is_system) {
        return is_system < 0 ? -1 : 0;
    }
    struct alc_column *column;
    if (raised(w, alc_catalog_add_column(&column, &w->model, table, &w->err)) < 0) {
        return -1;
    }
    int nullable = get_flag(w, object, NAME_nullable);
    column->not_null = !nullable;
    if (nullable < 0 || get_text(&column->name, w, object, NAME_name) < 0 ||
        read_column_type(column, w, table, object) < 0) {
        return -1;
    }
    if (w->defaults && (read_generated(w, table, object) < 0 ||
                        read_default(column, w, table, object) < 0)) {
        return -1;
    }
    return w->comments ? get_text(&column->comment, w, object, NAME_comment) : 0;
}

/* The column that counts by itself: its default is the backend's business. */
static int mark_autoincrement(struct walker *w, struct alc_table *table,
                              PyObject *object)
{
    PyObject *column = get(w, object, NAME_autoincrement_column);
    if (!column || column == Py_None) {
        Py_XDECREF(column);
        return column ? 0 : -1;
    }
    struct alc_str name = {NULL, 0};
    PyObject *text = get(w, column, NAME_name);
    int rc = text ? borrow_text(&name, text) : -1;
    for (size_t i = 0; !rc && i < table->n_columns; i++) {
        if (alc_str_eq(table->columns[i].name, name)) {
            table->columns[i].is_serial = true;
        }
    }
    Py_XDECREF(text);
    Py_DECREF(column);
    return rc;
}

/* --- keys ----------------------------------------------------------------------------
 */

/* 1 if some option is for this dialect, else 0; -1 with an exception. */
static int has_dialect_options(struct walker *w, PyObject *object)
{
    PyObject *options = get(w, object, NAME_dialect_kwargs);
    PyObject *iterator = options ? PyObject_GetIter(options) : NULL;
    PyObject *name;
    int found = iterator ? 0 : -1;
    while (!found && (name = PyIter_Next(iterator))) {
        struct alc_str text;
        size_t len = w->dialect_prefix.len;
        found = borrow_text(&text, name);
        if (!found && text.len > len &&
            memcmp(text.ptr, w->dialect_prefix.ptr, len) == 0) {
            found = 1;
        }
        Py_DECREF(name);
    }
    Py_XDECREF(iterator);
    Py_XDECREF(options);
    return !found && PyErr_Occurred() ? -1 : found;
}

/* Whether an object is a Column: 1, 0, or -1 with an exception. */
static int is_column(struct walker *w, PyObject *object)
{
    struct alc_str kind;
    PyObject *name = get(w, object, NAME___visit_name__);
    int rc = name ? borrow_text(&kind, name) : -1;
    int found = rc < 0 ? -1 : kind.len == 6 && memcmp(kind.ptr, "column", 6) == 0;
    Py_XDECREF(name);
    return found;
}

/* The names of the columns in a sequence; *plain is cleared when one is none. */
static int read_key(struct alc_str **out, size_t *n_out, struct walker *w,
                    PyObject *sequence, bool *plain)
{
    PyObject *items = PySequence_Fast(sequence, "columns");
    if (!items) {
        return -1;
    }
    size_t n = (size_t)PySequence_Fast_GET_SIZE(items);
    int rc = raised(w, alc_catalog_texts(out, &w->model, n, &w->err));
    for (size_t i = 0; !rc && i < n; i++) {
        PyObject *item = PySequence_Fast_GET_ITEM(items, (Py_ssize_t)i);
        int column = is_column(w, item);
        if (column <= 0) {
            *plain = false;
            rc = column;
            continue;
        }
        rc = get_text(&(*out)[i], w, item, NAME_name);
    }
    *n_out = n;
    Py_DECREF(items);
    return rc;
}

static int read_index(struct walker *w, struct alc_table *table, PyObject *object)
{
    struct alc_index *index;
    struct alc_str *columns = NULL;
    bool plain = true;
    if (raised(w, alc_catalog_add_index(&index, &w->model, table, &w->err)) < 0 ||
        get_name(&index->name, w, table, object) < 0) {
        return -1;
    }
    int unique = get_flag(w, object, NAME_unique);
    int options = unique < 0 ? -1 : has_dialect_options(w, object);
    PyObject *expressions = options < 0 ? NULL : get(w, object, NAME_expressions);
    if (!expressions) {
        return -1;
    }
    int rc = read_key(&columns, &index->n_parts, w, expressions, &plain);
    Py_DECREF(expressions);
    if (rc < 0) {
        return -1;
    }
    index->is_unique = unique != 0;
    index->method = w->index_method;
    index->parts =
        alc_arena_calloc(&w->model.arena, index->n_parts, sizeof *index->parts);
    if (!index->parts) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t i = 0; i < index->n_parts; i++) {
        index->parts[i].text = columns[i];
    }
    if (options || !plain || alc_str_is_absent(index->name)) {
        make_opaque(table, options ? "index options"
                           : plain ? "index without a name"
                                   : "index expression");
    }
    return 0;
}

static int read_unique(struct walker *w, struct alc_table *table, PyObject *object)
{
    struct alc_constraint *constraint;
    bool plain = true;
    if (raised(w, alc_catalog_add_constraint(&constraint, &w->model, table, &w->err)) <
        0) {
        return -1;
    }
    constraint->kind = ALC_UNIQUE;
    int options = has_dialect_options(w, object);
    int deferrable = options < 0 ? -1 : has(w, object, NAME_deferrable);
    int initially = deferrable < 0 ? -1 : has(w, object, NAME_initially);
    PyObject *columns = initially < 0 ? NULL : get(w, object, NAME_columns);
    if (!columns) {
        return -1;
    }
    int rc = read_key(&constraint->columns, &constraint->n_columns, w, columns, &plain);
    Py_DECREF(columns);
    if (options || deferrable || initially || !plain) {
        make_opaque(table, "unique constraint options");
    }
    return rc < 0 ? -1 : get_name(&constraint->name, w, table, object);
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
    if (get_text(&text, w, object, name) < 0) {
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
    make_opaque(table, "foreign key action");
    return 0;
}

/* Where one pair of columns leads.  A target that is not there raises, as it does in
 * the comparators. */
static int read_reference(struct alc_constraint *constraint, size_t i, struct walker *w,
                          PyObject *element)
{
    PyObject *parent = get(w, element, NAME_parent);
    PyObject *column = parent ? get(w, element, NAME_column) : NULL;
    PyObject *target = column ? get(w, column, NAME_table) : NULL;
    int rc = target ? get_text(&constraint->columns[i], w, parent, NAME_name) : -1;
    rc = rc ? rc : get_text(&constraint->ref_columns[i], w, column, NAME_name);
    if (!rc && i == 0) {
        rc = get_text(&constraint->ref_table, w, target, NAME_name);
        rc = rc ? rc : get_text(&constraint->ref_schema, w, target, NAME_schema);
        if (!rc && alc_str_is_absent(constraint->ref_schema)) {
            constraint->ref_schema = w->default_schema;
        }
    }
    Py_XDECREF(target);
    Py_XDECREF(column);
    Py_XDECREF(parent);
    return rc;
}

static int read_foreign_key(struct walker *w, struct alc_table *table, PyObject *object)
{
    struct alc_constraint *constraint;
    if (raised(w, alc_catalog_add_constraint(&constraint, &w->model, table, &w->err)) <
        0) {
        return -1;
    }
    constraint->kind = ALC_FOREIGN_KEY;
    PyObject *elements = get(w, object, NAME_elements);
    PyObject *items = elements ? PySequence_Fast(elements, "elements") : NULL;
    Py_XDECREF(elements);
    if (!items) {
        return -1;
    }
    size_t n = (size_t)PySequence_Fast_GET_SIZE(items);
    int rc = raised(w, alc_catalog_texts(&constraint->columns, &w->model, n, &w->err));
    rc = rc ? rc
            : raised(w, alc_catalog_texts(&constraint->ref_columns, &w->model, n,
                                          &w->err));
    for (size_t i = 0; !rc && i < n; i++) {
        rc = read_reference(constraint, i, w,
                            PySequence_Fast_GET_ITEM(items, (Py_ssize_t)i));
    }
    Py_DECREF(items);
    constraint->n_columns = constraint->n_ref_columns = n;
    rc = rc ? rc : read_action(&constraint->on_update, w, table, object, NAME_onupdate);
    rc = rc ? rc : read_action(&constraint->on_delete, w, table, object, NAME_ondelete);
    int odd = rc ? -1 : has(w, object, NAME_deferrable);
    odd = odd ? odd : has(w, object, NAME_initially);
    odd = odd ? odd : has(w, object, NAME_match);
    if (odd > 0) {
        make_opaque(table, "foreign key options");
    }
    return odd < 0 ? -1 : get_name(&constraint->name, w, table, object);
}

static int read_check(struct walker *w, struct alc_table *table, PyObject *object)
{
    struct alc_constraint *constraint;
    if (!w->checks) {
        return 0;
    }
    if (raised(w, alc_catalog_add_constraint(&constraint, &w->model, table, &w->err)) <
        0) {
        return -1;
    }
    constraint->kind = ALC_CHECK;
    return get_name(&constraint->name, w, table, object);
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
    {"primary_key_constraint", skip}, /* not compared */
    {"unique_constraint", read_unique},
    {"foreign_key_constraint", read_foreign_key},
    {"check_constraint", read_check},
    {"table_or_column_check_constraint", read_check},
    {"column_check_constraint", read_check},
};

static int read_constraint(struct walker *w, struct alc_table *table, PyObject *object)
{
    PyObject *name = get(w, object, NAME___visit_name__);
    struct alc_str kind;
    if (!name || borrow_text(&kind, name) < 0) {
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
        make_opaque(table, "kind of constraint");
        return 0;
    }
    return read(w, table, object);
}

/* --- tables --------------------------------------------------------------------------
 */

static int read_table(struct walker *w, PyObject *object)
{
    struct alc_str schema, name;
    struct alc_table *table;
    if (get_text(&schema, w, object, NAME_schema) < 0 ||
        get_text(&name, w, object, NAME_name) < 0) {
        return -1;
    }
    if (alc_str_is_absent(schema)) {
        schema = w->default_schema;
    }
    if (raised(w, alc_catalog_add_table(&table, &w->model, schema, name, &w->err)) <
            0 ||
        each(w, table, object, NAME_columns, read_column) < 0 ||
        each(w, table, object, NAME_indexes, read_index) < 0 ||
        each(w, table, object, NAME_constraints, read_constraint) < 0) {
        return -1;
    }
    if (w->defaults && mark_autoincrement(w, table, object) < 0) {
        return -1;
    }
    return w->comments ? get_text(&table->comment, w, object, NAME_comment) : 0;
}

static int read_tables(struct walker *w, PyObject *tables)
{
    PyObject *items = PySequence_Fast(tables, "tables: want a sequence of Table");
    int rc = items ? 0 : -1;
    for (Py_ssize_t i = 0; !rc && i < PySequence_Fast_GET_SIZE(items); i++) {
        rc = read_table(w, PySequence_Fast_GET_ITEM(items, i));
    }
    Py_XDECREF(items);
    return rc ? rc : raised(w, alc_catalog_finish(&w->model, &w->err));
}

static PyObject *read_metadata(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *keywords[] = {"tables",   "dialect",   "default_schema", "plain_types",
                               "variants", "type_text", "default_text",   "max_name",
                               "defaults", "comments",  "checks",         NULL};
    struct alc_module_state *state = PyModule_GetState(module);
    struct walker w = {.names = state->names};
    PyObject *tables, *dialect;
    const char *schema;
    Py_ssize_t schema_len;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OUz#O!UOOnppp:read_metadata",
                                     keywords, &tables, &dialect, &schema, &schema_len,
                                     &PyDict_Type, &w.plain_types, &w.variants,
                                     &w.type_text, &w.default_text, &w.max_name,
                                     &w.defaults, &w.comments, &w.checks)) {
        return NULL;
    }
    bool is_postgresql = PyUnicode_CompareWithASCIIString(dialect, "postgresql") == 0;
    alc_error_init(&w.err);
    alc_catalog_init(&w.model,
                     is_postgresql ? ALC_BACKEND_POSTGRESQL : ALC_BACKEND_SQLITE);
    if (is_postgresql) {
        w.index_method = (struct alc_str){"btree", 5};
        w.dialect_prefix = (struct alc_str){"postgresql_", 11};
    } else {
        w.dialect_prefix = (struct alc_str){"sqlite_", 7};
    }
    struct alc_str given = {schema, schema ? (size_t)schema_len : 0};
    PyObject *result = NULL;
    w.type_texts = PyDict_New();
    if (w.type_texts &&
        raised(&w, alc_catalog_text(&w.default_schema, &w.model, given, &w.err)) == 0 &&
        read_tables(&w, tables) == 0) {
        result = alc_bind_catalog_take(state, &w.model);
    }
    Py_XDECREF(w.type_texts);
    alc_catalog_release(&w.model);
    return result;
}

static PyMethodDef metadata_functions[] = {
    {"read_metadata", (PyCFunction)(void (*)(void))read_metadata,
     METH_VARARGS | METH_KEYWORDS,
     PyDoc_STR("read_metadata(tables, dialect, default_schema, plain_types, variants, "
               "type_text, default_text, max_name, defaults, comments, checks) -> "
               "Catalog\n\nThe model of SQLAlchemy tables.")},
    {NULL, NULL, 0, NULL},
};

int alc_bind_metadata_exec(PyObject *module, struct alc_module_state *state)
{
    state->names = PyTuple_New(N_NAMES);
    for (int i = 0; state->names && i < N_NAMES; i++) {
        PyObject *name = PyUnicode_InternFromString(name_texts[i]);
        if (!name) {
            return -1;
        }
        PyTuple_SET_ITEM(state->names, i, name);
    }
    return state->names ? PyModule_AddFunctions(module, metadata_functions) : -1;
}
