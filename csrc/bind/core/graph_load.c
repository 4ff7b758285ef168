/*
 * load_revisions(): revisions as Python objects have them become views, alc_load()
 * makes a graph of these, and what follows is written back to the revisions.
 *
 * All that the revisions say is read before anything is made of it, and kept: code that
 * runs while they are read, told or written to cannot change what is loaded.
 * graph_read.c is for any later time.
 */
#include "graph_type.h"

#include "alc/alloc.h"
#include "alc/load.h"
#include "raise.h"

/* The sorts of names in a view, and the fields that they are read from. */
enum { DOWNS, DEPENDENCIES, LABELS, N_SORTS };

static const enum revision_field field_of_sort[N_SORTS] = {
    [DOWNS] = F_DOWN, [DEPENDENCIES] = F_DEPENDENCIES, [LABELS] = F_ORIG_LABELS};

/* One revision as it came, and what was read of it.  Strong references. */
struct arrival {
    PyObject *rev;
    PyObject *id;
    PyObject *names[N_SORTS]; /* tuples */
};

struct load {
    struct alc_module_state *state;
    struct graph_object *graph;
    PyObject *report;
    PyObject *numbers; /* dict: of names that are no strings */
    struct arrival *arrivals;
    size_t n;
    struct alc_revision_view *views;
    struct alc_loaded loaded;
    struct alc_arena scratch;
};

/* ---- reading ---- */

/*
 * A name as bytes, which the objects or the scratch arena hold.  What is no string is
 * the same name as what Python calls equal, and the same as no string.
 */
static int take_name(struct alc_str *out, struct load *l, PyObject *name)
{
    PyObject *keep = NULL;
    char number[1 + sizeof(size_t)] = {'\xff'}; /* no UTF-8 has this byte */

    if (PyUnicode_Check(name)) {
        if (alc_bind_name(out, &keep, name) < 0) {
            return -1;
        }
        if (!keep) {
            return 0;
        }
    } else {
        PyObject *next = PyLong_FromSsize_t(PyDict_GET_SIZE(l->numbers));
        PyObject *known = next ? PyDict_SetDefault(l->numbers, name, next) : NULL;
        size_t n = known ? PyLong_AsSize_t(known) : 0;
        Py_XDECREF(next);
        if (PyErr_Occurred()) {
            return -1;
        }
        memcpy(number + 1, &n, sizeof n);
        *out = (struct alc_str){number, sizeof number};
    }
    out->ptr = alc_arena_dup(&l->scratch, out->ptr, out->len);
    Py_XDECREF(keep);
    if (!out->ptr) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

static int take_names(struct alc_names *out, struct load *l, PyObject *names)
{
    Py_ssize_t n = PyTuple_GET_SIZE(names);
    struct alc_str *items;

    *out = (struct alc_names){NULL, 0};
    if (n == 0) {
        return 0;
    }
    items =
        n < UINT32_MAX ? alc_arena_array(&l->scratch, (size_t)n, sizeof *items) : NULL;
    if (!items) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < n; i++) {
        if (take_name(&items[i], l, PyTuple_GET_ITEM(names, i)) < 0) {
            return -1;
        }
    }
    *out = (struct alc_names){items, (uint32_t)n};
    return 0;
}

static int read_revision(struct load *l, size_t i)
{
    struct arrival *a = &l->arrivals[i];
    struct alc_revision_view *view = &l->views[i];
    struct alc_names *const lists[N_SORTS] = {
        [DOWNS] = &view->downs,
        [DEPENDENCIES] = &view->dependencies,
        [LABELS] = &view->labels,
    };

    view->object = a->rev;
    a->id = alc_bind_rev_id(l->state, a->rev);
    if (!a->id || take_name(&view->id, l, a->id) < 0) {
        return -1;
    }
    for (size_t sort = 0; sort < N_SORTS; sort++) {
        enum revision_field field = field_of_sort[sort];
        a->names[sort] = field == F_ORIG_LABELS
                             ? alc_bind_optional_tuple(l->state, a->rev, field)
                             : alc_bind_field_tuple(l->state, a->rev, field);
        if (!a->names[sort] || take_names(lists[sort], l, a->names[sort]) < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_revisions(struct load *l, PyObject *revisions)
{
    /* A tuple: reading a revision may run code that finds a list and changes it. */
    PyObject *items = PySequence_Tuple(revisions);
    int rc = items ? 0 : -1;

    if (items) {
        l->n = (size_t)PyTuple_GET_SIZE(items);
        l->arrivals = alc_calloc(l->n, sizeof *l->arrivals);
        l->views = alc_arena_calloc(&l->scratch, l->n, sizeof *l->views);
        if (!l->arrivals || !l->views) {
            PyErr_NoMemory();
            l->n = 0;
            rc = -1;
        }
    }
    for (size_t i = 0; i < l->n; i++) {
        l->arrivals[i].rev = Py_NewRef(PyTuple_GET_ITEM(items, (Py_ssize_t)i));
    }
    Py_XDECREF(items);
    for (size_t i = 0; rc == 0 && i < l->n; i++) {
        rc = read_revision(l, i);
    }
    return rc;
}

/* ---- telling ---- */

static PyObject *ids_of(const struct load *l, const uint32_t *nodes, size_t n)
{
    PyObject *ids = PyTuple_New((Py_ssize_t)n);

    for (size_t i = 0; ids && i < n; i++) {
        PyObject *id = l->arrivals[l->loaded.view_of_node[nodes[i]]].id;
        PyTuple_SET_ITEM(ids, (Py_ssize_t)i, Py_NewRef(id));
    }
    return ids;
}

/* The ids of a circle as a list, in the order in which upstream has them. */
static PyObject *cycle_ids(const struct load *l, const struct alc_trouble *trouble)
{
    PyObject *ids = ids_of(l, trouble->nodes, trouble->n_nodes);
    PyObject *list = ids ? PySequence_List(ids) : NULL;

    if (list && !trouble->is_whole && PyList_Sort(list) < 0) {
        Py_CLEAR(list);
    }
    Py_XDECREF(ids);
    return list;
}

static int call_report(const struct load *l, const char *what, PyObject *subject,
                       PyObject *detail)
{
    PyObject *done = subject && detail ? PyObject_CallFunction(l->report, "sOO", what,
                                                               subject, detail)
                                       : NULL;

    Py_XDECREF(done);
    return done ? 0 : -1;
}

enum { RAISED = 1 };

/* `report` raises what upstream raises, and returns where upstream only warns. */
static int tell(void *self, const struct alc_trouble *trouble)
{
    struct load *l = self;
    const struct arrival *a = &l->arrivals[trouble->view];
    Py_ssize_t at = trouble->at;
    PyObject *made = NULL;
    int rc = -1;

    switch (trouble->kind) {
    case ALC_ID_TWICE:
        return call_report(l, "duplicate", a->rev, Py_None) < 0 ? RAISED : 0;
    case ALC_LABEL_IN_USE:
        made = PyTuple_Pack(2, a->rev, l->arrivals[trouble->other].rev);
        rc = call_report(l, "label", PyTuple_GET_ITEM(a->names[LABELS], at), made);
        break;
    case ALC_MISSING_PARENT:
        rc = call_report(l, "missing", PyTuple_GET_ITEM(a->names[DOWNS], at), a->rev);
        break;
    case ALC_MISSING_DEPENDENCY:
        rc = call_report(
            l, "missing dependency",
            PyTuple_GET_ITEM(a->names[trouble->is_parent ? DOWNS : DEPENDENCIES], at),
            a->rev);
        break;
    case ALC_PARENT_BY_LABEL:
        rc = call_report(l, "missing parent", PyTuple_GET_ITEM(a->names[DOWNS], at),
                         a->rev);
        break;
    case ALC_CYCLE:
    case ALC_DEPENDENCY_CYCLE:
        made = cycle_ids(l, trouble);
        rc = call_report(l, trouble->kind == ALC_CYCLE ? "cycle" : "dependency cycle",
                         made, Py_None);
        break;
    }
    Py_XDECREF(made);
    if (rc == 0) {
        PyErr_SetString(PyExc_RuntimeError,
                        "report() returned where it has to raise: there is no graph");
    }
    return RAISED;
}

/* ---- writing back ---- */

/* F_NEXT or F_ALL_NEXT; what an earlier map left there stays. */
static int put_next(struct load *l, enum revision_field field, PyObject *rev,
                    PyObject *ids)
{
    struct revision *plain = alc_bind_plain_revision(l->state, rev);
    PyObject *set = NULL;
    PyObject *before = NULL;
    int rc = -1;

    if (plain && !plain->field[field]) {
        return alc_bind_put_next(plain, field, ids);
    }
    set = PyFrozenSet_New(ids);
    before = set ? alc_bind_field_get(l->state, rev, field) : NULL;
    PyObject *after = before ? PyNumber_Or(set, before) : NULL;
    Py_ssize_t n = set ? PyObject_Length(set) : -1;
    Py_ssize_t n_after = after ? PyObject_Length(after) : -1;
    if (n >= 0 && n_after >= 0) {
        if (n_after != n) {
            l->graph->is_volatile |= !plain;
            l->state->graph_stamp++;
        }
        rc = alc_bind_field_set(l->state, rev, field, after);
    }
    Py_XDECREF(after);
    Py_XDECREF(before);
    Py_XDECREF(set);
    return rc;
}

static PyObject *neighbours(const struct load *l, enum alc_edge_kind kind,
                            uint32_t node)
{
    const struct alc_csr *csr = &l->graph->g.csr[kind];
    uint32_t n = alc_graph_degree(&l->graph->g, kind, node);
    PyObject *ids = PyTuple_New(n);

    for (uint32_t i = 0; ids && i < n; i++) {
        uint32_t to = alc_edge_node(csr->to[csr->start[node] + i]);
        PyTuple_SET_ITEM(ids, i, Py_NewRef(l->arrivals[l->loaded.view_of_node[to]].id));
    }
    return ids;
}

static int put_derived(struct load *l, uint32_t node)
{
    PyObject *rev = l->graph->revs[node];
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < ALC_N_DERIVED; i++) {
        const struct derived_field *derived = &alc_bind_derived[i];
        PyObject *ids = neighbours(l, derived->kind, node);
        rc = ids ? 0 : -1;
        if (rc == 0) {
            rc = derived->is_set
                     ? put_next(l, derived->field, rev, ids)
                     : alc_bind_field_set(l->state, rev, derived->field, ids);
        }
        Py_XDECREF(ids);
    }
    return rc;
}

/* The objects of the graph's nodes.  Nobody can see the graph yet. */
static int put_nodes(struct load *l)
{
    for (uint32_t node = 0; node < l->graph->g.n_nodes; node++) {
        if (alc_bind_graph_keep(l->state, l->graph,
                                l->arrivals[l->loaded.view_of_node[node]].rev) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Give one revision the labels of a set, beside those that it has. */
static int put_labels(struct load *l, PyObject *rev, struct label_sets_object *sets,
                      uint32_t set)
{
    struct revision *plain = alc_bind_plain_revision(l->state, rev);

    if (plain && !plain->field[F_LABELS]) {
        alc_bind_put_label_set(plain, sets, set);
        return 0;
    }
    /* Somebody has set them, to what may be no set. */
    PyObject *labels = alc_bind_field_get(l->state, rev, F_LABELS);
    PyObject *more = labels ? PySet_New(NULL) : NULL;
    PyObject *done = NULL;
    if (more && alc_bind_add_labels_of_set(more, sets, set) == 0) {
        done = PyObject_CallMethod(labels, "update", "(O)", more);
    }
    Py_XDECREF(labels);
    Py_XDECREF(more);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

static struct label_sets_object *make_label_sets(struct load *l)
{
    size_t n = l->graph->g.n_nodes;
    PyObject **own = alc_arena_array(&l->scratch, n, sizeof *own);

    if (!own) {
        PyErr_NoMemory();
        return NULL;
    }
    for (size_t node = 0; node < n; node++) {
        own[node] = l->arrivals[l->loaded.view_of_node[node]].names[LABELS];
    }
    return alc_bind_label_sets_new(l->state, &l->graph->g, own);
}

/* Give each revision the labels of its branch. */
static int put_branch_labels(struct load *l)
{
    struct label_sets_object *sets;
    int rc = 0;

    if (!l->loaded.has_labels) {
        return 0;
    }
    sets = make_label_sets(l);
    if (!sets) {
        return -1;
    }
    for (uint32_t node = 0; rc == 0 && node < l->graph->g.n_nodes; node++) {
        uint32_t set = sets->sets.set_of[node];
        if (set != ALC_NO_NODE) {
            rc = put_labels(l, l->graph->revs[node], sets, set);
        }
    }
    Py_DECREF(sets);
    return rc;
}

/* Ids, then labels, then the base under both of its names. */
static int fill_map(struct load *l, PyObject *map)
{
    const struct alc_graph *g = &l->graph->g;
    PyObject *none = PyTuple_New(0);
    int rc = none ? 0 : -1;

    for (uint32_t node = 0; rc == 0 && node < g->n_nodes; node++) {
        if (!alc_graph_is_shadowed(g, node)) {
            PyObject *id = l->arrivals[l->loaded.view_of_node[node]].id;
            rc = PyDict_SetItem(map, id, l->graph->revs[node]);
        }
    }
    for (uint32_t node = 0; rc == 0 && node < g->n_nodes; node++) {
        PyObject *labels = l->arrivals[l->loaded.view_of_node[node]].names[LABELS];
        for (Py_ssize_t i = 0; rc == 0 && i < PyTuple_GET_SIZE(labels); i++) {
            rc = PyDict_SetItem(map, PyTuple_GET_ITEM(labels, i), l->graph->revs[node]);
        }
    }
    rc = rc == 0 ? PyDict_SetItem(map, Py_None, Py_None) : rc;
    rc = rc == 0 ? PyDict_SetItem(map, none, Py_None) : rc;
    Py_XDECREF(none);
    return rc;
}

static PyObject *give(struct load *l)
{
    PyObject *out = PyTuple_New(1 + ALC_N_ENDS);

    for (size_t e = 0; out && e < ALC_N_ENDS; e++) {
        PyObject *ids = ids_of(l, l->loaded.ends[e], l->loaded.n_ends[e]);
        if (ids) {
            PyTuple_SET_ITEM(out, (Py_ssize_t)e + 1, ids);
        } else {
            Py_CLEAR(out);
        }
    }
    if (out) {
        alc_bind_graph_publish(l->graph);
        PyTuple_SET_ITEM(out, 0, Py_NewRef((PyObject *)l->graph));
    }
    return out;
}

static PyObject *load(struct load *l, PyObject *revisions, PyObject *map)
{
    const struct alc_listener listener = {.tell = tell, .self = l};
    struct alc_error err = {0};
    int rc;

    if (read_revisions(l, revisions) < 0) {
        return NULL;
    }
    rc = alc_load(&l->loaded, &l->graph->g, l->views, l->n, &listener, &err);
    if (rc) {
        return rc == RAISED ? NULL : alc_bind_raise(&err, NULL);
    }
    if (put_nodes(l) < 0) {
        return NULL;
    }
    /* Revisions of another map get new values here: that map has to look again. */
    l->state->graph_stamp += l->graph->has_shared;
    l->graph->stamp = l->state->graph_stamp;
    for (uint32_t node = 0; node < l->graph->g.n_nodes; node++) {
        if (put_derived(l, node) < 0) {
            return NULL;
        }
    }
    return put_branch_labels(l) == 0 && fill_map(l, map) == 0 ? give(l) : NULL;
}

static void release(struct load *l)
{
    for (size_t i = 0; i < l->n; i++) {
        Py_XDECREF(l->arrivals[i].rev);
        Py_XDECREF(l->arrivals[i].id);
        for (size_t sort = 0; sort < N_SORTS; sort++) {
            Py_XDECREF(l->arrivals[i].names[sort]);
        }
    }
    alc_free(l->arrivals);
    alc_arena_release(&l->scratch);
    Py_XDECREF(l->numbers);
    Py_XDECREF(l->graph);
}

PyObject *alc_bind_load_revisions(PyObject *module, PyObject *args)
{
    struct load l = {.state = alc_bind_state(module)};
    PyObject *revisions;
    PyObject *map;
    PyObject *out = NULL;

    if (!PyArg_ParseTuple(args, "OO!O:load_revisions", &revisions, &PyDict_Type, &map,
                          &l.report)) {
        return NULL;
    }
    alc_arena_init(&l.scratch);
    l.numbers = PyDict_New();
    l.graph = l.numbers ? alc_bind_graph_new(l.state) : NULL;
    if (l.graph) {
        /* Nothing made here is garbage yet, and to look for it takes longer than all.
         */
        int collected = PyGC_Disable();
        out = load(&l, revisions, map);
        if (collected) {
            PyGC_Enable();
        }
    }
    release(&l);
    return out;
}
