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
    X(nullable) X(system) X(server_default) X(computed) X(identity) X(unique)          \
    X(expressions) X(dialect_kwargs) X(elements) X(parent) X(column) X(table)          \
    X(onupdate) X(ondelete) X(deferrable) X(initially) X(autoincrement_column)         \
    X(__visit_name__) X(__dict__)
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

/* What the rules object holds; the first ones are called with what they are about. */
#define ALC_RULES(X)                                                                   \
    X(type_text)       /* (type) -> str | None */                                      \
    X(default_text)    /* (server default, column type) -> str | None */               \
    X(computed_text)   /* (Computed) -> str */                                         \
    X(identity_values) /* (Identity) -> (always, start, ..., cycle) | None */          \
    X(index_text)      /* (element of an index) -> str | None */                       \
    X(dialect)         /* "postgresql" or "sqlite" */                                  \
    X(default_schema)                                                                  \
    X(plain_types) /* class -> names of the attributes that shape its DDL */           \
    X(variants)    /* name of the attribute that holds a type's variants */            \
    X(type_bound)  /* name of the attribute of a type's own constraints */             \
    X(options)     /* name of the attribute of the options of dialects */              \
    X(plain_items) /* classes that keep them there */                                  \
    X(final_name)  /* class of the names to which no convention applies any more */    \
    X(late_names)  /* str: the kinds to whose names one may still apply */             \
    X(max_name)    /* longer names are cut by the dialect */                           \
    X(types)                                                                           \
    X(defaults)                                                                        \
    X(comments)                                                                        \
    X(checks)

enum rule_id {
#define ALC_RULE_ID(name) RULE_##name,
    ALC_RULES(ALC_RULE_ID)
#undef ALC_RULE_ID
        N_RULES,
};

static const char *const rule_texts[N_RULES] = {
#define ALC_RULE_TEXT(name) #name,
    ALC_RULES(ALC_RULE_TEXT)
#undef ALC_RULE_TEXT
};

struct walker {
    struct alc_catalog model;
    struct alc_error err;
    PyObject *names;          /* tuple of interned str; borrowed */
    PyObject *type_texts;     /* (class, parameter, ...) -> text or None; strong */
    PyObject *rules[N_RULES]; /* strong */
    struct alc_str default_schema;
    Py_ssize_t max_name;
    bool is_postgresql;
    bool types, defaults, comments, checks;
    bool late_unique, late_index, late_check; /* see late_names */
    bool has_default_schema; /* the table at hand names the default schema */
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
 * dialect would cut, or that a naming convention may still change (is_late), makes the
 * table opaque. */
static int get_name(struct alc_str *out, struct walker *w, struct alc_table *table,
                    PyObject *object, bool is_late)
{
    PyObject *name = get(w, object, NAME_name);
    if (!name || copy_text(out, w, name) < 0) {
        Py_XDECREF(name);
        return -1;
    }
    if (out->len > (size_t)w->max_name) {
        make_opaque(table, "long name");
    }
    if (is_late && (PyObject *)Py_TYPE(name) != w->rules[RULE_final_name]) {
        make_opaque(table, "name by convention");
    }
    Py_DECREF(name);
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

/* The type that the dialect uses of one with variants; borrowed, NULL with an
 * exception. */
static PyObject *resolve(struct walker *w, PyObject *type)
{
    PyObject *variants = PyObject_GetAttr(type, w->rules[RULE_variants]);
    PyObject *chosen = NULL;
    if (variants && PyDict_Check(variants) && PyDict_GET_SIZE(variants)) {
        chosen = PyDict_GetItemWithError(variants, w->rules[RULE_dialect]);
    }
    Py_XDECREF(variants); /* `type` keeps it */
    if (!variants || PyErr_Occurred()) {
        return NULL;
    }
    return chosen ? chosen : type;
}

/*
 * (class, parameter, ...) of a type whose DDL they determine; None when the type has to
 * be asked about by itself; NULL with an exception.
 */
static PyObject *type_key(struct walker *w, PyObject *type)
{
    PyObject *resolved = resolve(w, type);
    PyObject *attributes = resolved
                               ? PyDict_GetItemWithError(w->rules[RULE_plain_types],
                                                         (PyObject *)Py_TYPE(resolved))
                               : NULL;
    if (!attributes) {
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    }
    Py_ssize_t n = PyTuple_GET_SIZE(attributes);
    PyObject *key = PyTuple_New(n + 1);
    if (!key) {
        return NULL;
    }
    PyTuple_SET_ITEM(key, 0, Py_NewRef((PyObject *)Py_TYPE(resolved)));
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *value = PyObject_GetAttr(resolved, PyTuple_GET_ITEM(attributes, i));
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

/* Copy the text that a rule gave; None makes the table opaque.  Takes `text`, which may
 * be NULL with an exception. */
static int take_text(struct alc_str *out, struct walker *w, struct alc_table *table,
                     PyObject *text, const char *otherwise)
{
    if (text && !PyUnicode_Check(text)) {
        make_opaque(table, otherwise);
    }
    int rc = text ? copy_text(out, w, text) : -1;
    Py_XDECREF(text);
    return rc;
}

static int read_computed(struct alc_column *column, struct walker *w,
                         struct alc_table *table, PyObject *computed)
{
    if (!w->is_postgresql) {
        /* Read from the statement's text by pattern, in the exact path. */
        make_opaque(table, "generated column");
    }
    column->generated_kind = ALC_GENERATED_STORED; /* which kind is not compared */
    return take_text(&column->generated, w, table,
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
        make_opaque(table, "identity");
        return values ? 0 : -1;
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
    PyObject *server_default = get(w, object, NAME_server_default);
    if (!server_default || server_default == Py_None) {
        Py_XDECREF(server_default);
        return server_default ? 0 : -1;
    }
    PyObject *computed = get(w, object, NAME_computed);
    PyObject *identity = computed ? get(w, object, NAME_identity) : NULL;
    int rc;
    if (!identity) {
        rc = -1;
    } else if (computed != Py_None) {
        rc = read_computed(column, w, table, computed);
    } else if (identity != Py_None) {
        rc = read_identity(column, w, table, identity);
    } else {
        rc = take_text(&column->default_expr, w, table,
                       PyObject_CallFunctionObjArgs(w->rules[RULE_default_text],
                                                    server_default, type, NULL),
                       "server default");
    }
    Py_XDECREF(identity);
    Py_XDECREF(computed);
    Py_DECREF(server_default);
    return rc;
}

static int read_check(struct walker *w, struct alc_table *table, PyObject *object);

/* The CHECK constraints that stand with a column. */
static int read_column_checks(struct walker *w, struct alc_table *table,
                              PyObject *object)
{
    PyObject *items = get(w, object, NAME_constraints);
    Py_ssize_t n = items ? PyObject_Size(items) : -1;
    Py_XDECREF(items);
    if (n <= 0) {
        return n < 0 ? -1 : 0;
    }
    return each(w, table, object, NAME_constraints, read_check);
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
    PyObject *type = nullable < 0 ? NULL : get(w, object, NAME_type);
    int rc = type ? get_text(&column->name, w, object, NAME_name) : -1;
    if (!rc && w->types) {
        rc = take_text(&column->type, w, table, type_text(w, type), "type");
    }
    if (!rc && w->defaults) {
        rc = read_default(column, w, table, object, type);
    }
    Py_XDECREF(type);
    if (!rc && w->comments) {
        rc = get_text(&column->comment, w, object, NAME_comment);
    }
    if (!rc && w->checks) {
        rc = read_column_checks(w, table, object);
    }
    return rc;
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
    PyObject *attributes = get(w, object, NAME___dict__);
    int found = attributes ? PyMapping_HasKey(attributes, w->rules[RULE_options]) : -1;
    Py_XDECREF(attributes);
    return found;
}

/* Whether NULLs count as equal: 1, 0, or -1 with an exception.  It is the only option
 * of a dialect that is compared, PostgreSQL's. */
static int has_equal_nulls(struct walker *w, PyObject *object)
{
    if (!w->is_postgresql) {
        return 0;
    }
    int has_any = may_have_options(w, object);
    if (has_any <= 0) {
        return has_any;
    }
    PyObject *options = get(w, object, NAME_dialect_kwargs);
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

/* An element of an index: a column, or PostgreSQL's text for what is more. */
static int read_part(struct alc_index_part *part, struct walker *w,
                     struct alc_table *table, PyObject *element)
{
    int column = is_column(w, element);
    if (column < 0) {
        return -1;
    }
    if (column) {
        return get_text(&part->text, w, element, NAME_name);
    }
    part->is_expr = true;
    if (!w->is_postgresql) {
        /* The exact path warns that it cannot compare it. */
        make_opaque(table, "index expression");
        return 0;
    }
    return take_text(&part->text, w, table,
                     PyObject_CallOneArg(w->rules[RULE_index_text], element),
                     "index expression");
}

static int read_parts(struct alc_index *index, struct walker *w,
                      struct alc_table *table, PyObject *object)
{
    PyObject *expressions = get(w, object, NAME_expressions);
    PyObject *items = expressions ? PySequence_Fast(expressions, "expressions") : NULL;
    Py_XDECREF(expressions);
    if (!items) {
        return -1;
    }
    size_t n = (size_t)PySequence_Fast_GET_SIZE(items);
    index->parts = alc_arena_calloc(&w->model.arena, n, sizeof *index->parts);
    int rc = index->parts || !n ? 0 : -1;
    if (rc) {
        PyErr_NoMemory();
    }
    for (size_t i = 0; !rc && i < n; i++) {
        rc = read_part(&index->parts[i], w, table,
                       PySequence_Fast_GET_ITEM(items, (Py_ssize_t)i));
    }
    index->n_parts = rc ? 0 : n;
    Py_DECREF(items);
    return rc;
}

static int read_index(struct walker *w, struct alc_table *table, PyObject *object)
{
    struct alc_index *index;
    if (raised(w, alc_catalog_add_index(&index, &w->model, table, &w->err)) < 0 ||
        get_name(&index->name, w, table, object, w->late_index) < 0) {
        return -1;
    }
    int unique = get_flag(w, object, NAME_unique);
    int equal_nulls = unique < 0 ? -1 : has_equal_nulls(w, object);
    if (equal_nulls < 0 || read_parts(index, w, table, object) < 0) {
        return -1;
    }
    index->is_unique = unique != 0;
    index->nulls_not_distinct = equal_nulls != 0;
    if (alc_str_is_absent(index->name)) {
        make_opaque(table, "index without a name");
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
    int equal_nulls = has_equal_nulls(w, object);
    PyObject *columns = equal_nulls < 0 ? NULL : get(w, object, NAME_columns);
    if (!columns) {
        return -1;
    }
    int rc = read_key(&constraint->columns, &constraint->n_columns, w, columns, &plain);
    Py_DECREF(columns);
    constraint->nulls_not_distinct = equal_nulls != 0;
    if (!plain) {
        make_opaque(table, "unique constraint");
    }
    return rc < 0 ? -1 : get_name(&constraint->name, w, table, object, w->late_unique);
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

/* The default schema goes without a name: a key of, or to, a table that names it is not
 * equal to what the database says. */
static void settle_schema(struct alc_str *schema, const struct walker *w,
                          struct alc_table *table)
{
    bool is_named = !alc_str_is_absent(*schema) &&
                    !alc_str_is_absent(w->default_schema) &&
                    alc_str_eq(*schema, w->default_schema);
    if (is_named || w->has_default_schema) {
        make_opaque(table, "foreign key with the default schema's name");
    }
    if (alc_str_is_absent(*schema)) {
        *schema = w->default_schema;
    }
}

/* Where one pair of columns leads. */
static int read_reference(struct alc_constraint *constraint, size_t i, struct walker *w,
                          struct alc_table *table, PyObject *element)
{
    PyObject *parent = get(w, element, NAME_parent);
    PyObject *column = parent ? get(w, element, NAME_column) : NULL;
    PyObject *target = column ? get(w, column, NAME_table) : NULL;
    int rc = target ? get_text(&constraint->columns[i], w, parent, NAME_name) : -1;
    rc = rc ? rc : get_text(&constraint->ref_columns[i], w, column, NAME_name);
    if (!rc && i == 0) {
        rc = get_text(&constraint->ref_table, w, target, NAME_name);
        rc = rc ? rc : get_text(&constraint->ref_schema, w, target, NAME_schema);
        if (!rc) {
            settle_schema(&constraint->ref_schema, w, table);
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
    int deferrable = get_flag(w, object, NAME_deferrable);
    if (deferrable < 0 || get_text(&initially, w, object, NAME_initially) < 0) {
        return -1;
    }
    constraint->deferrable = deferrable;
    constraint->initially_deferred = equals_ignoring_case(initially, "DEFERRED");
    return 0;
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
        rc = read_reference(constraint, i, w, table,
                            PySequence_Fast_GET_ITEM(items, (Py_ssize_t)i));
    }
    Py_DECREF(items);
    constraint->n_columns = constraint->n_ref_columns = rc ? 0 : n;
    rc = rc ? rc : read_action(&constraint->on_update, w, table, object, NAME_onupdate);
    rc = rc ? rc : read_action(&constraint->on_delete, w, table, object, NAME_ondelete);
    rc = rc ? rc : read_deferrability(constraint, w, object);
    return rc ? -1 : get_name(&constraint->name, w, table, object, false);
}

/* Those that a type brings are not compared. */
static int read_check(struct walker *w, struct alc_table *table, PyObject *object)
{
    struct alc_constraint *constraint;
    if (!w->checks) {
        return 0;
    }
    PyObject *flag = PyObject_GetAttr(object, w->rules[RULE_type_bound]);
    int is_bound = flag ? PyObject_IsTrue(flag) : -1;
    Py_XDECREF(flag);
    if (is_bound) {
        return is_bound < 0 ? -1 : 0;
    }
    if (raised(w, alc_catalog_add_constraint(&constraint, &w->model, table, &w->err)) <
        0) {
        return -1;
    }
    constraint->kind = ALC_CHECK;
    return get_name(&constraint->name, w, table, object, w->late_check);
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

static int read_contents(struct walker *w, struct alc_table *table, PyObject *object)
{
    if (each(w, table, object, NAME_columns, read_column) < 0 ||
        each(w, table, object, NAME_indexes, read_index) < 0 ||
        each(w, table, object, NAME_constraints, read_constraint) < 0) {
        return -1;
    }
    if (w->defaults && w->is_postgresql && mark_autoincrement(w, table, object) < 0) {
        return -1;
    }
    return w->comments ? get_text(&table->comment, w, object, NAME_comment) : 0;
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
    make_opaque(table, "error in the model");
    return 0;
}

static int read_table(struct walker *w, PyObject *object)
{
    struct alc_str schema, name;
    struct alc_table *table;
    if (get_text(&schema, w, object, NAME_schema) < 0 ||
        get_text(&name, w, object, NAME_name) < 0) {
        return -1;
    }
    w->has_default_schema = !alc_str_is_absent(schema) &&
                            !alc_str_is_absent(w->default_schema) &&
                            alc_str_eq(schema, w->default_schema);
    if (alc_str_is_absent(schema)) {
        schema = w->default_schema;
    }
    if (raised(w, alc_catalog_add_table(&table, &w->model, schema, name, &w->err)) <
        0) {
        return -1;
    }
    return read_contents(w, table, object) < 0 ? forgive(table) : 0;
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
        w->rules[i] = PyObject_GetAttrString(rules, rule_texts[i]);
        if (!w->rules[i]) {
            return -1;
        }
    }
    if (!PyDict_Check(w->rules[RULE_plain_types])) {
        PyErr_SetString(PyExc_TypeError, "plain_types: want a dict");
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
            copy_text(&w.default_schema, &w, w.rules[RULE_default_schema]) == 0 &&
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
        PyObject *name = PyUnicode_InternFromString(name_texts[i]);
        if (!name) {
            return -1;
        }
        PyTuple_SET_ITEM(state->names, i, name);
    }
    return state->names ? PyModule_AddFunctions(module, metadata_functions) : -1;
}
