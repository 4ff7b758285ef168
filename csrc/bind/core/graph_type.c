/*
 * _core.RevisionGraph: questions about revisions, answered with revisions.
 *
 * Arguments are sequences of revision objects; an object that is not in the graph
 * raises ForeignRevisionError, and so tells the caller to take the long way.
 */
#include "graph_type.h"

#include "alc/alloc.h"
#include "raise.h"

/* ---- the object ---- */

struct graph_object *alc_bind_graph_new(struct alc_module_state *state)
{
    struct graph_object *self =
        (struct graph_object *)state->graph_type->tp_alloc(state->graph_type, 0);

    if (self) {
        /* While it is made, code of revisions runs that could find it. */
        PyObject_GC_UnTrack(self);
        alc_graph_init(&self->g);
        alc_arena_init(&self->scratch);
    }
    return self;
}

void alc_bind_graph_publish(struct graph_object *self)
{
    PyObject_GC_Track(self);
}

int alc_bind_graph_keep(const struct alc_module_state *state, struct graph_object *self,
                        PyObject *rev)
{
    struct revision *plain = alc_bind_plain_revision(state, rev);

    if (ALC_GROW(self->revs, self->cap_revs, (size_t)self->n_revs + 1) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    if (plain) {
        plain->node = self->n_revs;
        self->has_shared |= plain->is_mapped;
        plain->is_mapped = true;
    } else {
        self->is_volatile = true;
    }
    self->revs[self->n_revs++] = Py_NewRef(rev);
    return 0;
}

static int graph_traverse(PyObject *op, visitproc visit, void *arg)
{
    struct graph_object *self = (struct graph_object *)op;

    Py_VISIT(Py_TYPE(op));
    for (uint32_t i = 0; i < self->n_revs; i++) {
        Py_VISIT(self->revs[i]);
    }
    return 0;
}

static int graph_clear(PyObject *op)
{
    struct graph_object *self = (struct graph_object *)op;
    PyObject **revs = self->revs;
    uint32_t n = self->n_revs;

    /* Releasing a revision may run code that asks the graph. */
    self->revs = NULL;
    self->n_revs = 0;
    self->cap_revs = 0;
    for (uint32_t i = 0; i < n; i++) {
        Py_DECREF(revs[i]);
    }
    alc_free(revs);
    return 0;
}

static void graph_dealloc(PyObject *op)
{
    struct graph_object *self = (struct graph_object *)op;
    PyTypeObject *type = Py_TYPE(op);

    PyObject_GC_UnTrack(op);
    graph_clear(op);
    alc_graph_release(&self->g);
    alc_arena_release(&self->scratch);
    type->tp_free(op);
    Py_DECREF(type);
}

/* ---- revisions to nodes and back ---- */

int alc_bind_graph_find(uint32_t *out, const struct alc_module_state *state,
                        const struct graph_object *self, PyObject *rev)
{
    struct revision *plain = alc_bind_plain_revision(state, rev);
    struct alc_str name;
    PyObject *keep;

    *out = ALC_NO_NODE;
    if (plain && plain->node < self->n_revs && self->revs[plain->node] == rev) {
        *out = plain->node;
        return 0;
    }
    PyObject *id = alc_bind_field_get(state, rev, F_REVISION);
    if (!id && !PyErr_ExceptionMatches(PyExc_AttributeError)) {
        return -1;
    }
    if (!id || !PyUnicode_Check(id)) { /* no revision at all */
        PyErr_Clear();
        Py_XDECREF(id);
        return 0;
    }
    if (alc_bind_name(&name, &keep, id) < 0) {
        Py_DECREF(id);
        return -1;
    }
    uint32_t node = alc_graph_find(&self->g, name.ptr, name.len);
    Py_XDECREF(keep);
    Py_DECREF(id); /* the name may have been borrowed from it */
    if (node < self->n_revs && self->revs[node] == rev) {
        *out = node;
        return 0;
    }
    for (node = 0; node < self->n_revs; node++) {
        if (self->revs[node] == rev) {
            *out = node;
            return 0;
        }
    }
    return 0;
}

struct node_list {
    uint32_t *nodes;
    size_t n;
};

static struct alc_module_state *graph_state(const struct graph_object *self)
{
    return alc_bind_type_state(Py_TYPE((PyObject *)self));
}

/*
 * Begin with a question: answer() or fail() ends it.  Questions may be asked while the
 * arguments of another one are read, so each keeps its memory until all are done.
 */
static void begin(struct graph_object *self)
{
    self->n_open++;
}

/* The nodes of an iterable of revisions, in its order.  Returns 0 or -1. */
static int take_nodes(struct node_list *out, struct graph_object *self, PyObject *revs)
{
    struct alc_module_state *state = graph_state(self);
    /* A tuple, because asking a revision for its id may run code that changes a list.
     */
    PyObject *items = PySequence_Tuple(revs);

    out->n = 0;
    if (!items) {
        return -1;
    }
    Py_ssize_t n = PyTuple_GET_SIZE(items);
    out->nodes = alc_arena_array(&self->scratch, (size_t)n, sizeof *out->nodes);
    if (!out->nodes) {
        PyErr_NoMemory();
        n = -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *rev = PyTuple_GET_ITEM(items, i);
        uint32_t node;
        if (alc_bind_graph_find(&node, state, self, rev) < 0) {
            n = -1;
        } else if (node == ALC_NO_NODE) {
            PyErr_SetObject(state->foreign_error, rev);
            n = -1;
        } else {
            out->nodes[out->n++] = node;
        }
    }
    Py_DECREF(items);
    return n < 0 ? -1 : 0;
}

static PyObject *give_revisions(const struct graph_object *self, const uint32_t *nodes,
                                size_t n)
{
    PyObject *list = PyList_New((Py_ssize_t)n);

    for (size_t i = 0; list && i < n; i++) {
        PyList_SET_ITEM(list, (Py_ssize_t)i, Py_NewRef(self->revs[nodes[i]]));
    }
    return list;
}

/* Every question ends here. */
static PyObject *answer(struct graph_object *self, PyObject *out)
{
    if (--self->n_open == 0) {
        alc_arena_reset(&self->scratch);
    }
    return out;
}

static PyObject *fail(struct graph_object *self, const struct alc_error *err)
{
    answer(self, NULL);
    if (err->code == ALC_E_INVALID && err->pos >= self->n_revs) {
        struct alc_str name =
            alc_interner_str(&self->g.names, self->g.name_of_node[err->pos]);
        PyObject *key =
            PyUnicode_DecodeUTF8(name.ptr, (Py_ssize_t)name.len, "surrogatepass");
        if (key) {
            PyErr_SetObject(PyExc_KeyError, key);
            Py_DECREF(key);
        }
        return NULL;
    }
    if (err->code == ALC_E_INVALID) {
        alc_bind_raise_revision_error("RevisionError", "(s)", err->msg);
        return NULL;
    }
    return alc_bind_raise(err, NULL);
}

/* ---- questions ---- */

static PyObject *graph_is_current(PyObject *op, PyObject *unused)
{
    struct graph_object *self = (struct graph_object *)op;

    (void)unused;
    return PyBool_FromLong(!self->is_volatile &&
                           self->stamp == graph_state(self)->graph_stamp);
}

/* (target, [overlaps]) or None */
static PyObject *give_overlap(const struct graph_object *self,
                              const struct alc_walk_result *walk)
{
    if (walk->target == ALC_NO_NODE) {
        Py_RETURN_NONE;
    }
    PyObject *overlaps = give_revisions(self, walk->overlaps, walk->n_overlaps);
    return overlaps ? Py_BuildValue("ON", self->revs[walk->target], overlaps) : NULL;
}

static PyObject *walk(struct graph_object *self, PyObject *targets,
                      const struct alc_walk *how)
{
    struct alc_walk_result result;
    struct alc_error err = {0};
    struct node_list nodes;

    begin(self);
    if (take_nodes(&nodes, self, targets) < 0) {
        return answer(self, NULL);
    }
    if (alc_graph_walk(&result, &self->g, how, nodes.nodes, nodes.n, &self->scratch,
                       &err) < 0) {
        return fail(self, &err);
    }
    PyObject *revs = give_revisions(self, result.nodes, result.n_nodes);
    PyObject *overlap = revs ? give_overlap(self, &result) : NULL;
    PyObject *out = overlap ? PyTuple_Pack(2, revs, overlap) : NULL;
    Py_XDECREF(revs);
    Py_XDECREF(overlap);
    return answer(self, out);
}

static PyObject *graph_ancestors(PyObject *op, PyObject *args)
{
    PyObject *targets;
    int check;
    int with_deps;

    if (!PyArg_ParseTuple(args, "Opp:ancestors", &targets, &check, &with_deps)) {
        return NULL;
    }
    enum alc_edge_kind kind = with_deps ? ALC_EDGE_FULL : ALC_EDGE_DOWN;
    const struct alc_walk how = {kind, kind, check};
    return walk((struct graph_object *)op, targets, &how);
}

static PyObject *graph_descendants(PyObject *op, PyObject *args)
{
    PyObject *targets;
    int check;
    int with_deps;
    int with_deps_at_targets;

    if (!PyArg_ParseTuple(args, "Oppp:descendants", &targets, &check, &with_deps,
                          &with_deps_at_targets)) {
        return NULL;
    }
    const struct alc_walk how = {
        with_deps ? ALC_EDGE_ALL_NEXT : ALC_EDGE_NEXT,
        with_deps_at_targets ? ALC_EDGE_ALL_NEXT : ALC_EDGE_NEXT, check};
    return walk((struct graph_object *)op, targets, &how);
}

static PyObject *graph_sort(PyObject *op, PyObject *args)
{
    struct graph_object *self = (struct graph_object *)op;
    struct alc_error err = {0};
    struct node_list ids;
    struct node_list heads;
    PyObject *revs;
    PyObject *head_revs;
    size_t n;

    if (!PyArg_ParseTuple(args, "OO:sort", &revs, &head_revs)) {
        return NULL;
    }
    begin(self);
    if (take_nodes(&ids, self, revs) < 0 || take_nodes(&heads, self, head_revs) < 0) {
        return answer(self, NULL);
    }
    uint32_t *out = alc_arena_array(&self->scratch, ids.n, sizeof *out);
    if (!out) {
        PyErr_NoMemory();
        return answer(self, NULL);
    }
    if (alc_graph_sort(out, &n, &self->g, ids.nodes, ids.n, heads.nodes, heads.n,
                       &self->scratch, &err) < 0) {
        return fail(self, &err);
    }
    return answer(self, give_revisions(self, out, n));
}

static PyObject *give_flags(const struct node_list *nodes, const struct alc_bitset *set,
                            bool yes)
{
    PyObject *out = PyList_New((Py_ssize_t)nodes->n);

    for (size_t i = 0; out && i < nodes->n; i++) {
        bool has = alc_bitset_has(set, nodes->nodes[i]);
        PyList_SET_ITEM(out, (Py_ssize_t)i, PyBool_FromLong(has == yes));
    }
    return out;
}

/* Which of `targets` reach one of `others`, up or down, or are one of them. */
static PyObject *graph_related(PyObject *op, PyObject *args)
{
    struct graph_object *self = (struct graph_object *)op;
    struct alc_error err = {0};
    struct node_list targets;
    struct node_list others;
    struct alc_bitset above;
    struct alc_bitset below;
    PyObject *target_revs;
    PyObject *other_revs;
    int with_deps;

    if (!PyArg_ParseTuple(args, "OOp:related", &target_revs, &other_revs, &with_deps)) {
        return NULL;
    }
    begin(self);
    if (take_nodes(&targets, self, target_revs) < 0 ||
        take_nodes(&others, self, other_revs) < 0) {
        return answer(self, NULL);
    }
    enum alc_edge_kind down = with_deps ? ALC_EDGE_FULL : ALC_EDGE_DOWN;
    enum alc_edge_kind up = with_deps ? ALC_EDGE_ALL_NEXT : ALC_EDGE_NEXT;
    if (alc_bitset_make(&above, self->g.n_nodes, &self->scratch, &err) < 0 ||
        alc_bitset_make(&below, self->g.n_nodes, &self->scratch, &err) < 0 ||
        alc_graph_reach_back(&above, &self->g, down, others.nodes, others.n, false,
                             &self->scratch, &err) < 0 ||
        alc_graph_reach_back(&below, &self->g, up, others.nodes, others.n, false,
                             &self->scratch, &err) < 0) {
        return fail(self, &err);
    }
    alc_bitset_union(&above, &below);
    return answer(self, give_flags(&targets, &above, true));
}

/* Which of `targets` no other one of them follows, directly or not. */
static PyObject *graph_uncovered(PyObject *op, PyObject *target_revs)
{
    struct graph_object *self = (struct graph_object *)op;
    struct alc_error err = {0};
    struct node_list targets;
    struct alc_bitset covered;

    begin(self);
    if (take_nodes(&targets, self, target_revs) < 0) {
        return answer(self, NULL);
    }
    if (alc_bitset_make(&covered, self->g.n_nodes, &self->scratch, &err) < 0 ||
        alc_graph_reach_back(&covered, &self->g, ALC_EDGE_NEXT, targets.nodes,
                             targets.n, true, &self->scratch, &err) < 0) {
        return fail(self, &err);
    }
    return answer(self, give_flags(&targets, &covered, false));
}

/* ("ok", revisions), ("overlap", (revision, revisions)), ("outside" | "nothing", None)
 */
static PyObject *give_plan(struct graph_object *self, const struct alc_plan *plan)
{
    switch (plan->outcome) {
    case ALC_PLAN_OK:
        return Py_BuildValue("sN", "ok",
                             give_revisions(self, plan->nodes, plan->n_nodes));
    case ALC_PLAN_OVERLAP:
        return Py_BuildValue("sN", "overlap", give_overlap(self, &plan->walk));
    case ALC_PLAN_OUTSIDE:
        return Py_BuildValue("sO", "outside", Py_None);
    case ALC_PLAN_NOTHING:
        break;
    }
    return Py_BuildValue("sO", "nothing", Py_None);
}

static PyObject *graph_plan_upgrade(PyObject *op, PyObject *args)
{
    struct graph_object *self = (struct graph_object *)op;
    struct alc_error err = {0};
    struct alc_plan plan;
    struct node_list targets;
    struct node_list current;
    PyObject *target_revs;
    PyObject *current_revs;
    int inclusive;
    int implicit_base;

    if (!PyArg_ParseTuple(args, "OOpp:plan_upgrade", &target_revs, &current_revs,
                          &inclusive, &implicit_base)) {
        return NULL;
    }
    begin(self);
    if (take_nodes(&targets, self, target_revs) < 0 ||
        take_nodes(&current, self, current_revs) < 0) {
        return answer(self, NULL);
    }
    const struct alc_upgrade want = {targets.nodes, targets.n, current.nodes,
                                     current.n,     inclusive, implicit_base};
    if (alc_graph_plan_upgrade(&plan, &self->g, &want, &self->scratch, &err) < 0) {
        return fail(self, &err);
    }
    return answer(self, give_plan(self, &plan));
}

static PyObject *graph_plan_downgrade(PyObject *op, PyObject *args)
{
    struct graph_object *self = (struct graph_object *)op;
    struct alc_error err = {0};
    struct alc_plan plan;
    struct node_list roots;
    struct node_list heads;
    PyObject *root_revs;
    PyObject *head_revs;
    PyObject *target;
    uint32_t target_node = ALC_NO_NODE;
    int implicit_base;

    if (!PyArg_ParseTuple(args, "OOOp:plan_downgrade", &root_revs, &head_revs, &target,
                          &implicit_base)) {
        return NULL;
    }
    begin(self);
    if (take_nodes(&roots, self, root_revs) < 0 ||
        take_nodes(&heads, self, head_revs) < 0 ||
        (target != Py_None &&
         alc_bind_graph_find(&target_node, graph_state(self), self, target) < 0)) {
        return answer(self, NULL);
    }
    const struct alc_downgrade want = {roots.nodes, roots.n,     heads.nodes,
                                       heads.n,     target_node, implicit_base};
    if (alc_graph_plan_downgrade(&plan, &self->g, &want, &self->scratch, &err) < 0) {
        return fail(self, &err);
    }
    return answer(self, give_plan(self, &plan));
}

static PyMethodDef graph_methods[] = {
    {"is_current", graph_is_current, METH_NOARGS,
     "Has nothing changed since the graph was built?"},
    {"ancestors", graph_ancestors, METH_VARARGS,
     "ancestors(targets, check, with_deps) -> (revisions, overlap)"},
    {"descendants", graph_descendants, METH_VARARGS,
     "descendants(targets, check, with_deps, with_deps_at_targets)"
     " -> (revisions, overlap)"},
    {"sort", graph_sort, METH_VARARGS, "sort(revisions, heads) -> revisions"},
    {"related", graph_related, METH_VARARGS,
     "related(targets, others, with_deps) -> one bool a target"},
    {"uncovered", graph_uncovered, METH_O, "uncovered(targets) -> one bool a target"},
    {"plan_upgrade", graph_plan_upgrade, METH_VARARGS,
     "plan_upgrade(targets, current, inclusive, implicit_base) -> (outcome, what)"},
    {"plan_downgrade", graph_plan_downgrade, METH_VARARGS,
     "plan_downgrade(roots, heads, target, implicit_base) -> (outcome, what)"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot graph_slots[] = {
    {Py_tp_doc, "The graph of a revision map, as of one moment."},
    {Py_tp_traverse, graph_traverse},
    {Py_tp_clear, graph_clear},
    {Py_tp_dealloc, graph_dealloc},
    {Py_tp_methods, graph_methods},
    {0, NULL},
};

static PyType_Spec graph_spec = {
    .name = "alembic_c._core.RevisionGraph",
    .basicsize = sizeof(struct graph_object),
    .flags =
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = graph_slots,
};

/* ---- the module's part ---- */

static PyObject *touch_graphs(PyObject *module, PyObject *unused)
{
    (void)unused;
    alc_bind_state(module)->graph_stamp++;
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"load_revisions", alc_bind_load_revisions, METH_VARARGS,
     "load_revisions(revisions, map, report)"
     " -> (graph, heads, real heads, bases, real bases)"},
    {"read_map", alc_bind_read_map, METH_O, "read_map(map) -> graph"},
    {"touch_graphs", touch_graphs, METH_NOARGS, "No graph is current any more."},
    {NULL, NULL, 0, NULL},
};

int alc_bind_graph_exec(PyObject *module, struct alc_module_state *state)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &graph_spec, NULL);

    state->graph_type = (PyTypeObject *)type;
    if (!type || PyModule_AddType(module, state->graph_type) < 0 ||
        alc_bind_label_sets_type(module, state) < 0 ||
        alc_bind_revision_type(module, state) < 0) {
        return -1;
    }
    state->foreign_error =
        PyErr_NewExceptionWithDoc("alembic_c._core.ForeignRevisionError",
                                  "A revision that is not in the graph.", NULL, NULL);
    if (!state->foreign_error || PyModule_AddObjectRef(module, "ForeignRevisionError",
                                                       state->foreign_error) < 0) {
        return -1;
    }
    return PyModule_AddFunctions(module, functions);
}
