/*
 * Catalog and the views of what is in it.
 *
 * A view is a Catalog and a pointer into its model, which never changes; its attributes
 * are made on access.  Which there are stands in one table a type: name, place in the
 * struct, kind.
 */
#include "state.h"

#include <stdbool.h>
#include <stddef.h>
#include <structmember.h>

#include "../core/error.h"

PyObject *alc_bind_text(struct alc_str text)
{
    if (alc_str_is_absent(text)) {
        Py_RETURN_NONE;
    }
    return PyUnicode_DecodeUTF8(text.ptr, (Py_ssize_t)text.len, "surrogateescape");
}

/* --- fields --------------------------------------------------------------------------
 */

enum field_kind {
    FIELD_TEXT,    /* struct alc_str: str or None */
    FIELD_BOOL,    /* bool */
    FIELD_NUMBER,  /* int64_t: int */
    FIELD_NAME,    /* an enum: str or None, from `names` */
    FIELD_TEXTS,   /* struct alc_str * and a size_t at `count`: tuple of str */
    FIELD_COLUMNS, /* an array and a size_t at `count`: tuple of views */
    FIELD_CONSTRAINTS,
    FIELD_INDEXES,
    FIELD_PARTS,
    FIELD_IDENTITY, /* a struct: a view, or None when the enum at `count` is 0 */
};

struct field {
    enum field_kind kind;
    size_t offset;
    size_t count;
    const char *const *names;
};

struct view {
    PyObject_HEAD PyObject *catalog; /* strong */
    const void *item;                /* in the catalog's model */
};

static PyObject *make_view(PyTypeObject *type, PyObject *catalog, const void *item)
{
    struct view *view = (struct view *)type->tp_alloc(type, 0);
    if (view) {
        view->catalog = Py_NewRef(catalog);
        view->item = item;
    }
    return (PyObject *)view;
}

static PyObject *make_views(PyTypeObject *type, PyObject *catalog, const void *items,
                            size_t n, size_t item_len)
{
    PyObject *views = PyTuple_New((Py_ssize_t)n);
    for (size_t i = 0; views && i < n; i++) {
        PyObject *view = make_view(type, catalog, (const char *)items + i * item_len);
        if (!view) {
            Py_CLEAR(views);
            break;
        }
        PyTuple_SET_ITEM(views, (Py_ssize_t)i, view);
    }
    return views;
}

static PyObject *make_texts(const struct alc_str *texts, size_t n)
{
    PyObject *tuple = PyTuple_New((Py_ssize_t)n);
    for (size_t i = 0; tuple && i < n; i++) {
        PyObject *text = alc_bind_text(texts[i]);
        if (!text) {
            Py_CLEAR(tuple);
            break;
        }
        PyTuple_SET_ITEM(tuple, (Py_ssize_t)i, text);
    }
    return tuple;
}

static PyObject *make_name(const char *name)
{
    if (!name) {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromString(name);
}

/* The getter of every attribute; `closure` is its struct field. */
static PyObject *get_field(PyObject *self, void *closure)
{
    const struct view *view = (const struct view *)self;
    const struct field *field = closure;
    struct alc_module_state *state = PyType_GetModuleState(Py_TYPE(self));
    const char *item = view->item;
    const void *at = item + field->offset;
    const void *counter = item + field->count;
    const void *array = NULL;
    size_t n = 0;
    if (field->kind >= FIELD_TEXTS && field->kind <= FIELD_PARTS) {
        array = *(const void *const *)at;
        n = *(const size_t *)counter;
    }
    switch (field->kind) {
    case FIELD_TEXT:
        return alc_bind_text(*(const struct alc_str *)at);
    case FIELD_BOOL:
        return PyBool_FromLong(*(const bool *)at);
    case FIELD_NUMBER:
        return PyLong_FromLongLong(*(const int64_t *)at);
    case FIELD_NAME:
        return make_name(field->names[*(const unsigned *)at]);
    case FIELD_TEXTS:
        return make_texts(array, n);
    case FIELD_COLUMNS:
        return make_views(state->column_type, view->catalog, array, n,
                          sizeof(struct alc_column));
    case FIELD_CONSTRAINTS:
        return make_views(state->constraint_type, view->catalog, array, n,
                          sizeof(struct alc_constraint));
    case FIELD_INDEXES:
        return make_views(state->index_type, view->catalog, array, n,
                          sizeof(struct alc_index));
    case FIELD_PARTS:
        return make_views(state->index_part_type, view->catalog, array, n,
                          sizeof(struct alc_index_part));
    case FIELD_IDENTITY:
        if (*(const unsigned *)counter == 0) {
            Py_RETURN_NONE;
        }
        return make_view(state->identity_type, view->catalog, at);
    }
    Py_UNREACHABLE();
}

static const char *const table_kinds[] = {
    [ALC_TABLE_ORDINARY] = "table",
    [ALC_TABLE_PARTITIONED] = "partitioned table",
    [ALC_TABLE_PARTITION] = "partition",
    [ALC_TABLE_FOREIGN] = "foreign table",
    [ALC_TABLE_VIEW] = "view",
    [ALC_TABLE_MATERIALIZED_VIEW] = "materialized view",
    [ALC_TABLE_VIRTUAL] = "virtual table",
};
static const char *const generated_kinds[] = {
    [ALC_GENERATED_NONE] = NULL,
    [ALC_GENERATED_STORED] = "stored",
    [ALC_GENERATED_VIRTUAL] = "virtual",
};
static const char *const identity_kinds[] = {
    [ALC_IDENTITY_NONE] = NULL,
    [ALC_IDENTITY_ALWAYS] = "always",
    [ALC_IDENTITY_BY_DEFAULT] = "by default",
};
static const char *const constraint_kinds[] = {
    [ALC_PRIMARY_KEY] = "primary key", [ALC_UNIQUE] = "unique",
    [ALC_FOREIGN_KEY] = "foreign key", [ALC_CHECK] = "check",
    [ALC_EXCLUDE] = "exclude",
};
static const char *const fk_actions[] = {
    [ALC_NO_ACTION] = NULL,
    [ALC_RESTRICT] = "RESTRICT",
    [ALC_CASCADE] = "CASCADE",
    [ALC_SET_NULL] = "SET NULL",
    [ALC_SET_DEFAULT] = "SET DEFAULT",
};
static const char *const fk_matches[] = {
    [ALC_MATCH_SIMPLE] = NULL,
    [ALC_MATCH_FULL] = "FULL",
    [ALC_MATCH_PARTIAL] = "PARTIAL",
};

#define FIELD(attribute, ...)                                                          \
    {                                                                                  \
        attribute, get_field, NULL, NULL, (void *)&(const struct field)                \
        {                                                                              \
            __VA_ARGS__                                                                \
        }                                                                              \
    }
#define AT(type, member) .offset = offsetof(struct type, member)
#define COUNT(type, member) .count = offsetof(struct type, member)
#define TEXT(type, member) FIELD(#member, .kind = FIELD_TEXT, AT(type, member))
#define BOOL(type, member) FIELD(#member, .kind = FIELD_BOOL, AT(type, member))
#define NUMBER(type, member) FIELD(#member, .kind = FIELD_NUMBER, AT(type, member))
#define NAME(type, member, table)                                                      \
    FIELD(#member, .kind = FIELD_NAME, AT(type, member), .names = table)
#define MANY(type, member, of)                                                         \
    FIELD(#member, .kind = of, AT(type, member), COUNT(type, n_##member))

static PyGetSetDef table_fields[] = {
    TEXT(alc_table, schema),
    TEXT(alc_table, name),
    NAME(alc_table, kind, table_kinds),
    TEXT(alc_table, comment),
    TEXT(alc_table, opaque),
    MANY(alc_table, statements, FIELD_TEXTS),
    BOOL(alc_table, is_temporary),
    BOOL(alc_table, without_rowid),
    BOOL(alc_table, strict),
    BOOL(alc_table, autoincrement),
    MANY(alc_table, columns, FIELD_COLUMNS),
    MANY(alc_table, constraints, FIELD_CONSTRAINTS),
    MANY(alc_table, indexes, FIELD_INDEXES),
    {NULL, NULL, NULL, NULL, NULL},
};
static PyGetSetDef column_fields[] = {
    TEXT(alc_column, name),
    TEXT(alc_column, type),
    TEXT(alc_column, collation),
    TEXT(alc_column, default_expr),
    TEXT(alc_column, generated),
    TEXT(alc_column, comment),
    NAME(alc_column, generated_kind, generated_kinds),
    NAME(alc_column, identity_kind, identity_kinds),
    FIELD("identity", .kind = FIELD_IDENTITY, AT(alc_column, identity),
          COUNT(alc_column, identity_kind)),
    TEXT(alc_column, not_null_conflict),
    BOOL(alc_column, not_null),
    BOOL(alc_column, is_serial),
    {NULL, NULL, NULL, NULL, NULL},
};
static PyGetSetDef identity_fields[] = {
    NUMBER(alc_identity, start),    NUMBER(alc_identity, increment),
    NUMBER(alc_identity, min),      NUMBER(alc_identity, max),
    NUMBER(alc_identity, cache),    BOOL(alc_identity, cycle),
    {NULL, NULL, NULL, NULL, NULL},
};
static PyGetSetDef constraint_fields[] = {
    NAME(alc_constraint, kind, constraint_kinds),
    TEXT(alc_constraint, name),
    MANY(alc_constraint, columns, FIELD_TEXTS),
    MANY(alc_constraint, include, FIELD_TEXTS),
    TEXT(alc_constraint, expr),
    TEXT(alc_constraint, conflict),
    TEXT(alc_constraint, ref_schema),
    TEXT(alc_constraint, ref_table),
    MANY(alc_constraint, ref_columns, FIELD_TEXTS),
    NAME(alc_constraint, on_update, fk_actions),
    NAME(alc_constraint, on_delete, fk_actions),
    NAME(alc_constraint, match, fk_matches),
    BOOL(alc_constraint, deferrable),
    BOOL(alc_constraint, initially_deferred),
    BOOL(alc_constraint, not_valid),
    BOOL(alc_constraint, nulls_not_distinct),
    {NULL, NULL, NULL, NULL, NULL},
};
static PyGetSetDef index_fields[] = {
    TEXT(alc_index, name),
    MANY(alc_index, parts, FIELD_PARTS),
    MANY(alc_index, include, FIELD_TEXTS),
    TEXT(alc_index, predicate),
    TEXT(alc_index, method),
    TEXT(alc_index, options),
    BOOL(alc_index, is_unique),
    BOOL(alc_index, nulls_not_distinct),
    BOOL(alc_index, is_constraint),
    {NULL, NULL, NULL, NULL, NULL},
};
static PyGetSetDef index_part_fields[] = {
    TEXT(alc_index_part, text),       TEXT(alc_index_part, opclass),
    TEXT(alc_index_part, collation),  BOOL(alc_index_part, is_expr),
    BOOL(alc_index_part, descending), BOOL(alc_index_part, nulls_first),
    {NULL, NULL, NULL, NULL, NULL},
};

/* --- views ---------------------------------------------------------------------------
 */

static void view_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(((struct view *)self)->catalog);
    type->tp_free(self);
    Py_DECREF(type);
}

/* <Table public.users>, <Column name>: the type's name and the attribute `name`. */
static PyObject *view_repr(PyObject *self)
{
    const char *type = strrchr(Py_TYPE(self)->tp_name, '.');
    PyObject *name = PyObject_GetAttrString(self, "name");
    if (!name) {
        return NULL;
    }
    PyObject *text =
        PyUnicode_FromFormat("<%s %R>", type ? type + 1 : Py_TYPE(self)->tp_name, name);
    Py_DECREF(name);
    return text;
}

#define VIEW_SPEC(variable, python_name, fields, has_name, doc)                        \
    static PyType_Slot variable##_slots[] = {                                          \
        {Py_tp_doc, (void *)(doc)},                                                    \
        {Py_tp_dealloc, view_dealloc},                                                 \
        {Py_tp_getset, fields},                                                        \
        {has_name ? Py_tp_repr : 0, has_name ? (void *)view_repr : NULL},              \
        {0, NULL},                                                                     \
    };                                                                                 \
    static PyType_Spec variable##_spec = {                                             \
        .name = "alembic_c._catalog." python_name,                                     \
        .basicsize = sizeof(struct view),                                              \
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |              \
                 Py_TPFLAGS_IMMUTABLETYPE,                                             \
        .slots = variable##_slots,                                                     \
    }

VIEW_SPEC(table, "Table", table_fields, 1, "A table of a Catalog; read-only.");
VIEW_SPEC(column, "Column", column_fields, 1, "A column of a Table; read-only.");
VIEW_SPEC(constraint, "Constraint", constraint_fields, 1,
          "A constraint of a Table; read-only.");
VIEW_SPEC(index, "Index", index_fields, 1, "An index of a Table; read-only.");
VIEW_SPEC(index_part, "IndexPart", index_part_fields, 0,
          "A column or an expression of an Index; read-only.");
VIEW_SPEC(identity, "Identity", identity_fields, 0,
          "The sequence of an identity column; read-only.");

/* --- Catalog -------------------------------------------------------------------------
 */

PyObject *alc_bind_catalog_take(struct alc_module_state *state,
                                struct alc_catalog *model)
{
    PyTypeObject *type = state->catalog_type;
    struct alc_bind_catalog *self = (struct alc_bind_catalog *)type->tp_alloc(type, 0);
    if (self) {
        self->model = *model;
        alc_catalog_init(model, model->backend);
    }
    return (PyObject *)self;
}

static void catalog_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    alc_catalog_release(&((struct alc_bind_catalog *)self)->model);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *catalog_tables(PyObject *self, void *closure)
{
    (void)closure;
    const struct alc_catalog *model = &((struct alc_bind_catalog *)self)->model;
    struct alc_module_state *state = PyType_GetModuleState(Py_TYPE(self));
    PyObject *tables = PyTuple_New((Py_ssize_t)model->n_tables);
    for (size_t i = 0; tables && i < model->n_tables; i++) {
        PyObject *view = make_view(state->table_type, self, model->tables[i]);
        if (!view) {
            Py_CLEAR(tables);
            break;
        }
        PyTuple_SET_ITEM(tables, (Py_ssize_t)i, view);
    }
    return tables;
}

static PyObject *catalog_backend(PyObject *self, void *closure)
{
    (void)closure;
    const struct alc_catalog *model = &((struct alc_bind_catalog *)self)->model;
    return PyUnicode_FromString(model->backend == ALC_BACKEND_POSTGRESQL ? "postgresql"
                                                                         : "sqlite");
}

static PyObject *catalog_canonical(PyObject *self, PyObject *unused)
{
    (void)unused;
    struct alc_buf bytes;
    struct alc_error err;
    alc_buf_init(&bytes);
    alc_error_init(&err);
    int rc =
        alc_catalog_canonical(&bytes, &((struct alc_bind_catalog *)self)->model, &err);
    PyObject *result = rc ? alc_bind_raise(&err, NULL)
                          : PyBytes_FromStringAndSize(bytes.ptr, (Py_ssize_t)bytes.len);
    alc_buf_release(&bytes);
    return result;
}

static Py_ssize_t catalog_len(PyObject *self)
{
    return (Py_ssize_t)((struct alc_bind_catalog *)self)->model.n_tables;
}

static PyGetSetDef catalog_fields[] = {
    {"tables", catalog_tables, NULL, "All tables, by schema and name.", NULL},
    {"backend", catalog_backend, NULL, "'postgresql' or 'sqlite'.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef catalog_methods[] = {
    {"canonical", catalog_canonical, METH_NOARGS,
     PyDoc_STR("canonical() -> bytes\n\nEqual for equal schemas, whatever machine, run "
               "or row order.")},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot catalog_slots[] = {
    {Py_tp_doc, "The tables of one database; immutable."},
    {Py_tp_dealloc, catalog_dealloc},
    {Py_tp_getset, catalog_fields},
    {Py_tp_methods, catalog_methods},
    {Py_sq_length, catalog_len},
    {0, NULL},
};

static PyType_Spec catalog_spec = {
    .name = "alembic_c._catalog.Catalog",
    .basicsize = sizeof(struct alc_bind_catalog),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = catalog_slots,
};

static int add_type(PyObject *module, PyTypeObject **out, PyType_Spec *spec)
{
    *out = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, NULL);
    return *out ? PyModule_AddType(module, *out) : -1;
}

int alc_bind_catalog_exec(PyObject *module, struct alc_module_state *state)
{
    const struct {
        PyTypeObject **out;
        PyType_Spec *spec;
    } types[] = {
        {&state->catalog_type, &catalog_spec},
        {&state->table_type, &table_spec},
        {&state->column_type, &column_spec},
        {&state->constraint_type, &constraint_spec},
        {&state->index_type, &index_spec},
        {&state->index_part_type, &index_part_spec},
        {&state->identity_type, &identity_spec},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (add_type(module, types[i].out, types[i].spec) < 0) {
            return -1;
        }
    }
    return 0;
}
