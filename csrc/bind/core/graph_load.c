/*
 * From revisions to a graph, the first time: read what the files say, work out the rest
 * and write it back to the revisions.  graph_read.c is for any later time.
 */
#include "graph.h"

#include "error.h"

/* ---- the first time ---- */

/*
 * What one load has at hand.  `report` is told what is wrong, raises what upstream
 * raises, and returns where upstream only warns.
 */
struct loader {
    struct alc_module_state *state;
    struct graph_object *graph;
    PyObject *arrived; /* list: all revisions in their order, repetitions included */
    PyObject *map;
    PyObject *report;
    PyObject *alias; /* the first label that was written as a down revision */
    bool has_shadowed;
    bool has_labels;
    bool has_deps;
};

/* Tell `report`; -1 when it raised or when this kind of trouble has to raise. */
static int report(struct loader *l, const char *what, PyObject *a, PyObject *b)
{
    PyObject *done =
        PyObject_CallFunction(l->report, "sOO", what, a ? a : Py_None, b ? b : Py_None);

    Py_XDECREF(done);
    return done ? 0 : -1;
}

static int collect(struct loader *l)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(l->arrived); i++) {
        PyObject *rev = PyList_GET_ITEM(l->arrived, i);
        PyObject *id = alc_bind_rev_id(l->state, rev);
        Py_ssize_t n_before = PyDict_GET_SIZE(l->map);
        PyObject *there = id ? PyDict_SetDefault(l->map, id, rev) : NULL;
        int rc = there ? 0 : -1;
        if (rc == 0 && PyDict_GET_SIZE(l->map) == n_before) {
            l->has_shadowed |= there != rev;
            rc = report(l, "duplicate", rev, NULL);
            if (rc == 0) {
                rc = PyDict_SetItem(l->map, id, rev);
            }
        }
        Py_XDECREF(id);
        if (rc < 0) {
            return -1;
        }
    }
    return 0;
}

/* Has the graph a node for this very object already? */
static bool is_known(const struct loader *l, PyObject *rev)
{
    struct revision *plain = alc_bind_plain_revision(l->state, rev);

    return plain && plain->node < l->graph->n_revs &&
           l->graph->revs[plain->node] == rev;
}

static int add_nodes(struct loader *l)
{
    Py_ssize_t pos = 0;
    PyObject *id;
    PyObject *rev;

    while (PyDict_Next(l->map, &pos, &id, &rev)) {
        if (alc_bind_graph_add(l->state, l->graph, rev, id, false) < 0) {
            return -1;
        }
    }
    if (!l->has_shadowed) {
        return 0;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(l->arrived); i++) {
        rev = PyList_GET_ITEM(l->arrived, i);
        id = alc_bind_rev_id(l->state, rev);
        if (!id) {
            return -1;
        }
        int rc = 0;
        if (!is_known(l, rev) && PyDict_GetItemWithError(l->map, id) != rev) {
            rc = alc_bind_graph_add(l->state, l->graph, rev, id, true);
        }
        Py_DECREF(id);
        if (rc < 0 || PyErr_Occurred()) {
            return -1;
        }
    }
    return 0;
}

static int add_label(struct loader *l, PyObject *label, PyObject *rev, uint32_t node)
{
    PyObject *holder = PyDict_GetItemWithError(l->map, label);
    struct alc_error err = {0};
    struct alc_str name;
    PyObject *keep;

    if (PyErr_Occurred()) {
        return -1;
    }
    if (holder) {
        PyObject *pair = PyTuple_Pack(2, rev, holder);
        int rc = pair ? report(l, "label", label, pair) : -1;
        Py_XDECREF(pair);
        return rc;
    }
    if (PyDict_SetItem(l->map, label, rev) < 0) {
        return -1;
    }
    if (!PyUnicode_Check(label)) {
        return 0;
    }
    if (alc_bind_name(&name, &keep, label) < 0) {
        return -1;
    }
    int rc = alc_graph_add_name(&l->graph->g, name.ptr, name.len, node, &err);
    Py_XDECREF(keep);
    return rc < 0 ? alc_bind_fail(&err) : 0;
}

static int add_labels(struct loader *l)
{
    for (uint32_t node = 0; node < l->graph->n_revs; node++) {
        PyObject *rev = l->graph->revs[node];
        struct revision *plain = alc_bind_plain_revision(l->state, rev);
        if (plain && plain->field[F_ORIG_LABELS] &&
            PyTuple_CheckExact(plain->field[F_ORIG_LABELS]) &&
            PyTuple_GET_SIZE(plain->field[F_ORIG_LABELS]) == 0) {
            continue;
        }
        PyObject *labels = alc_bind_optional_tuple(l->state, rev, F_ORIG_LABELS);
        int rc = labels ? 0 : -1;
        for (Py_ssize_t i = 0; rc == 0 && i < PyTuple_GET_SIZE(labels); i++) {
            l->has_labels = true;
            rc = add_label(l, PyTuple_GET_ITEM(labels, i), rev, node);
        }
        Py_XDECREF(labels);
        if (rc < 0) {
            return -1;
        }
    }
    return 0;
}

/* Resolve one dependency: the id that it stands for (new reference) and its edge. */
static PyObject *resolve_dependency(struct loader *l, PyObject *name, uint32_t from)
{
    PyObject *rev = PyDict_GetItemWithError(l->map, name);

    if (!rev) {
        if (!PyErr_Occurred()) {
            report(l, "missing dependency", name, l->graph->revs[from]);
        }
        return NULL;
    }
    Py_INCREF(rev); /* asked for its id, it may take itself out of the map */
    PyObject *id = alc_bind_rev_id(l->state, rev);
    Py_DECREF(rev);
    uint32_t to;
    if (!id || alc_bind_graph_edge_to(&to, l->graph, id) < 0 ||
        (to != ALC_NO_NODE &&
         alc_bind_graph_add_edge(l->graph, ALC_EDGE_DEP, from, to) < 0)) {
        Py_XDECREF(id);
        return NULL;
    }
    return id;
}

static int add_dependencies(struct loader *l)
{
    for (uint32_t node = 0; node < l->graph->n_revs; node++) {
        PyObject *rev = l->graph->revs[node];
        PyObject *names = alc_bind_field_tuple(l->state, rev, F_DEPENDENCIES);
        PyObject *ids = names ? PyTuple_New(PyTuple_GET_SIZE(names)) : NULL;
        int rc = ids ? 0 : -1;
        for (Py_ssize_t i = 0; rc == 0 && i < PyTuple_GET_SIZE(names); i++) {
            PyObject *id = resolve_dependency(l, PyTuple_GET_ITEM(names, i), node);
            if (id) {
                l->has_deps = true;
                PyTuple_SET_ITEM(ids, i, id);
            }
            rc = id ? 0 : -1;
        }
        if (rc == 0) {
            rc = alc_bind_field_set(l->state, rev, F_RESOLVED, ids);
        }
        Py_XDECREF(ids);
        Py_XDECREF(names);
        if (rc < 0) {
            return -1;
        }
    }
    return 0;
}

/* Does a key of the map, id or label, lead to the node? */
static bool is_in_map(const struct loader *l, uint32_t node)
{
    const struct alc_graph *g = &l->graph->g;

    for (uint32_t name = 0; name < g->names.n_strs; name++) {
        if (g->node_of_name[name] == node) {
            return true;
        }
    }
    return false;
}

static int add_down(struct loader *l, uint32_t node, PyObject *name)
{
    uint32_t to;

    if (alc_bind_graph_edge_to(&to, l->graph, name) < 0) {
        return -1;
    }
    if (to == ALC_NO_NODE) {
        return report(l, is_in_map(l, node) ? "missing" : "missing dependency", name,
                      l->graph->revs[node]);
    }
    if (to & ALC_EDGE_ALIAS && !l->alias) {
        l->alias = Py_NewRef(name);
    }
    return alc_bind_graph_add_edge(l->graph, ALC_EDGE_DOWN, node, to);
}

static int add_downs(struct loader *l)
{
    for (uint32_t node = 0; node < l->graph->n_revs; node++) {
        PyObject *rev = l->graph->revs[node];
        PyObject *down = alc_bind_field_get(l->state, rev, F_DOWN);
        int rc = down ? 0 : -1;
        if (rc == 0 && PyUnicode_Check(down)) {
            rc = add_down(l, node, down);
        } else if (rc == 0 && down != Py_None) {
            PyObject *names = alc_bind_to_tuple(down);
            rc = names ? 0 : -1;
            for (Py_ssize_t i = 0; rc == 0 && i < PyTuple_GET_SIZE(names); i++) {
                rc = add_down(l, node, PyTuple_GET_ITEM(names, i));
            }
            Py_XDECREF(names);
        }
        Py_XDECREF(down);
        if (rc < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- the first time: what follows ---- */

/* The ids of a node's neighbours as a tuple. */
static PyObject *neighbour_ids(const struct loader *l, enum alc_edge_kind kind,
                               uint32_t node)
{
    const struct alc_csr *csr = &l->graph->g.csr[kind];
    uint32_t n = alc_graph_degree(&l->graph->g, kind, node);
    PyObject *ids = PyTuple_New(n);

    for (uint32_t i = 0; ids && i < n; i++) {
        uint32_t to = alc_edge_node(csr->to[csr->start[node] + i]);
        PyObject *id = alc_bind_rev_id(l->state, l->graph->revs[to]);
        if (id) {
            PyTuple_SET_ITEM(ids, i, id);
        } else {
            Py_CLEAR(ids);
        }
    }
    return ids;
}

/* F_NEXT or F_ALL_NEXT; what an earlier map left there stays. */
static int put_next(struct loader *l, enum revision_field field, PyObject *rev,
                    PyObject *ids)
{
    struct revision *plain = alc_bind_plain_revision(l->state, rev);
    PyObject *before = NULL;
    PyObject *after = NULL;
    PyObject *set;

    if (plain && !plain->field[field] && PyTuple_GET_SIZE(ids) < 2) {
        return PyTuple_GET_SIZE(ids) == 0
                   ? 0
                   : alc_bind_field_set(l->state, rev, field, PyTuple_GET_ITEM(ids, 0));
    }
    set = PyFrozenSet_New(ids);
    if (set && (!plain || plain->field[field])) {
        before = alc_bind_field_get(l->state, rev, field);
        after = before ? PyNumber_Or(set, before) : NULL;
        Py_ssize_t n_after = after ? PyObject_Length(after) : -1;
        if (n_after < 0) {
            Py_CLEAR(after);
        } else if (n_after != PyObject_Length(set)) {
            l->graph->is_volatile |= !plain;
            l->state->graph_stamp++;
        }
        Py_XDECREF(before);
        Py_SETREF(set, after);
    }
    int rc = set ? alc_bind_field_set(l->state, rev, field, set) : -1;
    Py_XDECREF(set);
    return rc;
}

static int write_back(struct loader *l)
{
    const struct alc_graph *g = &l->graph->g;

    for (uint32_t node = 0; node < g->n_nodes; node++) {
        PyObject *rev = l->graph->revs[node];
        PyObject *normalized = neighbour_ids(l, ALC_EDGE_NDEP, node);
        PyObject *next = normalized ? neighbour_ids(l, ALC_EDGE_NEXT, node) : NULL;
        PyObject *all = next;
        Py_XINCREF(next);
        if (next && alc_graph_degree(g, ALC_EDGE_ALL_NEXT, node) !=
                        alc_graph_degree(g, ALC_EDGE_NEXT, node)) {
            Py_SETREF(all, neighbour_ids(l, ALC_EDGE_ALL_NEXT, node));
        }
        int rc = -1;
        if (all && alc_bind_field_set(l->state, rev, F_NORMALIZED, normalized) == 0 &&
            put_next(l, F_NEXT, rev, next) == 0) {
            rc = put_next(l, F_ALL_NEXT, rev, all);
        }
        Py_XDECREF(normalized);
        Py_XDECREF(next);
        Py_XDECREF(all);
        if (rc < 0) {
            return -1;
        }
    }
    return 0;
}

/* The seeds of all label sets: lists, filled when all are there. */
static PyObject *make_seeds(struct loader *l, const struct alc_label_sets *sets)
{
    PyObject *none = PyTuple_New(0);
    PyObject *seeds = none ? PyList_New((Py_ssize_t)sets->n_sets) : NULL;

    for (size_t i = 0; seeds && i < sets->n_sets; i++) {
        PyObject *own =
            sets->own[i] == ALC_NO_NODE
                ? Py_NewRef(none)
                : alc_bind_optional_tuple(l->state, l->graph->revs[sets->own[i]],
                                          F_ORIG_LABELS);
        PyObject *seed = own ? PyList_New(1) : NULL;
        if (!seed) {
            Py_XDECREF(own);
            Py_CLEAR(seeds);
            break;
        }
        PyList_SET_ITEM(seed, 0, own);
        PyList_SET_ITEM(seeds, (Py_ssize_t)i, seed);
    }
    for (size_t i = 0; seeds && i < sets->n_sets; i++) {
        for (uint32_t p = sets->part.start[i]; p < sets->part.start[i + 1]; p++) {
            PyObject *part = PyList_GET_ITEM(seeds, (Py_ssize_t)sets->part.to[p]);
            if (PyList_Append(PyList_GET_ITEM(seeds, (Py_ssize_t)i), part) < 0) {
                Py_CLEAR(seeds);
                break;
            }
        }
    }
    Py_XDECREF(none);
    return seeds;
}

/* Give one revision the labels of a seed, beside those that it has. */
static int put_labels(struct loader *l, PyObject *rev, PyObject *seed)
{
    struct revision *plain = alc_bind_plain_revision(l->state, rev);

    if (plain && !plain->field[F_LABELS]) {
        plain->field[F_LABELS] = Py_NewRef(seed);
        plain->labels_are_seed = true;
        return 0;
    }
    /* Somebody has set them, to what may be no set. */
    PyObject *labels = alc_bind_field_get(l->state, rev, F_LABELS);
    PyObject *more = labels ? PySet_New(NULL) : NULL;
    PyObject *done = NULL;
    if (more && alc_bind_add_seed_labels(more, seed) == 0) {
        done = PyObject_CallMethod(labels, "update", "(O)", more);
    }
    Py_XDECREF(labels);
    Py_XDECREF(more);
    Py_XDECREF(done);
    return done ? 0 : -1;
}

static int spread_labels(struct loader *l)
{
    const struct alc_graph *g = &l->graph->g;
    struct alc_arena *scratch = &l->graph->scratch;
    struct alc_label_sets sets;
    struct alc_bitset labelled;
    struct alc_error err = {0};

    if (alc_bitset_make(&labelled, g->n_nodes, scratch, &err) < 0) {
        return alc_bind_fail(&err);
    }
    for (uint32_t node = 0; node < g->n_nodes; node++) {
        PyObject *own =
            alc_bind_optional_tuple(l->state, l->graph->revs[node], F_ORIG_LABELS);
        if (!own) {
            return -1;
        }
        if (PyTuple_GET_SIZE(own)) {
            alc_bitset_add(&labelled, node);
        }
        Py_DECREF(own);
    }
    if (alc_graph_labels(&sets, g, &labelled, scratch, &err) < 0) {
        return alc_bind_fail(&err);
    }
    PyObject *seeds = make_seeds(l, &sets);
    int rc = seeds ? 0 : -1;
    for (uint32_t node = 0; rc == 0 && node < g->n_nodes; node++) {
        if (sets.set_of[node] != ALC_NO_NODE) {
            PyObject *seed = PyList_GET_ITEM(seeds, (Py_ssize_t)sets.set_of[node]);
            rc = put_labels(l, l->graph->revs[node], seed);
        }
    }
    Py_XDECREF(seeds);
    return rc;
}

/* ---- the first time: ends and cycles ---- */

/* Nodes at one end of the graph, in the order of arrival, and their ids. */
struct end {
    uint32_t *nodes;
    size_t n;
    PyObject *ids;
};

/* Which node an arrived revision is.  Returns 0 or -1. */
static int node_of_arrived(uint32_t *out, struct loader *l, PyObject *rev)
{
    if (alc_bind_graph_find(out, l->state, l->graph, rev) < 0) {
        return -1;
    }
    if (*out == ALC_NO_NODE) {
        PyErr_Format(PyExc_RuntimeError, "%R has changed while its map was loaded",
                     rev);
        return -1;
    }
    return 0;
}

static bool is_end(const struct loader *l, uint32_t node, enum alc_edge_kind kind)
{
    return alc_graph_degree(&l->graph->g, kind, node) == 0;
}

static int end_make(struct end *end, struct loader *l)
{
    size_t n = (size_t)PyList_GET_SIZE(l->arrived);

    end->n = 0;
    end->ids = PyList_New(0);
    end->nodes = alc_arena_array(&l->graph->scratch, n, sizeof *end->nodes);
    if (!end->nodes) {
        PyErr_NoMemory();
    }
    return end->ids && end->nodes ? 0 : -1;
}

static int end_add(struct end *end, uint32_t node, PyObject *id)
{
    end->nodes[end->n++] = node;
    return PyList_Append(end->ids, id);
}

/* heads, real heads, bases, real bases */
enum { HEADS, REAL_HEADS, BASES, REAL_BASES, N_ENDS };

static int find_ends(struct loader *l, struct end *ends)
{
    struct alc_bitset seen;
    struct alc_error err = {0};

    if (alc_bitset_make(&seen, l->graph->g.n_nodes, &l->graph->scratch, &err) < 0) {
        return alc_bind_fail(&err);
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(l->arrived); i++) {
        PyObject *rev = PyList_GET_ITEM(l->arrived, i);
        PyObject *id = alc_bind_rev_id(l->state, rev);
        uint32_t node;
        if (!id || node_of_arrived(&node, l, rev) < 0) {
            Py_XDECREF(id);
            return -1;
        }
        bool again = alc_bitset_test_add(&seen, node);
        bool no_down = is_end(l, node, ALC_EDGE_DOWN);
        const bool belongs[N_ENDS] = {
            [HEADS] = !again && is_end(l, node, ALC_EDGE_NEXT),
            [REAL_HEADS] = !again && is_end(l, node, ALC_EDGE_ALL_NEXT),
            [BASES] = no_down,
            [REAL_BASES] = no_down && is_end(l, node, ALC_EDGE_DEP),
        };
        int rc = 0;
        for (size_t e = 0; rc == 0 && e < N_ENDS; e++) {
            if (belongs[e]) {
                rc = end_add(&ends[e], node, id);
            }
        }
        Py_DECREF(id);
        if (rc < 0) {
            return -1;
        }
    }
    return 0;
}

static int report_cycle(struct loader *l, bool with_deps, const uint32_t *nodes,
                        size_t n)
{
    PyObject *ids = PyList_New(0);
    int rc = ids ? 0 : -1;

    for (size_t i = 0; rc == 0 && i < n; i++) {
        uint32_t node = nodes ? nodes[i] : (uint32_t)i;
        if (alc_graph_is_shadowed(&l->graph->g, node)) {
            continue;
        }
        PyObject *id = alc_bind_rev_id(l->state, l->graph->revs[node]);
        rc = id ? PyList_Append(ids, id) : -1;
        Py_XDECREF(id);
    }
    if (rc == 0 && nodes) {
        rc = PyList_Sort(ids);
    }
    if (rc == 0) {
        rc = report(l, with_deps ? "dependency cycle" : "cycle", ids, NULL);
    }
    Py_XDECREF(ids);
    return rc;
}

static int check_cycles(struct loader *l, bool with_deps, const struct end *heads,
                        const struct end *bases)
{
    const struct alc_graph *g = &l->graph->g;
    struct alc_error err = {0};
    uint32_t *off;
    size_t n_off;

    if (!g->n_nodes) {
        return 0;
    }
    if (!heads->n || !bases->n) {
        return report_cycle(l, with_deps, NULL, g->n_nodes);
    }
    if (l->alias) {
        PyErr_SetObject(PyExc_KeyError, l->alias);
        return -1;
    }
    if (with_deps && !l->has_deps) {
        return 0; /* the answer is that without dependencies */
    }
    int rc = alc_graph_off_path(&off, &n_off, g, with_deps, heads->nodes, heads->n,
                                bases->nodes, bases->n, &l->graph->scratch, &err);
    if (rc < 0) {
        return alc_bind_fail(&err);
    }
    return n_off ? report_cycle(l, with_deps, off, n_off) : 0;
}

/* The base, under both of its names. */
static int add_base_keys(struct loader *l)
{
    PyObject *none = PyTuple_New(0);
    int rc = none ? PyDict_SetItem(l->map, Py_None, Py_None) : -1;

    if (rc == 0) {
        rc = PyDict_SetItem(l->map, none, Py_None);
    }
    Py_XDECREF(none);
    return rc;
}

/* All steps in upstream's order, which decides what is complained about first. */
static PyObject *load(struct loader *l)
{
    struct end ends[N_ENDS] = {0};
    struct alc_error err = {0};
    PyObject *out = NULL;
    bool ok = collect(l) == 0 && add_nodes(l) == 0 && add_labels(l) == 0 &&
              add_dependencies(l) == 0 && add_downs(l) == 0;

    if (ok && alc_graph_derive(&l->graph->g, &err) < 0) {
        ok = alc_bind_fail(&err) == 0;
    }
    ok = ok && alc_bind_graph_freeze(l->graph) == 0;
    for (size_t e = 0; ok && e < N_ENDS; e++) {
        ok = end_make(&ends[e], l) == 0;
    }
    /* Revisions of another map get new values here: that map has to look again. */
    l->state->graph_stamp += l->graph->has_shared;
    l->graph->stamp = l->state->graph_stamp;
    ok = ok && find_ends(l, ends) == 0 && write_back(l) == 0 &&
         (!l->has_labels || spread_labels(l) == 0) &&
         check_cycles(l, false, &ends[HEADS], &ends[BASES]) == 0 &&
         check_cycles(l, true, &ends[REAL_HEADS], &ends[REAL_BASES]) == 0 &&
         add_base_keys(l) == 0;
    for (size_t e = 0; ok && e < N_ENDS; e++) {
        Py_SETREF(ends[e].ids, PyList_AsTuple(ends[e].ids));
        ok = ends[e].ids != NULL;
    }
    if (ok) {
        out = Py_BuildValue("OOOOO", l->graph, ends[HEADS].ids, ends[REAL_HEADS].ids,
                            ends[BASES].ids, ends[REAL_BASES].ids);
    }
    for (size_t e = 0; e < N_ENDS; e++) {
        Py_XDECREF(ends[e].ids);
    }
    return out;
}

PyObject *alc_bind_load_revisions(PyObject *module, PyObject *args)
{
    struct loader l = {.state = alc_bind_state(module)};
    PyObject *revisions;
    PyObject *out = NULL;

    if (!PyArg_ParseTuple(args, "OO!O:load_revisions", &revisions, &PyDict_Type, &l.map,
                          &l.report)) {
        return NULL;
    }
    l.arrived = PySequence_List(revisions);
    l.graph = l.arrived ? alc_bind_graph_new(l.state) : NULL;
    if (l.graph) {
        /* Nothing made here is garbage yet, and to look for it takes longer than all.
         */
        int collected = PyGC_Disable();
        out = load(&l);
        if (collected) {
            PyGC_Enable();
        }
        alc_arena_reset(&l.graph->scratch);
    }
    Py_XDECREF(l.alias);
    Py_XDECREF(l.arrived);
    Py_XDECREF(l.graph);
    return out;
}
