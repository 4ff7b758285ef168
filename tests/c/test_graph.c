/*
 * The revision graph.  Graphs are written in one line: revisions separated by blanks,
 * each `id:down,down|dep,dep`; both lists may be missing.  Answers are ids, too.
 */
#include "harness.h"

#include <stdint.h>

#include "alc/graph.h"

enum { MAX_NODES = 64, TEXT_LEN = 1024 };

/* ---- reading and writing ---- */

static size_t token_len(const char *text, const char *ends)
{
    return strcspn(text, ends);
}

static int add_edges(struct alc_graph *g, uint32_t node, enum alc_edge_kind kind,
                     const char **at, struct alc_error *err)
{
    while (**at && **at != ' ' && **at != '|') {
        size_t len = token_len(*at, ",| ");
        uint32_t to = alc_graph_find_edge(g, *at, len);
        if (to == ALC_NO_NODE) {
            return alc_error_set(err, ALC_E_NOTFOUND, node, "no such revision");
        }
        int rc = alc_graph_add_edge(g, kind, node, to, err);
        if (rc < 0) {
            return rc;
        }
        *at += len + ((*at)[len] == ',');
    }
    return 0;
}

/* Nodes first, so that edges may point ahead; a repeated id is a shadowed node. */
static int read_nodes(struct alc_graph *g, const char *text, struct alc_error *err)
{
    for (const char *at = text; *at; at += token_len(at, " "), at += *at == ' ') {
        size_t len = token_len(at, ": ");
        bool shadowed = alc_graph_find(g, at, len) != ALC_NO_NODE;
        uint32_t node;
        int rc = alc_graph_add_node(&node, g, at, len, shadowed, err);
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

static int read_edges(struct alc_graph *g, const char *text, struct alc_error *err)
{
    uint32_t node = 0;
    int rc = 0;

    for (const char *at = text; rc == 0 && *at; node++) {
        at += token_len(at, ": ");
        at += *at == ':';
        rc = add_edges(g, node, ALC_EDGE_DOWN, &at, err);
        at += *at == '|';
        if (rc == 0) {
            rc = add_edges(g, node, ALC_EDGE_DEP, &at, err);
        }
        at += *at == ' ';
    }
    return rc;
}

static int read_graph(struct alc_graph *g, const char *text, struct alc_error *err)
{
    int rc = read_nodes(g, text, err);

    if (rc == 0) {
        rc = read_edges(g, text, err);
    }
    if (rc == 0) {
        rc = alc_graph_derive(g, err);
    }
    return rc == 0 ? alc_graph_freeze(g, err) : rc;
}

static size_t read_ids(uint32_t *out, const struct alc_graph *g, const char *text)
{
    size_t n = 0;

    for (const char *at = text; *at; at += token_len(at, " "), at += *at == ' ') {
        out[n] = alc_graph_find(g, at, token_len(at, " "));
        CHECK(out[n] != ALC_NO_NODE && n < MAX_NODES - 1);
        n++;
    }
    return n;
}

static const char *write_ids(char *out, const struct alc_graph *g,
                             const uint32_t *nodes, size_t n)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        struct alc_str id = alc_interner_str(&g->names, g->name_of_node[nodes[i]]);
        len += (size_t)snprintf(out + len, TEXT_LEN - len, "%s%.*s", i ? " " : "",
                                (int)id.len, id.ptr);
    }
    return out;
}

static void check_text(const char *found, const char *expected, const char *what)
{
    if (!CHECK(strcmp(found, expected) == 0)) {
        printf("\n    %s\n    found    %s\n    expected %s", what, found, expected);
    }
}

/* The neighbours of all nodes: `a=b,c` for each that has some. */
static const char *write_table(char *out, const struct alc_graph *g,
                               enum alc_edge_kind kind)
{
    size_t len = 0;

    out[0] = '\0';
    for (uint32_t node = 0; node < g->n_nodes; node++) {
        const struct alc_csr *csr = &g->csr[kind];
        for (uint32_t e = csr->start[node]; e < csr->start[node + 1]; e++) {
            uint32_t ends[2] = {node, alc_edge_node(csr->to[e])};
            struct alc_str ids[2];
            for (size_t i = 0; i < 2; i++) {
                ids[i] = alc_interner_str(&g->names, g->name_of_node[ends[i]]);
            }
            bool first = e == csr->start[node];
            len += (size_t)snprintf(out + len, TEXT_LEN - len, "%s%.*s%s%.*s",
                                    first && len ? " " : "",
                                    first ? (int)ids[0].len : 0, ids[0].ptr,
                                    first ? "=" : ",", (int)ids[1].len, ids[1].ptr);
        }
    }
    return out;
}

/* ---- edges ---- */

static void test_derive(void)
{
    static const struct {
        const char *graph;
        const char *next;
        const char *all_next;
        const char *ndep;
        const char *full;
    } cases[] = {
        {"", "", "", "", ""},
        {"a", "", "", "", ""},
        {"a b:a c:a d:b,c", "a=b,c b=d c=d", "a=b,c b=d c=d", "", "b=a c=a d=b,c"},
        {"d:b b:a a", "b=d a=b", "b=d a=b", "", "d=b b=a"},
        /* a dependency counts where labels and heads do not */
        {"a b c:b|a", "b=c", "a=c b=c", "c=a", "c=b,a"},
        /* the same neighbour twice */
        {"a b:a,a|a,a", "a=b", "a=b", "b=a,a", "b=a"},
        /* a3 comes with b2 already */
        {"a3 b1 b2:b1|a3 b3:b2 b4:b3|a3", "b1=b2 b2=b3 b3=b4",
         "a3=b2,b4 b1=b2 b2=b3 b3=b4", "b2=a3", "b2=b1,a3 b3=b2 b4=b3"},
        /* but not with an ancestor by dependency */
        {"x y:|x z:|y,x", "", "x=y,z y=z", "y=x z=y,x", "y=x z=y,x"},
        /* shadowed: the first b is lost, yet keeps its own parents */
        {"a c b:a b:c", "a=b", "a=b", "", "b=a b=c"},
        /* a circle: nothing comes with itself */
        {"x a:c|x b:a c:b", "a=b b=c c=a", "x=a a=b b=c c=a", "a=x", "a=c,x b=a c=b"},
        {"x a:c|x b:a c:b|x", "a=b b=c c=a", "x=a,c a=b b=c c=a", "", "a=c b=a c=b"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_error err = {0};
        struct alc_graph g;
        char text[TEXT_LEN];

        alc_graph_init(&g);
        CHECK(read_graph(&g, cases[i].graph, &err) == 0);
        check_text(write_table(text, &g, ALC_EDGE_NEXT), cases[i].next, cases[i].graph);
        check_text(write_table(text, &g, ALC_EDGE_ALL_NEXT), cases[i].all_next,
                   cases[i].graph);
        check_text(write_table(text, &g, ALC_EDGE_NDEP), cases[i].ndep, cases[i].graph);
        check_text(write_table(text, &g, ALC_EDGE_FULL), cases[i].full, cases[i].graph);
        alc_graph_release(&g);
    }
}

/* More dependencies shared than fit into one word of bits. */
static void test_many_dependencies(void)
{
    enum { N = 200 };
    struct alc_error err = {0};
    struct alc_graph g;
    char name[16];
    uint32_t node;

    alc_graph_init(&g);
    for (uint32_t i = 0; i < N + 2; i++) {
        int len = snprintf(name, sizeof name, "n%u", (unsigned)i);
        CHECK(alc_graph_add_node(&node, &g, name, (size_t)len, false, &err) == 0);
    }
    for (uint32_t i = 0; i < N; i++) {
        CHECK(alc_graph_add_edge(&g, ALC_EDGE_DEP, N, i, &err) == 0);
    }
    for (uint32_t i = 0; i < N; i += 3) {
        CHECK(alc_graph_add_edge(&g, ALC_EDGE_DEP, N + 1, i, &err) == 0);
    }
    CHECK(alc_graph_add_edge(&g, ALC_EDGE_DOWN, N + 1, N, &err) == 0);
    CHECK(alc_graph_derive(&g, &err) == 0 && alc_graph_freeze(&g, &err) == 0);
    CHECK(alc_graph_degree(&g, ALC_EDGE_NDEP, N) == N);
    CHECK(alc_graph_degree(&g, ALC_EDGE_NDEP, N + 1) == 0);
    alc_graph_release(&g);
}

static void test_names(void)
{
    struct alc_error err = {0};
    struct alc_graph g;
    uint32_t a;
    uint32_t b;

    alc_graph_init(&g);
    CHECK(alc_graph_find(&g, "a", 1) == ALC_NO_NODE);
    CHECK(alc_graph_add_node(&a, &g, "a", 1, false, &err) == 0);
    CHECK(alc_graph_add_node(&b, &g, "a\0b", 3, false, &err) == 0);
    CHECK(a == 0 && b == 1 && alc_graph_find(&g, "a\0b", 3) == b);
    CHECK(alc_graph_add_node(&b, &g, "a", 1, false, &err) == ALC_E_INVALID && b == a);
    CHECK(alc_graph_add_node(&b, &g, "a", 1, true, &err) == 0 && b == 2);
    CHECK(alc_graph_is_shadowed(&g, 2) && !alc_graph_is_shadowed(&g, 0));
    CHECK(alc_graph_add_name(&g, "label", 5, 1, &err) == 0);
    CHECK(alc_graph_add_name(&g, "label", 5, 0, &err) == ALC_E_INVALID && err.pos == 1);
    CHECK(alc_graph_find_edge(&g, "label", 5) == (1 | ALC_EDGE_ALIAS));
    CHECK(alc_graph_find_edge(&g, "a", 1) == 0);
    CHECK(alc_graph_find_edge(&g, "", 0) == ALC_NO_NODE);
    alc_graph_release(&g);
}

/* ---- walks ---- */

static void test_walk(void)
{
    static const struct {
        const char *graph;
        enum alc_edge_kind kind;
        enum alc_edge_kind kind_at_targets;
        const char *targets;
        const char *walked;
        const char *overlap; /* target and the targets below it */
    } cases[] = {
        {"a b:a c:b", ALC_EDGE_DOWN, ALC_EDGE_DOWN, "c", "c b a", ""},
        {"a b:a c:a d:b,c", ALC_EDGE_DOWN, ALC_EDGE_DOWN, "d", "d c a b", ""},
        {"a b:a c:a d:b,c", ALC_EDGE_NEXT, ALC_EDGE_NEXT, "a", "a c d b", ""},
        {"a b:a c:b", ALC_EDGE_DOWN, ALC_EDGE_DOWN, "a c", "a c b", "c a"},
        {"a b:a c:b", ALC_EDGE_DOWN, ALC_EDGE_DOWN, "c b a", "c b a", "c b a"},
        {"a b:a c:b", ALC_EDGE_DOWN, ALC_EDGE_DOWN, "c c", "c b a", ""},
        {"a b c:b|a", ALC_EDGE_DOWN, ALC_EDGE_DOWN, "c", "c b", ""},
        {"a b c:b|a", ALC_EDGE_FULL, ALC_EDGE_FULL, "c", "c a b", ""},
        {"a b:|a c:b|a", ALC_EDGE_ALL_NEXT, ALC_EDGE_NEXT, "a", "a", ""},
        {"a b:|a c:b d:|c", ALC_EDGE_ALL_NEXT, ALC_EDGE_NEXT, "b", "b c d", ""},
        {"a:b b:a", ALC_EDGE_DOWN, ALC_EDGE_DOWN, "a", "a b", ""},
        {"a", ALC_EDGE_DOWN, ALC_EDGE_DOWN, "", "", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct alc_walk how = {cases[i].kind, cases[i].kind_at_targets, true};
        struct alc_walk_result result;
        struct alc_arena scratch;
        struct alc_error err = {0};
        struct alc_graph g;
        uint32_t targets[MAX_NODES];
        uint32_t overlap[MAX_NODES];
        char text[TEXT_LEN];
        size_t n = 0;

        alc_graph_init(&g);
        alc_arena_init(&scratch);
        CHECK(read_graph(&g, cases[i].graph, &err) == 0);
        size_t n_targets = read_ids(targets, &g, cases[i].targets);
        CHECK(alc_graph_walk(&result, &g, &how, targets, n_targets, &scratch, &err) ==
              0);
        check_text(write_ids(text, &g, result.nodes, result.n_nodes), cases[i].walked,
                   cases[i].graph);
        if (result.target != ALC_NO_NODE) {
            overlap[n++] = result.target;
        }
        for (size_t o = 0; o < result.n_overlaps; o++) {
            overlap[n++] = result.overlaps[o];
        }
        check_text(write_ids(text, &g, overlap, n), cases[i].overlap, cases[i].graph);
        alc_arena_release(&scratch);
        alc_graph_release(&g);
    }
}

static void test_broken_map(void)
{
    const struct alc_walk how = {ALC_EDGE_FULL, ALC_EDGE_FULL, false};
    struct alc_walk_result result;
    struct alc_arena scratch;
    struct alc_error err = {0};
    struct alc_graph g;
    struct alc_bitset set;
    uint32_t b = 1;
    uint32_t node;
    uint32_t out[2];
    size_t n;

    alc_graph_init(&g);
    alc_arena_init(&scratch);
    CHECK(alc_graph_add_node(&node, &g, "a", 1, false, &err) == 0);
    CHECK(alc_graph_add_node(&node, &g, "b", 1, false, &err) == 0);
    CHECK(alc_graph_add_name(&g, "x", 1, 0, &err) == 0);
    CHECK(alc_graph_add_edge(&g, ALC_EDGE_DOWN, b, alc_graph_find_edge(&g, "x", 1),
                             &err) == 0);
    CHECK(alc_graph_freeze(&g, &err) == 0);
    CHECK(alc_bitset_make(&set, g.n_nodes, &scratch, &err) == 0);
    CHECK(alc_graph_reach(&set, &g, ALC_EDGE_DOWN, &b, 1, &scratch, &err) ==
          ALC_E_INVALID);
    CHECK(strstr(err.msg, "broken map") != NULL && err.pos == 0);
    CHECK(alc_graph_walk(&result, &g, &how, &b, 1, &scratch, &err) == ALC_E_INVALID);
    CHECK(alc_graph_sort(out, &n, &g, &b, 1, &b, 1, &scratch, &err) == ALC_E_INVALID);
    alc_arena_release(&scratch);
    alc_graph_release(&g);
}

static void test_off_path(void)
{
    static const struct {
        const char *graph;
        bool with_deps;
        const char *heads;
        const char *bases;
        const char *off;
    } cases[] = {
        {"a b:a c:b", false, "c", "a", ""},
        {"z a:c b:a c:b y", false, "z y", "z y", "a b c"},
        {"a b:a,e c:b d:c e:d f", false, "f", "a f", "a b c d e"},
        {"a b:a c:b d:c e f:e", true, "d f", "a e", ""},
        {"z a:|c b:a c:b", true, "z", "z", "a b c"},
        /* the lost b is a head, and b is on the way to it by name */
        {"a b:a c:b d:c b:d", false, "b d", "a", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_arena scratch;
        struct alc_error err = {0};
        struct alc_graph g;
        uint32_t heads[MAX_NODES];
        uint32_t bases[MAX_NODES];
        uint32_t *off;
        char text[TEXT_LEN];
        size_t n_off;

        alc_graph_init(&g);
        alc_arena_init(&scratch);
        CHECK(read_graph(&g, cases[i].graph, &err) == 0);
        size_t n_heads = read_ids(heads, &g, cases[i].heads);
        size_t n_bases = read_ids(bases, &g, cases[i].bases);
        CHECK(alc_graph_off_path(&off, &n_off, &g, cases[i].with_deps, heads, n_heads,
                                 bases, n_bases, &scratch, &err) == 0);
        check_text(write_ids(text, &g, off, n_off), cases[i].off, cases[i].graph);
        alc_arena_release(&scratch);
        alc_graph_release(&g);
    }
}

static void test_reach_back(void)
{
    static const struct {
        enum alc_edge_kind kind;
        const char *targets;
        bool strict;
        const char *found;
    } cases[] = {
        {ALC_EDGE_DOWN, "b", false, "b d"},
        {ALC_EDGE_DOWN, "b", true, "d"},
        {ALC_EDGE_DOWN, "b d", true, "d"},
        {ALC_EDGE_NEXT, "d", true, "a b c"},
        {ALC_EDGE_FULL, "a", false, "a b c d e"},
        {ALC_EDGE_DOWN, "a", false, "a b c d"},
    };
    struct alc_error err = {0};
    struct alc_graph g;

    alc_graph_init(&g);
    CHECK(read_graph(&g, "a b:a c:a d:b,c e:|c", &err) == 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_arena scratch;
        struct alc_bitset set;
        uint32_t targets[MAX_NODES];
        uint32_t found[MAX_NODES];
        char text[TEXT_LEN];
        size_t n = 0;

        alc_arena_init(&scratch);
        size_t n_targets = read_ids(targets, &g, cases[i].targets);
        CHECK(alc_bitset_make(&set, g.n_nodes, &scratch, &err) == 0);
        CHECK(alc_graph_reach_back(&set, &g, cases[i].kind, targets, n_targets,
                                   cases[i].strict, &scratch, &err) == 0);
        for (size_t bit = alc_bitset_next(&set, 0); bit < g.n_nodes;
             bit = alc_bitset_next(&set, bit + 1)) {
            found[n++] = (uint32_t)bit;
        }
        check_text(write_ids(text, &g, found, n), cases[i].found, cases[i].targets);
        alc_arena_release(&scratch);
    }
    alc_graph_release(&g);
}

/* ---- order ---- */

static void test_sort(void)
{
    static const struct {
        const char *graph;
        const char *ids;
        const char *heads;
        const char *sorted;
    } cases[] = {
        {"a b:a c:b", "a b c", "c", "c b a"},
        {"a b:a c:b", "c a", "c", "c"}, /* b is not wanted, so a is not reached */
        {"a b:a c:b", "a b c", "", ""},
        {"a b:a c:b", "a b", "c b", "b a"},
        {"a b1:a b2:a c:b1,b2 d:c", "a b1 b2 c d", "d", "d c b1 b2 a"},
        /* along each line, then the common rest; heads in the order of the map */
        {"a b1:a b2:a c1:b1 d11:c1 d12:c1", "a b1 b2 c1 d11 d12", "d12 d11 b2",
         "b2 d11 d12 c1 b1 a"},
        /* a dependency has to wait for who depends on it */
        {"x y a b:a|y", "x y a b", "x y b", "x b a y"},
        {"base3 a3:base3 b3:a3 base2 a2:base2 c2:a2|a3 d2:c2",
         "base3 a3 b3 base2 a2 c2 d2", "d2 b3", "b3 d2 c2 a2 base2 a3 base3"},
        {"base1 a1:base1 b1:a1 c2:|a1 c3:c2", "base1 a1 b1 c2 c3", "b1 c3",
         "b1 c3 c2 a1 base1"},
        {"u v:u|u", "u v", "v", "v u"},
        /* a circle ends the sort instead of going round in it */
        {"a:b b:a", "a b", "a b", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_arena scratch;
        struct alc_error err = {0};
        struct alc_graph g;
        uint32_t ids[MAX_NODES];
        uint32_t heads[MAX_NODES];
        uint32_t sorted[MAX_NODES];
        char text[TEXT_LEN];
        size_t n;

        alc_graph_init(&g);
        alc_arena_init(&scratch);
        CHECK(read_graph(&g, cases[i].graph, &err) == 0);
        size_t n_ids = read_ids(ids, &g, cases[i].ids);
        size_t n_heads = read_ids(heads, &g, cases[i].heads);
        CHECK(alc_graph_sort(sorted, &n, &g, ids, n_ids, heads, n_heads, &scratch,
                             &err) == 0);
        check_text(write_ids(text, &g, sorted, n), cases[i].sorted, cases[i].graph);
        alc_arena_release(&scratch);
        alc_graph_release(&g);
    }
}

/* ---- labels ---- */

/* Does `set` hold the labels of `owner`?  Sets are few here: look through all. */
static bool set_holds(const struct alc_label_sets *sets, uint32_t set, uint32_t owner,
                      unsigned depth)
{
    if (set == ALC_NO_NODE || depth > MAX_NODES) {
        return false;
    }
    if (sets->own[set] == owner) {
        return true;
    }
    for (uint32_t p = sets->part.start[set]; p < sets->part.start[set + 1]; p++) {
        if (set_holds(sets, sets->part.to[p], owner, depth + 1)) {
            return true;
        }
    }
    return false;
}

static void test_labels(void)
{
    static const struct {
        const char *graph;
        const char *labelled;
        const char *carriers; /* of the labels of each in turn, separated by `;` */
    } cases[] = {
        {"a b:a c:b", "a", "a b c"},
        {"a b:a c:b", "c", "a b c"},
        {"a b:a c:b", "a c", "a b c;a b c"},
        {"a b:a c:b d:a", "b", "b c"},   /* a is a branch point */
        {"a b:a c:b d:b", "b", "b c d"}, /* not one line up to the head */
        {"a b c:a,b d:c", "d", "d"},     /* c is a merge point */
        {"a b c:a,b d:c", "a b", "a c d;b c d"},
        {"a b:a c:|a", "b", "b"}, /* a dependency makes a branch point, too */
        {"a b:a c:b d:c e:|b", "d", "c d"},
        {"a b:a c", "", ""},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_arena scratch;
        struct alc_label_sets sets;
        struct alc_bitset labelled;
        struct alc_error err = {0};
        struct alc_graph g;
        uint32_t owners[MAX_NODES];
        char text[TEXT_LEN] = "";
        char line[TEXT_LEN];

        alc_graph_init(&g);
        alc_arena_init(&scratch);
        CHECK(read_graph(&g, cases[i].graph, &err) == 0);
        CHECK(alc_bitset_make(&labelled, g.n_nodes, &scratch, &err) == 0);
        size_t n = read_ids(owners, &g, cases[i].labelled);
        for (size_t o = 0; o < n; o++) {
            alc_bitset_add(&labelled, owners[o]);
        }
        CHECK(alc_graph_labels(&sets, &g, &labelled, &scratch, &err) == 0);
        for (size_t o = 0; o < n; o++) {
            uint32_t carriers[MAX_NODES];
            size_t n_carriers = 0;
            for (uint32_t node = 0; node < g.n_nodes; node++) {
                if (set_holds(&sets, sets.set_of[node], owners[o], 0)) {
                    carriers[n_carriers++] = node;
                }
            }
            strcat(text, o ? ";" : "");
            strcat(text, write_ids(line, &g, carriers, n_carriers));
        }
        check_text(text, cases[i].carriers, cases[i].graph);
        alc_arena_release(&scratch);
        alc_graph_release(&g);
    }
}

/* ---- plans ---- */

#define PLAN_GRAPH "a b:a c1:b d1:c1 c2:b d2:c2|c1 z"

static void test_upgrade(void)
{
    static const struct {
        const char *targets;
        const char *current;
        bool inclusive;
        bool implicit_base;
        enum alc_plan_outcome outcome;
        const char *nodes;
    } cases[] = {
        {"d1", "", false, false, ALC_PLAN_OK, "a b c1 d1"},
        {"d1", "b", false, false, ALC_PLAN_OK, "c1 d1"},
        {"d1", "b", true, false, ALC_PLAN_OK, "b c1 d1"},
        {"d2", "c2", false, false, ALC_PLAN_OK, "d2"},
        {"d2", "c2", false, true, ALC_PLAN_OK, "c1 d2"},
        {"d1 z", "c1", false, false, ALC_PLAN_OK, "d1"},
        {"d1 z", "c1", false, true, ALC_PLAN_OK, "d1 z"},
        {"d1", "d2", false, false, ALC_PLAN_OUTSIDE, ""},
        {"d1", "d2", false, true, ALC_PLAN_OK, "d1"},
        {"d1 b", "", false, false, ALC_PLAN_OVERLAP, ""},
        {"d1", "b a", false, false, ALC_PLAN_OVERLAP, ""},
        {"", "", false, false, ALC_PLAN_OK, ""},
    };
    struct alc_error err = {0};
    struct alc_graph g;

    alc_graph_init(&g);
    CHECK(read_graph(&g, PLAN_GRAPH, &err) == 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_arena scratch;
        struct alc_plan plan;
        uint32_t targets[MAX_NODES];
        uint32_t current[MAX_NODES];
        char text[TEXT_LEN];
        struct alc_upgrade want = {.targets = targets,
                                   .n_targets = read_ids(targets, &g, cases[i].targets),
                                   .current = current,
                                   .n_current = read_ids(current, &g, cases[i].current),
                                   .inclusive = cases[i].inclusive,
                                   .implicit_base = cases[i].implicit_base};

        alc_arena_init(&scratch);
        CHECK(alc_graph_plan_upgrade(&plan, &g, &want, &scratch, &err) == 0);
        CHECK(plan.outcome == cases[i].outcome);
        check_text(write_ids(text, &g, plan.nodes, plan.n_nodes), cases[i].nodes,
                   cases[i].targets);
        alc_arena_release(&scratch);
    }
    alc_graph_release(&g);
}

static void test_downgrade(void)
{
    static const struct {
        const char *roots;
        const char *heads;
        const char *target;
        bool implicit_base;
        enum alc_plan_outcome outcome;
        const char *nodes;
    } cases[] = {
        {"a z", "d1 z", "", false, ALC_PLAN_OK, "a b c1 d1 z"},
        {"c1 c2", "d1 d2", "b", false, ALC_PLAN_OK, "c1 d1 c2 d2"},
        {"c1", "d1 d2", "b", false, ALC_PLAN_OK, "c1 d1 d2"}, /* d2 depends on c1 */
        {"c2", "d1 d2", "b", false, ALC_PLAN_OK, "c2 d2"},
        {"c2", "d1 d2", "b", true, ALC_PLAN_OK, "c1 d1 c2 d2"},
        {"d1", "c1", "c1", false, ALC_PLAN_OK, ""},
        {"d1", "b", "c1", false, ALC_PLAN_NOTHING, ""},
        {"a z", "", "", false, ALC_PLAN_OK, ""},
    };
    struct alc_error err = {0};
    struct alc_graph g;

    alc_graph_init(&g);
    CHECK(read_graph(&g, PLAN_GRAPH, &err) == 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_arena scratch;
        struct alc_plan plan;
        uint32_t roots[MAX_NODES];
        uint32_t heads[MAX_NODES];
        uint32_t target[MAX_NODES] = {ALC_NO_NODE};
        char text[TEXT_LEN];

        read_ids(target, &g, cases[i].target);
        struct alc_downgrade want = {.roots = roots,
                                     .n_roots = read_ids(roots, &g, cases[i].roots),
                                     .heads = heads,
                                     .n_heads = read_ids(heads, &g, cases[i].heads),
                                     .target = target[0],
                                     .implicit_base = cases[i].implicit_base};

        alc_arena_init(&scratch);
        CHECK(alc_graph_plan_downgrade(&plan, &g, &want, &scratch, &err) == 0);
        CHECK(plan.outcome == cases[i].outcome);
        check_text(write_ids(text, &g, plan.nodes, plan.n_nodes), cases[i].nodes,
                   cases[i].roots);
        alc_arena_release(&scratch);
    }
    alc_graph_release(&g);
}

/* ---- memory and size ---- */

/* Everything that allocates, once. */
static int ask_everything(struct alc_graph *g, struct alc_arena *scratch,
                          struct alc_error *err)
{
    const struct alc_walk how = {ALC_EDGE_FULL, ALC_EDGE_FULL, true};
    const uint32_t heads[] = {3, 5, 6};
    const uint32_t bases[] = {0, 6};
    const struct alc_upgrade up = {heads, 3, bases, 1, true, true};
    const struct alc_downgrade down = {bases, 2, heads, 3, ALC_NO_NODE, true};
    struct alc_walk_result result;
    struct alc_label_sets sets;
    struct alc_plan plan;
    struct alc_bitset set;
    uint32_t sorted[MAX_NODES];
    uint32_t *off;
    size_t n;
    int rc;

    if ((rc = alc_graph_walk(&result, g, &how, heads, 3, scratch, err)) < 0 ||
        (rc = alc_graph_off_path(&off, &n, g, true, heads, 3, bases, 2, scratch, err)) <
            0 ||
        (rc = alc_graph_sort(sorted, &n, g, result.nodes, result.n_nodes, heads, 3,
                             scratch, err)) < 0 ||
        (rc = alc_bitset_make(&set, g->n_nodes, scratch, err)) < 0) {
        return rc;
    }
    alc_bitset_add(&set, 2);
    if ((rc = alc_graph_labels(&sets, g, &set, scratch, err)) < 0 ||
        (rc = alc_graph_reach_back(&set, g, ALC_EDGE_DOWN, heads, 3, true, scratch,
                                   err)) < 0 ||
        (rc = alc_graph_plan_upgrade(&plan, g, &up, scratch, err)) < 0 ||
        (rc = alc_graph_plan_downgrade(&plan, g, &down, scratch, err)) < 0) {
        return rc;
    }
    CHECK(n == g->n_nodes);
    return 0;
}

static int build_and_ask(void *graph)
{
    struct alc_error err = {0};
    struct alc_arena scratch;
    struct alc_graph g;

    alc_graph_init(&g);
    alc_arena_init(&scratch);
    int rc = read_nodes(&g, graph, &err);
    if (rc == 0) {
        rc = alc_graph_add_name(&g, "label", 5, 2, &err);
    }
    if (rc == 0) {
        rc = read_edges(&g, graph, &err);
    }
    if (rc == 0) {
        rc = alc_graph_derive(&g, &err);
    }
    if (rc == 0) {
        rc = alc_graph_freeze(&g, &err);
    }
    if (rc == 0) {
        rc = ask_everything(&g, &scratch, &err);
    }
    alc_arena_release(&scratch);
    alc_graph_release(&g);
    return rc;
}

static void test_out_of_memory(void)
{
    static char plain[] = PLAN_GRAPH;
    static char shared[] = "a b:a c1:b|a d1:c1|a c2:b d2:c2|c1 z";

    check_out_of_memory(build_and_ask, plain);
    check_out_of_memory(build_and_ask, shared);
}

/* Deep and wide: no recursion, and the order of a line is its own. */
static void test_large(void)
{
    enum { N = 100000 };
    struct alc_arena scratch;
    struct alc_error err = {0};
    struct alc_graph g;
    char name[16];
    uint32_t *ids = malloc(2 * N * sizeof *ids);
    size_t n;

    CHECK(ids != NULL);
    alc_graph_init(&g);
    alc_arena_init(&scratch);
    for (uint32_t i = 0; i < N; i++) {
        uint32_t node;
        int len = snprintf(name, sizeof name, "%u", (unsigned)i);
        CHECK(alc_graph_add_node(&node, &g, name, (size_t)len, false, &err) == 0);
        if (i) {
            CHECK(alc_graph_add_edge(&g, ALC_EDGE_DOWN, i, i - 1, &err) == 0);
        }
        ids[i] = i;
    }
    CHECK(alc_graph_derive(&g, &err) == 0 && alc_graph_freeze(&g, &err) == 0);
    CHECK(alc_graph_sort(ids + N, &n, &g, ids, N, ids + N - 1, 1, &scratch, &err) == 0);
    CHECK(n == N && ids[N] == N - 1 && ids[2 * N - 1] == 0);
    alc_arena_release(&scratch);
    alc_graph_release(&g);
    free(ids);
}

static const struct test_case cases[] = {
    {"names", test_names},
    {"derive", test_derive},
    {"many dependencies", test_many_dependencies},
    {"walk", test_walk},
    {"broken map", test_broken_map},
    {"off path", test_off_path},
    {"reach back", test_reach_back},
    {"sort", test_sort},
    {"labels", test_labels},
    {"upgrade", test_upgrade},
    {"downgrade", test_downgrade},
    {"out of memory", test_out_of_memory},
    {"large", test_large},
};

int main(void)
{
    return RUN_TESTS(cases);
}
