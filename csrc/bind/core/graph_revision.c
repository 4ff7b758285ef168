/*
 * _core.RevisionBase: the fields of a revision and what follows from them alone.
 *
 * Reading a field is a pointer away, 10,000 revisions cost no dictionaries, and a
 * change after a graph was built is noticed (the module's stamp goes up, graphs look at
 * it).
 */
#include "graph_type.h"

#include "alc/load.h"

static const char *const field_names[N_FIELDS] = {
#define FIELD_NAME(symbol, name, doc) [F_##symbol] = name,
    ALC_REVISION_FIELDS(FIELD_NAME)
#undef FIELD_NAME
};

const struct derived_field alc_bind_derived[ALC_N_DERIVED] = {
    {F_RESOLVED, ALC_EDGE_DEP, false},
    {F_NORMALIZED, ALC_EDGE_NDEP, false},
    {F_NEXT, ALC_EDGE_NEXT, true},
    {F_ALL_NEXT, ALC_EDGE_ALL_NEXT, true},
};

/* ---- helpers ---- */

PyObject *alc_bind_to_tuple(PyObject *value)
{
    if (value == NULL || value == Py_None) {
        return PyTuple_New(0);
    }
    if (PyTuple_CheckExact(value)) {
        return Py_NewRef(value);
    }
    if (PyUnicode_Check(value) ||
        (Py_TYPE(value)->tp_iter == NULL && !PySequence_Check(value))) {
        return PyTuple_Pack(1, value);
    }
    return PySequence_Tuple(value);
}

int alc_bind_name(struct alc_str *out, PyObject **keep, PyObject *name)
{
    Py_ssize_t len;

    *keep = NULL;
    out->ptr = PyUnicode_AsUTF8AndSize(name, &len);
    if (!out->ptr) {
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
            return -1;
        }
        PyErr_Clear();
        *keep = PyUnicode_AsEncodedString(name, "utf-8", "surrogatepass");
        if (!*keep) {
            return -1;
        }
        out->ptr = PyBytes_AS_STRING(*keep);
        len = PyBytes_GET_SIZE(*keep);
    }
    out->len = (size_t)len;
    return 0;
}

void alc_bind_raise_revision_error(const char *name, const char *format, ...)
{
    PyObject *module = PyImport_ImportModule("alembic_c.script.revision");
    PyObject *type = NULL;
    PyObject *args = NULL;
    PyObject *error = NULL;
    va_list values;

    va_start(values, format);
    if (module && (type = PyObject_GetAttrString(module, name)) &&
        (args = Py_VaBuildValue(format, values)) &&
        (error = PyObject_CallObject(type, args))) {
        PyErr_SetObject(type, error);
    }
    va_end(values);
    Py_XDECREF(error);
    Py_XDECREF(args);
    Py_XDECREF(type);
    Py_XDECREF(module);
}

/* RevisionBase is the last class before object, whatever is derived from it. */
static struct alc_module_state *state_of(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);

    while (type->tp_base != &PyBaseObject_Type) {
        type = type->tp_base;
    }
    return alc_bind_type_state(type);
}

/* ---- fields ---- */

static void put_field(struct revision *self, enum revision_field field, PyObject *value)
{
    if (field == F_LABELS) {
        self->label_set = ALC_NO_NODE;
    }
    Py_XSETREF(self->field[field], Py_XNewRef(value));
}

/* Making a set may run code of a label, which may set the fields: keep what is used. */
static PyObject *get_labels(struct revision *self)
{
    PyObject *value = self->field[F_LABELS];
    uint32_t set = self->label_set;

    if (value && set == ALC_NO_NODE) {
        return Py_NewRef(value);
    }
    if (!value && !self->field[F_ORIG_LABELS]) {
        Py_RETURN_NONE;
    }
    PyObject *own = Py_XNewRef(self->field[F_ORIG_LABELS]);
    Py_XINCREF(value);
    PyObject *labels = PySet_New(own);
    if (labels && value &&
        alc_bind_add_labels_of_set(labels, (struct label_sets_object *)value, set) <
            0) {
        Py_CLEAR(labels);
    }
    Py_XDECREF(own);
    Py_XDECREF(value);
    if (labels) {
        put_field(self, F_LABELS, labels);
    }
    return labels;
}

void alc_bind_put_label_set(struct revision *rev, struct label_sets_object *sets,
                            uint32_t set)
{
    put_field(rev, F_LABELS, (PyObject *)sets);
    rev->label_set = set;
}

/* F_NEXT or F_ALL_NEXT as a frozenset. */
static PyObject *get_next(struct revision *self, enum revision_field field)
{
    PyObject *value = self->field[field];
    enum revision_field other = field == F_NEXT ? F_ALL_NEXT : F_NEXT;

    if (!value) {
        return PyFrozenSet_New(NULL);
    }
    if (!PyUnicode_Check(value)) {
        return Py_NewRef(value);
    }
    PyObject *one = PyTuple_Pack(1, value); /* keeps the value, too */
    PyObject *set = one ? PyFrozenSet_New(one) : NULL;
    for (int i = 0; set && i < 2; i++) {
        enum revision_field at = i ? other : field;
        if (self->field[at] == value) {
            Py_SETREF(self->field[at], Py_NewRef(set));
        }
    }
    Py_XDECREF(one);
    return set;
}

int alc_bind_put_next(struct revision *rev, enum revision_field field, PyObject *ids)
{
    PyObject *value;

    switch (PyTuple_GET_SIZE(ids)) {
    case 0:
        return 0;
    case 1:
        put_field(rev, field, PyTuple_GET_ITEM(ids, 0));
        return 0;
    default:
        value = PyFrozenSet_New(ids);
        if (value) {
            put_field(rev, field, value);
        }
        Py_XDECREF(value);
        return value ? 0 : -1;
    }
}

static PyObject *get_field(struct revision *self, enum revision_field field)
{
    PyObject *value = self->field[field];

    switch (field) {
    case F_LABELS:
        return get_labels(self);
    case F_NEXT:
    case F_ALL_NEXT:
        return get_next(self, field);
    case F_REVISION:
    case F_DOWN:
    case F_DEPENDENCIES:
    case F_SCANNED:
        return Py_NewRef(value ? value : Py_None);
    default:
        if (!value) {
            PyErr_Format(PyExc_AttributeError, "'%s' object has no attribute '%s'",
                         Py_TYPE(self)->tp_name, field_names[field]);
        }
        return Py_XNewRef(value);
    }
}

static PyObject *revision_get(PyObject *self, void *field)
{
    return get_field((struct revision *)self, (enum revision_field)(uintptr_t)field);
}

static int revision_set(PyObject *op, PyObject *value, void *closure)
{
    struct revision *self = (struct revision *)op;
    enum revision_field field = (enum revision_field)(uintptr_t)closure;

    if (self->is_mapped && field != F_LABELS && field != F_ORIG_LABELS &&
        field != F_SCANNED) {
        state_of(op)->graph_stamp++;
    }
    put_field(self, field, value);
    return 0;
}

struct revision *alc_bind_plain_revision(const struct alc_module_state *state,
                                         PyObject *rev)
{
    if (!PyObject_TypeCheck(rev, state->revision_type) ||
        !((struct revision *)rev)->is_plain) {
        return NULL;
    }
    return (struct revision *)rev;
}

PyObject *alc_bind_field_get(const struct alc_module_state *state, PyObject *rev,
                             enum revision_field field)
{
    struct revision *plain = alc_bind_plain_revision(state, rev);

    return plain ? get_field(plain, field)
                 : PyObject_GetAttrString(rev, field_names[field]);
}

int alc_bind_field_set(const struct alc_module_state *state, PyObject *rev,
                       enum revision_field field, PyObject *value)
{
    struct revision *plain = alc_bind_plain_revision(state, rev);

    if (!plain) {
        return PyObject_SetAttrString(rev, field_names[field], value);
    }
    put_field(plain, field, value);
    return 0;
}

/* A field for the object's own answers: overridden fields are honoured. */
static PyObject *own_field(struct revision *self, enum revision_field field)
{
    return self->is_plain
               ? get_field(self, field)
               : PyObject_GetAttrString((PyObject *)self, field_names[field]);
}

/* ---- answers ---- */

static PyObject *own_tuple(struct revision *self, enum revision_field field)
{
    PyObject *value = own_field(self, field);
    PyObject *tuple = value ? alc_bind_to_tuple(value) : NULL;

    Py_XDECREF(value);
    return tuple;
}

static PyObject *without_repeats(PyObject *tuple)
{
    Py_ssize_t n = PyTuple_GET_SIZE(tuple);
    PyObject *dict = NULL;
    PyObject *out = NULL;

    if (n < 2) {
        return Py_NewRef(tuple);
    }
    dict = PyDict_New();
    for (Py_ssize_t i = 0; dict && i < n; i++) {
        if (PyDict_SetItem(dict, PyTuple_GET_ITEM(tuple, i), Py_None) < 0) {
            Py_CLEAR(dict);
        }
    }
    if (dict) {
        out = PySequence_Tuple(dict);
        Py_DECREF(dict);
    }
    return out;
}

/* down_revision as a tuple, and one more field of ids behind it; each id once. */
static PyObject *down_with(struct revision *self, enum revision_field more)
{
    PyObject *down = own_tuple(self, F_DOWN);
    PyObject *deps = down ? own_tuple(self, more) : NULL;
    PyObject *both = deps ? PySequence_Concat(down, deps) : NULL;
    PyObject *out = both ? without_repeats(both) : NULL;

    Py_XDECREF(down);
    Py_XDECREF(deps);
    Py_XDECREF(both);
    return out;
}

static PyObject *get_all_down(PyObject *self, void *closure)
{
    (void)closure;
    return down_with((struct revision *)self, F_RESOLVED);
}

static PyObject *get_normalized_down(PyObject *self, void *closure)
{
    (void)closure;
    return down_with((struct revision *)self, F_NORMALIZED);
}

static PyObject *get_versioned_down(PyObject *self, void *closure)
{
    (void)closure;
    return own_tuple((struct revision *)self, F_DOWN);
}

/* How many: of a tuple of ids, a set, or the one id that stands for its set. */
static Py_ssize_t n_items(struct revision *self, enum revision_field field)
{
    PyObject *kept = self->field[field];

    if (self->is_plain && (field == F_NEXT || field == F_ALL_NEXT)) {
        if (!kept) {
            return 0;
        }
        return PyUnicode_Check(kept) ? 1 : PyObject_Length(kept);
    }
    PyObject *value = field == F_DOWN ? own_tuple(self, field) : own_field(self, field);
    Py_ssize_t n = value ? PyObject_Length(value) : -1;
    Py_XDECREF(value);
    return n;
}

static int is_none(struct revision *self, enum revision_field field)
{
    PyObject *value = own_field(self, field);
    int yes = value ? value == Py_None : -1;

    Py_XDECREF(value);
    return yes;
}

static PyObject *more_than(PyObject *self, enum revision_field field, Py_ssize_t limit)
{
    Py_ssize_t n = n_items((struct revision *)self, field);

    return n < 0 ? NULL : PyBool_FromLong(n > limit);
}

static PyObject *none_of(PyObject *self, enum revision_field field)
{
    Py_ssize_t n = n_items((struct revision *)self, field);

    return n < 0 ? NULL : PyBool_FromLong(n == 0);
}

#define IGNORE_CLOSURE (void)closure

static PyObject *get_is_head(PyObject *self, void *closure)
{
    IGNORE_CLOSURE;
    return none_of(self, F_NEXT);
}

static PyObject *get_is_real_head(PyObject *self, void *closure)
{
    IGNORE_CLOSURE;
    return none_of(self, F_ALL_NEXT);
}

static PyObject *get_is_base(PyObject *self, void *closure)
{
    IGNORE_CLOSURE;
    int yes = is_none((struct revision *)self, F_DOWN);
    return yes < 0 ? NULL : PyBool_FromLong(yes);
}

static PyObject *get_is_real_base(PyObject *self, void *closure)
{
    IGNORE_CLOSURE;
    int yes = is_none((struct revision *)self, F_DOWN);
    if (yes > 0) {
        yes = is_none((struct revision *)self, F_DEPENDENCIES);
    }
    return yes < 0 ? NULL : PyBool_FromLong(yes);
}

static PyObject *get_is_branch_point(PyObject *self, void *closure)
{
    IGNORE_CLOSURE;
    return more_than(self, F_NEXT, 1);
}

static PyObject *get_is_real_branch_point(PyObject *self, void *closure)
{
    IGNORE_CLOSURE;
    return more_than(self, F_ALL_NEXT, 1);
}

static PyObject *get_is_merge_point(PyObject *self, void *closure)
{
    IGNORE_CLOSURE;
    return more_than(self, F_DOWN, 1);
}

/* ---- the object ---- */

/* Does the class leave all fields as they are here?  One answer is remembered. */
static int class_is_plain(PyTypeObject *type, struct alc_module_state *state)
{
    if (type == state->plain_type || type == state->revision_type) {
        return 1;
    }
    for (size_t i = 0; i < N_FIELDS; i++) {
        PyObject *ours =
            PyObject_GetAttrString((PyObject *)state->revision_type, field_names[i]);
        PyObject *theirs = PyObject_GetAttrString((PyObject *)type, field_names[i]);
        bool same = ours && ours == theirs;
        Py_XDECREF(ours);
        Py_XDECREF(theirs);
        if (!ours || !theirs) {
            return -1;
        }
        if (!same) {
            return 0;
        }
    }
    Py_XSETREF(state->plain_type, (PyTypeObject *)Py_NewRef(type));
    return 1;
}

static PyObject *revision_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    struct revision *self = (struct revision *)type->tp_alloc(type, 0);

    (void)args;
    (void)kwargs;
    if (!self) {
        return NULL;
    }
    self->node = self->label_set = ALC_NO_NODE;
    int plain = class_is_plain(type, state_of((PyObject *)self));
    if (plain < 0) {
        Py_DECREF(self);
        return NULL;
    }
    self->is_plain = plain;
    return (PyObject *)self;
}

/* An id that Revision.verify_rev_id would not refuse. */
static bool is_plain_id(PyObject *id)
{
    struct alc_str name;
    PyObject *keep;

    if (!PyUnicode_CheckExact(id)) {
        return false;
    }
    if (alc_bind_name(&name, &keep, id) < 0) {
        PyErr_Clear(); /* verify_rev_id() says what is wrong */
        return false;
    }
    bool is_plain = alc_is_plain_id(name);
    Py_XDECREF(keep);
    return is_plain;
}

static int check_id(PyObject *self, PyObject *id)
{
    if (((struct revision *)self)->is_plain && is_plain_id(id)) {
        return 0;
    }
    PyObject *done = PyObject_CallMethod(self, "verify_rev_id", "(O)", id);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

/* Raise `error` when the id is among the ids that it refers to. */
static int check_loop(PyObject *id, PyObject *ids, const char *error)
{
    int found;

    if (PyTuple_GET_SIZE(ids) == 1 && PyUnicode_CheckExact(id) &&
        PyUnicode_CheckExact(PyTuple_GET_ITEM(ids, 0))) {
        found = PyUnicode_Compare(id, PyTuple_GET_ITEM(ids, 0)) == 0;
    } else {
        found = PySequence_Contains(ids, id);
    }
    if (found > 0) {
        alc_bind_raise_revision_error(error, "(O)", id);
        return -1;
    }
    return found < 0 || PyErr_Occurred() ? -1 : 0;
}

/* None for no id, the id for one, else the tuple; takes over `ids`. */
static PyObject *as_scalar(PyObject *ids)
{
    PyObject *out = ids;

    if (PyTuple_GET_SIZE(ids) == 0) {
        out = Py_NewRef(Py_None);
    } else if (PyTuple_GET_SIZE(ids) == 1) {
        out = Py_NewRef(PyTuple_GET_ITEM(ids, 0));
    } else {
        return ids;
    }
    Py_DECREF(ids);
    return out;
}

/* One of the two id arguments: checked and in its final form, or NULL. */
static PyObject *take_ids(PyObject *id, PyObject *value, const char *error)
{
    if (value == Py_None) {
        return Py_NewRef(Py_None);
    }
    int has_any = PyObject_IsTrue(value); /* "" is no id to refer to, ("",) is */
    PyObject *ids = has_any < 0 ? NULL : alc_bind_to_tuple(value);
    if (!ids || (has_any && check_loop(id, ids, error) < 0)) {
        Py_XDECREF(ids);
        return NULL;
    }
    return as_scalar(ids);
}

/* The fields of a class that has its own idea of them. */
static int assign_fields(PyObject *op, PyObject *const values[])
{
    for (size_t i = 0; i <= F_ORIG_LABELS; i++) {
        if (PyObject_SetAttrString(op, field_names[i], values[i]) < 0) {
            return -1;
        }
    }
    PyObject *set = PySet_New(values[F_ORIG_LABELS]);
    int rc = set ? PyObject_SetAttrString(op, field_names[F_LABELS], set) : -1;
    Py_XDECREF(set);
    return rc;
}

int alc_bind_revision_init(PyObject *op, PyObject *id, PyObject *down, PyObject *deps,
                           PyObject *labels)
{
    struct revision *self = (struct revision *)op;
    PyObject *values[] = {id, take_ids(id, down, "LoopDetected"), NULL, NULL};
    int rc = -1;

    if (values[F_DOWN]) {
        values[F_DEPENDENCIES] = take_ids(id, deps, "DependencyLoopDetected");
    }
    if (values[F_DEPENDENCIES] && check_id(op, id) == 0) {
        values[F_ORIG_LABELS] = alc_bind_to_tuple(labels);
    }
    if (values[F_ORIG_LABELS] && self->is_mapped) {
        state_of(op)->graph_stamp++;
    }
    if (values[F_ORIG_LABELS] && self->is_plain) {
        for (size_t i = 0; i <= F_ORIG_LABELS; i++) {
            put_field(self, (enum revision_field)i, values[i]);
        }
        put_field(self, F_LABELS, NULL);
        rc = 0;
    } else if (values[F_ORIG_LABELS]) {
        rc = assign_fields(op, values);
    }
    for (size_t i = F_DOWN; i <= F_ORIG_LABELS; i++) {
        Py_XDECREF(values[i]);
    }
    return rc;
}

static int revision_init(PyObject *op, PyObject *args, PyObject *kwargs)
{
    static const char *const names[] = {"revision", "down_revision", "dependencies",
                                        "branch_labels", NULL};
    PyObject *id;
    PyObject *down;
    PyObject *deps = Py_None;
    PyObject *labels = Py_None;

    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|OO:Revision", (char **)names,
                                     &id, &down, &deps, &labels)) {
        return -1;
    }
    return alc_bind_revision_init(op, id, down, deps, labels);
}

static int revision_traverse(PyObject *op, visitproc visit, void *arg)
{
    struct revision *self = (struct revision *)op;

    Py_VISIT(Py_TYPE(op));
    for (size_t i = 0; i < N_FIELDS; i++) {
        Py_VISIT(self->field[i]);
    }
    return 0;
}

static int revision_clear(PyObject *op)
{
    struct revision *self = (struct revision *)op;

    for (size_t i = 0; i < N_FIELDS; i++) {
        Py_CLEAR(self->field[i]);
    }
    return 0;
}

static void revision_dealloc(PyObject *op)
{
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    revision_clear(op);
    type->tp_free(op);
    Py_DECREF(type);
}

static PyGetSetDef revision_getset[] = {
#define FIELD_GETSET(symbol, name, doc)                                                \
    {name, revision_get, revision_set, doc, (void *)(uintptr_t)F_##symbol},
    ALC_REVISION_FIELDS(FIELD_GETSET)
#undef FIELD_GETSET
        {"_all_down_revisions", get_all_down, NULL,
         "Ids of down revisions and dependencies.", NULL},
    {"_normalized_down_revisions", get_normalized_down, NULL,
     "Like _all_down_revisions, without dependencies that an ancestor has too.", NULL},
    {"_versioned_down_revisions", get_versioned_down, NULL, "Ids of down revisions.",
     NULL},
    {"is_head", get_is_head, NULL, "No revision names this one as its parent.", NULL},
    {"_is_real_head", get_is_real_head, NULL,
     "No revision has this one as parent or dependency.", NULL},
    {"is_base", get_is_base, NULL, "It has no parent.", NULL},
    {"_is_real_base", get_is_real_base, NULL, "It has neither parent nor dependency.",
     NULL},
    {"is_branch_point", get_is_branch_point, NULL,
     "It is the parent of two or more revisions.", NULL},
    {"_is_real_branch_point", get_is_real_branch_point, NULL,
     "It is the parent or dependency of two or more revisions.", NULL},
    {"is_merge_point", get_is_merge_point, NULL, "It has two or more parents.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot revision_slots[] = {
    {Py_tp_doc, "RevisionBase(revision, down_revision, dependencies=None, "
                "branch_labels=None)\n--\n\nThe fields of a revision."},
    {Py_tp_new, revision_new},
    {Py_tp_init, revision_init},
    {Py_tp_traverse, revision_traverse},
    {Py_tp_clear, revision_clear},
    {Py_tp_dealloc, revision_dealloc},
    {Py_tp_getset, revision_getset},
    {0, NULL},
};

static PyType_Spec revision_spec = {
    .name = "alembic_c._core.RevisionBase",
    .basicsize = sizeof(struct revision),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = revision_slots,
};

/* REVISION_FIELDS: the names of the fields, for copying and pickling. */
static int add_field_names(PyObject *module)
{
    PyObject *names = PyTuple_New(N_FIELDS);
    int rc = names ? 0 : -1;

    for (size_t i = 0; rc == 0 && i < N_FIELDS; i++) {
        PyObject *name = PyUnicode_InternFromString(field_names[i]);
        rc = name ? 0 : -1;
        if (name) {
            PyTuple_SET_ITEM(names, (Py_ssize_t)i, name);
        }
    }
    rc = rc == 0 ? PyModule_AddObjectRef(module, "REVISION_FIELDS", names) : rc;
    Py_XDECREF(names);
    return rc;
}

int alc_bind_revision_type(PyObject *module, struct alc_module_state *state)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &revision_spec, NULL);

    state->revision_type = (PyTypeObject *)type;
    if (!type || PyModule_AddType(module, state->revision_type) < 0) {
        return -1;
    }
    return add_field_names(module);
}
