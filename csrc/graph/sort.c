/*
 * The order of revisions in a plan; graph.h says what it is.
 *
 * The queue of heads is a linked list of slots, numbered in the order in which they
 * joined, so that "first in the queue" means "lowest number".  The question asked at
 * each step is: which is the lowest slot whose head reaches this node?  Answers are
 * kept per node.  They never fall as the sort goes on, since heads only move down and
 * new slots get higher numbers; and an answer holds as long as its slot has not lost a
 * branch (`version`), so most questions are answered without a walk.  When a slot ends
 * at a head that another slot has, all that it reached is the other's (`joined`).
 */
#include "alc/graph.h"

#include <assert.h>
#include <string.h>

#define DEAD UINT32_MAX /* no head reaches the node, nor ever will */
#define NO_SLOT (UINT32_MAX - 1)

struct slot {
    uint32_t head;
    uint32_t version;
    uint32_t prev;
    uint32_t next; /* of a dropped slot: one that was or would be behind it */
    bool is_live;
    uint32_t joined;         /* of a dropped slot: the one it joined, or NO_SLOT */
    uint32_t joined_version; /* the other's at that moment */
};

struct sorter {
    const struct alc_graph *g;
    struct alc_bitset todo;
    struct slot *slots;
    uint32_t n_slots;
    uint32_t first; /* the queue's ends, NO_SLOT when it is empty */
    uint32_t last;
    uint32_t n_live;
    uint32_t *slot_of; /* by node: whose head it is */
    uint32_t *lowest;  /* by node: lowest slot that reaches it, or less */
    uint32_t *as_of;   /* by node: version of that slot when asked */
    struct alc_bitset busy;
    uint32_t *stack;
    uint32_t *next_edge; /* by node on the stack */
    uint32_t *best;      /* by node on the stack */
};

static int sorter_make(struct sorter *s, struct alc_arena *scratch,
                       struct alc_error *err)
{
    size_t n = s->g->n_nodes;
    int rc;

    if ((rc = alc_bitset_make(&s->todo, n, scratch, err)) < 0 ||
        (rc = alc_bitset_make(&s->busy, n, scratch, err)) < 0) {
        return rc;
    }
    s->slots = alc_arena_array(scratch, n, sizeof *s->slots);
    s->slot_of = alc_arena_array(scratch, n, sizeof *s->slot_of);
    s->lowest = alc_arena_calloc(scratch, n, sizeof *s->lowest);
    s->as_of = alc_arena_array(scratch, n, sizeof *s->as_of);
    s->stack = alc_arena_array(scratch, n, sizeof *s->stack);
    s->next_edge = alc_arena_array(scratch, n, sizeof *s->next_edge);
    s->best = alc_arena_array(scratch, n, sizeof *s->best);
    if (!s->slots || !s->slot_of || !s->lowest || !s->as_of || !s->stack ||
        !s->next_edge || !s->best) {
        return alc_error_nomem(err);
    }
    for (size_t i = 0; i < n; i++) {
        s->slot_of[i] = NO_SLOT;
        s->as_of[i] = UINT32_MAX;
    }
    s->first = s->last = NO_SLOT;
    return 0;
}

static void slot_append(struct sorter *s, uint32_t node)
{
    uint32_t id = s->n_slots++;

    s->slots[id] = (struct slot){.head = node,
                                 .prev = s->last,
                                 .next = NO_SLOT,
                                 .is_live = true,
                                 .joined = NO_SLOT};
    if (s->last == NO_SLOT) {
        s->first = id;
    } else {
        s->slots[s->last].next = id;
    }
    s->last = id;
    s->slot_of[node] = id;
    s->n_live++;
}

static void slot_drop(struct sorter *s, uint32_t id, uint32_t joined)
{
    struct slot *slot = &s->slots[id];

    if (slot->prev == NO_SLOT) {
        s->first = slot->next;
    } else {
        s->slots[slot->prev].next = slot->next;
    }
    if (slot->next == NO_SLOT) {
        s->last = slot->prev;
        slot->next = s->n_slots;
    } else {
        s->slots[slot->next].prev = slot->prev;
    }
    slot->is_live = false;
    slot->version++;
    slot->joined = joined;
    slot->joined_version = joined == NO_SLOT ? 0 : s->slots[joined].version;
    s->n_live--;
}

/* The first live slot at or behind a slot; DEAD when there is none. */
static uint32_t live_from(struct sorter *s, uint32_t id)
{
    uint32_t found = id;

    while (found < s->n_slots && !s->slots[found].is_live) {
        found = s->slots[found].next;
    }
    while (id < s->n_slots && !s->slots[id].is_live) {
        uint32_t next = s->slots[id].next;
        s->slots[id].next = found;
        id = next;
    }
    return found < s->n_slots ? found : DEAD;
}

/* The live slot that the node's slot has joined, DEAD if that is not known. */
static uint32_t joined_slot(struct sorter *s, uint32_t node)
{
    uint32_t id = s->lowest[node];
    uint32_t version = s->as_of[node];

    if (id >= s->n_slots || s->slots[id].is_live) {
        return DEAD;
    }
    version++; /* by the drop */
    while (!s->slots[id].is_live) {
        const struct slot *slot = &s->slots[id];
        if (slot->version != version || slot->joined == NO_SLOT) {
            return DEAD;
        }
        version = slot->joined_version;
        id = slot->joined;
        version += !s->slots[id].is_live;
    }
    return s->slots[id].version == version ? id : DEAD;
}

/* Is lowest[node] the answer and not only a lower bound? */
static inline bool is_known(const struct sorter *s, uint32_t node)
{
    uint32_t slot = s->lowest[node];

    return slot == DEAD ||
           (slot < s->n_slots && s->as_of[node] == s->slots[slot].version);
}

static void begin_node(struct sorter *s, uint32_t node)
{
    uint32_t own = s->slot_of[node];

    s->next_edge[node] = s->g->csr[ALC_EDGE_UP].start[node];
    uint32_t joined = joined_slot(s, node);
    s->best[node] = own == NO_SLOT ? DEAD : own;
    if (joined < s->best[node]) {
        s->best[node] = joined;
    }
    alc_bitset_add(&s->busy, node);
}

/*
 * Go on with the children of `node`.  Returns a child that has to be known first, or
 * ALC_NO_NODE when the node is done.
 */
static uint32_t continue_node(struct sorter *s, uint32_t node)
{
    const struct alc_csr *up = &s->g->csr[ALC_EDGE_UP];
    /* DEAD as bound ends the search at once: no slot is left that could reach it. */
    uint32_t bound = live_from(s, s->lowest[node]);

    for (; s->next_edge[node] < up->start[node + 1] && s->best[node] > bound;
         s->next_edge[node]++) {
        uint32_t child = up->to[s->next_edge[node]];
        if (is_known(s, child)) {
            if (s->lowest[child] < s->best[node]) {
                s->best[node] = s->lowest[child];
            }
        } else if (!alc_bitset_has(&s->busy, child)) {
            return child;
        }
    }
    return ALC_NO_NODE;
}

/* The lowest slot whose head is `node` or reaches it, or DEAD. */
static uint32_t lowest_slot(struct sorter *s, uint32_t node)
{
    size_t depth = 0;

    if (is_known(s, node)) {
        return s->lowest[node];
    }
    begin_node(s, node);
    s->stack[depth++] = node;
    while (depth) {
        uint32_t top = s->stack[depth - 1];
        uint32_t child = continue_node(s, top);
        if (child != ALC_NO_NODE) {
            begin_node(s, child);
            s->stack[depth++] = child;
            continue;
        }
        s->lowest[top] = s->best[top];
        s->as_of[top] = s->best[top] == DEAD ? 0 : s->slots[s->best[top]].version;
        alc_bitset_remove(&s->busy, top);
        depth--;
    }
    return s->lowest[node];
}

/* The first slot in the queue whose head reaches `node` from above, or DEAD. */
static uint32_t waits_for(struct sorter *s, uint32_t node)
{
    const struct alc_csr *up = &s->g->csr[ALC_EDGE_UP];
    uint32_t best = DEAD;

    for (uint32_t e = up->start[node]; e < up->start[node + 1] && best > s->first;
         e++) {
        uint32_t slot = lowest_slot(s, up->to[e]);
        if (slot < best) {
            best = slot;
        }
    }
    return best;
}

/*
 * The head of slot `id` has been emitted: its parents take over.
 * Returns the slot to go on with, NO_SLOT when none is left.
 */
static uint32_t advance(struct sorter *s, uint32_t id)
{
    const struct alc_csr *full = &s->g->csr[ALC_EDGE_FULL];
    uint32_t node = s->slots[id].head;
    uint32_t n_parents = full->start[node + 1] - full->start[node];
    uint32_t joined = NO_SLOT;
    bool taken = false;

    s->slot_of[node] = NO_SLOT;
    s->lowest[node] = DEAD;
    for (uint32_t e = full->start[node]; e < full->start[node + 1]; e++) {
        uint32_t parent = full->to[e];
        joined = s->slot_of[parent];
        if (!alc_bitset_has(&s->todo, parent) || joined != NO_SLOT) {
            continue;
        }
        if (taken) {
            slot_append(s, parent);
            continue;
        }
        taken = true;
        s->slots[id].head = parent;
        s->slot_of[parent] = id;
    }
    if (taken) {
        s->slots[id].version += n_parents > 1;
        return id;
    }
    uint32_t before = s->slots[id].prev;
    slot_drop(s, id, n_parents == 1 ? joined : NO_SLOT);
    return before == NO_SLOT ? s->first : before;
}

/* The first heads: those in todo, in node order, and what they reach. */
static int begin(struct sorter *s, const uint32_t *heads, size_t n_heads,
                 struct alc_arena *scratch, struct alc_error *err)
{
    struct alc_bitset set;
    struct alc_bitset reached;
    size_t n = s->g->n_nodes;
    size_t n_first = 0;
    int rc;

    if ((rc = alc_bitset_make(&set, n, scratch, err)) < 0 ||
        (rc = alc_bitset_make(&reached, n, scratch, err)) < 0) {
        return rc;
    }
    for (size_t i = 0; i < n_heads; i++) {
        if (alc_bitset_has(&s->todo, heads[i])) {
            alc_bitset_add(&set, heads[i]);
        }
    }
    uint32_t *ordered = alc_arena_array(scratch, n, sizeof *ordered);
    if (!ordered) {
        return alc_error_nomem(err);
    }
    for (size_t i = alc_bitset_next(&set, 0); i < n; i = alc_bitset_next(&set, i + 1)) {
        ordered[n_first++] = (uint32_t)i;
        slot_append(s, (uint32_t)i);
    }
    rc = alc_graph_reach(&reached, s->g, ALC_EDGE_FULL, ordered, n_first, scratch, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        if (!alc_bitset_has(&reached, i)) {
            s->lowest[i] = DEAD;
        }
    }
    return rc;
}

int alc_graph_sort(uint32_t *out, size_t *n_out, const struct alc_graph *g,
                   const uint32_t *ids, size_t n_ids, const uint32_t *heads,
                   size_t n_heads, struct alc_arena *scratch, struct alc_error *err)
{
    struct sorter s = {.g = g};
    uint32_t n_jumps = 0;

    *n_out = 0;
    int rc = sorter_make(&s, scratch, err);
    if (rc < 0) {
        return rc;
    }
    for (size_t i = 0; i < n_ids; i++) {
        alc_bitset_add(&s.todo, ids[i]);
    }
    rc = begin(&s, heads, n_heads, scratch, err);
    if (rc < 0) {
        return rc;
    }
    for (uint32_t id = s.first; id != NO_SLOT;) {
        uint32_t awaited = waits_for(&s, s.slots[id].head);
        if (awaited != DEAD) {
            /* Slots rise from jump to jump; only a cycle can bring more of them. */
            if (n_jumps++ > s.n_live) {
                break;
            }
            id = awaited;
            continue;
        }
        n_jumps = 0;
        out[(*n_out)++] = s.slots[id].head;
        alc_bitset_remove(&s.todo, s.slots[id].head);
        id = advance(&s, id);
    }
    return 0;
}
