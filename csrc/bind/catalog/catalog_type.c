/*
 * Catalog and the views of what is in it.
 *
 * A view is a Catalog and a pointer into its model, which never changes; its attributes
 * are made on access.  Which there are stands in alc/model.def.
 */
#include "catalog_state.h"

#include <stdbool.h>
#include <stddef.h>

#include "../core/raise.h"
#include "alc/fields.h"

int alc_bind_borrow_text(struct alc_str *out, PyObject *text)
{
    Py_ssize_t len = 0;
    out->ptr = PyUnicode_AsUTF8AndSize(text, &len);
    out->len = out->ptr ? (size_t)len : 0;
    return out->ptr ? 0 : -1;
}

PyObject *alc_bind_text(struct alc_str text)
{
    if (alc_str_is_absent(text)) {
        Py_RETURN_NONE;
    }
    return PyUnicode_DecodeUTF8(text.ptr, (Py_ssize_t)text.len, "surrogateescape");
}

/* --- fields --------------------------------------------------------------------------
 */

struct view {
    PyObject_HEAD PyObject *catalog; /* strong */
    const void *item;                /* in the catalog's model */
};

static PyTypeObject *view_type(const struct alc_module_state *state,
                               const struct alc_item *item);

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

/* What Python calls a value of an enum. */
static PyObject *make_word(const char *const *words, size_t n_words, unsigned value)
{
    const char *word = value < n_words ? words[value] : NULL;
    if (!word) {
        Py_RETURN_NONE;
    }
    return PyUnicode_FromString(word);
}

/* The getter of every attribute; `closure` is its struct alc_field. */
static PyObject *get_field(PyObject *self, void *closure)
{
    const struct view *view = (const struct view *)self;
    const struct alc_field *field = closure;
    struct alc_module_state *state = PyType_GetModuleState(Py_TYPE(self));
    const void *at = alc_field_at(field, view->item);
    switch (field->shape) {
    case ALC_TEXT:
        return alc_bind_text(*(const struct alc_str *)at);
    case ALC_FLAG:
        return PyBool_FromLong(*(const bool *)at);
    case ALC_NUMBER:
        return PyLong_FromLongLong(*(const int64_t *)at);
    case ALC_CHOICE:
        return make_word(field->words, field->n_words, *(const unsigned *)at);
    case ALC_TEXTS:
        return make_texts(at, alc_field_count(field, view->item));
    case ALC_ITEMS:
        return make_views(view_type(state, field->of), view->catalog, at,
                          alc_field_count(field, view->item), field->of->size);
    case ALC_NESTED:
        if (!alc_field_count(field, view->item)) {
            Py_RETURN_NONE;
        }
        return make_view(view_type(state, field->of), view->catalog, at);
    }
    Py_UNREACHABLE();
}

/* The getter of a PLACE; `closure` is its offset. */
static PyObject *get_place(PyObject *self, void *closure)
{
    const char *item = ((const struct view *)self)->item;
    return PyLong_FromLongLong(*(const int64_t *)(item + (uintptr_t)closure));
}

/* table_attributes, column_attributes, ... */
#define STRUCT(item) static PyGetSetDef item##_attributes[] = {
#define FIELD(item, field)                                                             \
    {#field, get_field, NULL, NULL,                                                    \
     (void *)&alc_##item##_fields[ALC_FIELD_##item##_##field]},
#define PLACE(item, field)                                                             \
    {#field, get_place, NULL, NULL, (void *)offsetof(struct alc_##item, field)},
#define END_STRUCT(item)                                                               \
    {                                                                                  \
        NULL, NULL, NULL, NULL, NULL                                                   \
    }                                                                                  \
    }                                                                                  \
    ;
#include "alc/model.def"

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

VIEW_SPEC(table, "Table", table_attributes, 1, "A table of a Catalog; read-only.");
VIEW_SPEC(column, "Column", column_attributes, 1, "A column of a Table; read-only.");
VIEW_SPEC(constraint, "Constraint", constraint_attributes, 1,
          "A constraint of a Table; read-only.");
VIEW_SPEC(index, "Index", index_attributes, 1, "An index of a Table; read-only.");
VIEW_SPEC(index_part, "IndexPart", index_part_attributes, 0,
          "A column or an expression of an Index; read-only.");
VIEW_SPEC(identity, "Identity", identity_attributes, 0,
          "The sequence of an identity column; read-only.");

static const struct view_kind {
    const struct alc_item *item;
    size_t type; /* where in the module's state */
    PyType_Spec *spec;
} view_kinds[] = {
#define STRUCT(item)                                                                   \
    {&alc_##item##_item, offsetof(struct alc_module_state, item##_type), &item##_spec},
#include "alc/model.def"
};

enum { N_VIEW_KINDS = sizeof view_kinds / sizeof *view_kinds };

static PyTypeObject *view_type(const struct alc_module_state *state,
                               const struct alc_item *item)
{
    size_t i = 0;
    while (view_kinds[i].item != item) {
        i++;
    }
    return *(PyTypeObject *const *)((const char *)state + view_kinds[i].type);
}

/* The names of an item's fields whose changes Catalog.diff() reports. */
static PyObject *aspects_of(const struct alc_item *item)
{
    PyObject *names = PyList_New(0);
    for (size_t i = 0; names && i < item->n_fields; i++) {
        if (item->fields[i].role == ALC_ASPECT) {
            PyObject *name = PyUnicode_FromString(item->fields[i].name);
            if (!name || PyList_Append(names, name) < 0) {
                Py_CLEAR(names);
            }
            Py_XDECREF(name);
        }
    }
    PyObject *tuple = names ? PyList_AsTuple(names) : NULL;
    Py_XDECREF(names);
    return tuple;
}

/* ASPECTS: {Table: ("kind", ...), Column: ("type", ...), ...} */
static int add_aspects(PyObject *module, const struct alc_module_state *state)
{
    PyObject *all = PyDict_New();
    for (size_t i = 0; all && i < N_VIEW_KINDS; i++) {
        PyObject *type = (PyObject *)view_type(state, view_kinds[i].item);
        PyObject *names = aspects_of(view_kinds[i].item);
        if (!names || PyDict_SetItem(all, type, names) < 0) {
            Py_CLEAR(all);
        }
        Py_XDECREF(names);
    }
    PyObject *proxy = all ? PyDictProxy_New(all) : NULL;
    int rc = proxy ? PyModule_AddObjectRef(module, "ASPECTS", proxy) : -1;
    Py_XDECREF(proxy);
    Py_XDECREF(all);
    return rc;
}

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
    Py_XDECREF(((struct alc_bind_catalog *)self)->owner);
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
    return PyUnicode_FromString(alc_backend_words[model->backend]);
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

/* The UTF-8 of n names, which the tuple of str keeps; -1 with an exception set. */
static int read_names(struct alc_str *out, PyObject *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        PyObject *name = PyTuple_GET_ITEM(names, (Py_ssize_t)i);
        if (!PyUnicode_Check(name)) {
            PyErr_SetString(PyExc_TypeError, "a name of a table has to be a str");
            return -1;
        }
        if (alc_bind_borrow_text(&out[i], name) < 0) {
            return -1;
        }
    }
    return 0;
}

static PyObject *catalog_without(PyObject *self, PyObject *names)
{
    struct alc_bind_catalog *from = (struct alc_bind_catalog *)self;
    PyObject *result = NULL, *tuple = PySequence_Tuple(names);
    if (!tuple) {
        return NULL;
    }
    size_t n = (size_t)PyTuple_GET_SIZE(tuple);
    struct alc_str *texts = PyMem_Calloc(n ? n : 1, sizeof *texts);
    struct alc_catalog model;
    struct alc_error err;
    alc_error_init(&err);
    alc_catalog_init(&model, from->model.backend);
    if (!texts) {
        PyErr_NoMemory();
    } else if (read_names(texts, tuple, n) == 0) {
        if (alc_catalog_without(&model, &from->model, texts, n, &err)) {
            alc_bind_raise(&err, NULL);
        } else if (model.n_tables == from->model.n_tables) {
            result = Py_NewRef(self);
        } else {
            result =
                alc_bind_catalog_take(PyType_GetModuleState(Py_TYPE(self)), &model);
        }
    }
    if (result && result != self) {
        ((struct alc_bind_catalog *)result)->owner = Py_NewRef(self);
    }
    alc_catalog_release(&model);
    PyMem_Free(texts);
    Py_DECREF(tuple);
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
    {"without", catalog_without, METH_O,
     PyDoc_STR(
         "without(names) -> Catalog\n\nThe same tables but those named: 'name' in "
         "any schema, or 'schema.name'.")},
    {"values", alc_bind_catalog_values, METH_NOARGS,
     PyDoc_STR("values() -> list\n\nThe tables as dicts of what is set in them.")},
    {"from_values", alc_bind_catalog_from_values, METH_VARARGS | METH_CLASS,
     PyDoc_STR("from_values(backend, tables) -> Catalog\n\nThe catalog whose values() "
               "these are; ValueError if they are none's.")},
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
    if (add_type(module, &state->catalog_type, &catalog_spec) < 0) {
        return -1;
    }
    for (size_t i = 0; i < N_VIEW_KINDS; i++) {
        PyTypeObject **type = (PyTypeObject **)((char *)state + view_kinds[i].type);
        if (add_type(module, type, view_kinds[i].spec) < 0) {
            return -1;
        }
    }
    return add_aspects(module, state);
}
