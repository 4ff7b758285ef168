/*
 * The ends of a tree of files.  A tree is written in one line, files separated by
 * blanks, each `id:down,down|dependency,dependency|label,label`.
 */
#include "harness.h"

#include "alc/load.h"

enum { MAX_FILES = 32, TEXT_LEN = 256 };

struct tree {
    struct alc_arena arena;
    struct alc_scan_file list[MAX_FILES];
    struct alc_scan_file *order[MAX_FILES];
    struct alc_scan_files files;
};

static int scan_into(struct alc_scan_file *file, const char *text, size_t len,
                     struct alc_arena *arena, struct alc_error *err)
{
    struct alc_scan_scratch scratch;
    alc_scan_scratch_init(&scratch);
    int rc = alc_scan_text(&file->scan, text, len, arena, &scratch, err);
    alc_scan_scratch_release(&scratch);
    return rc;
}

/* One file's text: a "," behind each name makes one name a tuple, too. */
static int add_file(struct tree *t, const char *spec, size_t len, struct alc_error *err)
{
    static const char *const names[] = {"down_revision", "depends_on", "branch_labels"};
    char text[TEXT_LEN];
    const char *end = spec + len;
    size_t id_len = strcspn(spec, ": ");
    int at = snprintf(text, sizeof text, "revision='%.*s'\ndown_revision=None\n",
                      (int)id_len, spec);

    spec += id_len;
    for (size_t i = 0; spec < end && i < sizeof names / sizeof *names; i++) {
        const char *p = ++spec;
        spec += strcspn(spec, "| ");
        if (spec == p) {
            continue;
        }
        at += snprintf(text + at, sizeof text - (size_t)at, "%s=(", names[i]);
        while (p < spec) {
            size_t n = strcspn(p, ",| ");
            at += snprintf(text + at, sizeof text - (size_t)at, "'%.*s',", (int)n, p);
            p += n + (p[n] == ',');
        }
        at += snprintf(text + at, sizeof text - (size_t)at, ")\n");
    }
    return scan_into(&t->list[t->files.n_files++], text, (size_t)at, &t->arena, err);
}

static int read_tree(struct tree *t, const char *text, struct alc_error *err)
{
    int rc = 0;

    memset(t, 0, sizeof *t);
    alc_arena_init(&t->arena);
    for (size_t i = 0; i < MAX_FILES; i++) {
        t->order[i] = &t->list[i];
    }
    t->files.files = t->order;
    while (rc == 0 && *text) {
        size_t len = strcspn(text, " ");
        rc = add_file(t, text, len, err);
        text += len + (text[len] == ' ');
    }
    return rc;
}

/* "heads/real heads/bases/real bases" */
static void write_ends(char *to, const struct alc_loaded *loaded,
                       const struct alc_revision_view *views)
{
    size_t len = 0;

    to[0] = '\0';
    for (size_t e = 0; e < ALC_N_ENDS; e++) {
        for (size_t i = 0; i < loaded->n_ends[e]; i++) {
            uint32_t view = loaded->view_of_node[loaded->ends[e][i]];
            len += (size_t)snprintf(to + len, TEXT_LEN - len, "%s%.*s", i ? "," : "",
                                    (int)views[view].id.len, views[view].id.ptr);
        }
        len += (size_t)snprintf(to + len, TEXT_LEN - len, "/");
    }
}

static void test_ends(void)
{
    static const struct {
        const char *tree;
        const char *ends;
    } cases[] = {
        {"", "////"},
        {"a", "a/a/a/a/"},
        {"b:a a", "b/b/a/a/"},
        {"a b:a c:a d:b,c", "d/d/a/a/"},
        {"a b:a c:a", "b,c/b,c/a/a/"},
        {"a b:a x y:x|b", "b,y/y/a,x/a,x/"},
        {"a x:|a", "a,x/x/a,x/a/"},
        {"a:||one b:a x:|one", "b,x/b,x/a,x/a/"},
        {"a b:a,a", "b/b/a/a/"},
        /* a circle that nobody minds: it is on a way from a base to a head */
        {"r a:r,c b:a c:b d:c", "d/d/r/r/"},
        /* somebody has to be told */
        {"a a", "?"},
        {"a:b", "?"},
        {"a:a", "?"},
        {"a:|a", "?"},
        {"a:|b", "?"},
        {"a-b", "?"},
        {"a@b", "?"},
        {"a+b", "?"},
        {"a:||one b:a|one,one", "b/b/a/a/"},
        {"a:||one b:||one", "?"},
        {"a:||one,one", "?"},
        {"a:||b b", "?"},
        {"a:||a", "?"},
        {"a:||one b:one", "?"},
        {"a:c b:a c:b", "?"},
        {"a b:a,d c:b d:c", "?"},
        {"a:|d b:a x:|b d:x", "?"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tree t;
        struct alc_graph g;
        struct alc_loaded loaded;
        struct alc_revision_view *views;
        struct alc_arena arena;
        char ends[TEXT_LEN] = "?";

        case_name = cases[i].tree;
        alc_arena_init(&arena);
        alc_graph_init(&g);
        CHECK(read_tree(&t, cases[i].tree, NULL) == 0);
        if (alc_load_files(&loaded, &g, &views, &t.files, &arena, NULL) > 0) {
            write_ends(ends, &loaded, views);
        }
        if (!CHECK(strcmp(ends, cases[i].ends) == 0)) {
            printf("    %s\n", ends);
        }
        alc_graph_release(&g);
        alc_arena_release(&arena);
        alc_arena_release(&t.arena);
    }
}

/* ---- views of others, and what is told ---- */

struct ear {
    const struct alc_revision_view *views;
    bool go_on; /* always, also where that cannot be */
    char told[TEXT_LEN];
    size_t len;
};

static const char *const kinds[] = {
    [ALC_ID_TWICE] = "twice",
    [ALC_LABEL_IN_USE] = "label",
    [ALC_MISSING_PARENT] = "parent",
    [ALC_MISSING_DEPENDENCY] = "dependency",
    [ALC_PARENT_BY_LABEL] = "by label",
    [ALC_CYCLE] = "cycle",
    [ALC_DEPENDENCY_CYCLE] = "dependency cycle",
};

static int hear(void *self, const struct alc_trouble *trouble)
{
    struct ear *ear = self;

    ear->len +=
        (size_t)snprintf(ear->told + ear->len, TEXT_LEN - ear->len, "%s %zu.%u;",
                         kinds[trouble->kind], trouble->view, trouble->at);
    for (size_t i = 0; i < trouble->n_nodes; i++) {
        ear->len += (size_t)snprintf(ear->told + ear->len, TEXT_LEN - ear->len, " %u",
                                     trouble->nodes[i]);
    }
    return ear->go_on || trouble->kind == ALC_ID_TWICE ? 0 : 7;
}

/* Views of a tree; `=N` behind an id makes it a view of the N-th object. */
static int make_views(struct alc_revision_view **out, struct tree *t,
                      const int *objects, struct alc_error *err)
{
    static const char things[MAX_FILES];

    *out = alc_arena_array(&t->arena, t->files.n_files, sizeof **out);
    if (!*out) {
        return alc_error_nomem(err);
    }
    for (size_t i = 0; i < t->files.n_files; i++) {
        if (alc_view_of_file(&(*out)[i], &t->list[i], &t->arena, err) < 0) {
            return ALC_E_NOMEM;
        }
        (*out)[i].object = objects[i] ? &things[objects[i]] : NULL;
    }
    return 0;
}

static void test_trouble(void)
{
    static const struct {
        const char *tree;
        int objects[MAX_FILES];
        const char *told;
        const char *ends; /* NULL: loading fails */
    } cases[] = {
        {"a b:a", {0}, "", "b/b/a/a/"},
        {"a a", {0}, "twice 1.0;", "a,a/a,a/a,a/a,a/"},
        {"a a", {1, 1}, "twice 1.0;", "a/a/a,a/a,a/"},
        {"a a a", {1, 2, 1}, "twice 1.0;twice 2.0;", "a,a/a,a/a,a,a/a,a,a/"},
        {"a a a", {1, 1, 2}, "twice 1.0;twice 2.0;", "a,a/a,a/a,a,a/a,a,a/"},
        {"a b:a a", {1, 2, 3}, "twice 2.0;", "a,b/a,b/a,a/a,a/"},
        {"a:||x b:||y,x", {0}, "label 1.1;", NULL},
        {"a:||b b", {0}, "label 0.0;", NULL},
        {"a:b", {0}, "parent 0.0;", NULL},
        {"a:b a", {1, 2}, "twice 1.0;dependency 0.0;", NULL},
        {"a:|b", {0}, "dependency 0.0;", NULL},
        {"a:||x b:x", {0}, "by label 1.0;", NULL},
        {"a:b b:a", {0}, "cycle 0.0; 0 1", NULL},
        {"r a:b b:a", {0}, "cycle 0.0; 1 2", NULL},
        {"a:|b b:a", {0}, "dependency cycle 0.0; 0 1", NULL},
        {"r a:|b b:a", {0}, "dependency cycle 0.0; 1 2", NULL},
    };

    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        const size_t c = i / 2;
        struct ear ear = {.go_on = i % 2};
        const struct alc_listener listener = {hear, &ear};
        struct alc_error err = {0};
        struct tree t;
        struct alc_graph g;
        struct alc_loaded loaded;
        struct alc_revision_view *views;
        char ends[TEXT_LEN];

        case_name = cases[c].tree;
        alc_graph_init(&g);
        CHECK(read_tree(&t, cases[c].tree, NULL) == 0);
        CHECK(make_views(&views, &t, cases[c].objects, NULL) == 0);
        int rc = alc_load(&loaded, &g, views, t.files.n_files, &listener, &err);
        CHECK(rc == (cases[c].ends ? 0 : ear.go_on ? ALC_E_INVALID : 7));
        if (!CHECK(strcmp(ear.told, cases[c].told) == 0)) {
            printf("    %s\n", ear.told);
        }
        if (rc == 0) {
            write_ends(ends, &loaded, views);
            if (!CHECK(strcmp(ends, cases[c].ends) == 0)) {
                printf("    %s\n", ends);
            }
        }
        alc_graph_release(&g);
        alc_arena_release(&t.arena);
    }
}

static void test_views_of_files(void)
{
    static const struct {
        const char *text;
        bool has_view;
    } cases[] = {
        {"revision='a'\ndown_revision=None", true},
        {"revision='a'\ndown_revision='b'\ndepends_on=['c']\nbranch_labels='a'", true},
        {"revision='a'", false},
        {"down_revision='a'", false},
        {"revision=''\ndown_revision=None", false},
        {"revision='a\\0'\ndown_revision=None", true},
        {"revision='a:b'\ndown_revision=None", false},
        {"revision='base'\ndown_revision=None", false},
        {"revision='head'\ndown_revision=None", false},
        {"revision='heads'\ndown_revision=None", false},
        {"revision='bases'\ndown_revision=None", true},
        {"revision='Head'\ndown_revision=None", true},
        {"revision='head\\0'\ndown_revision=None", true},
        {"revision='a'\ndown_revision=''", false},
        {"revision='a'\ndown_revision='b'\ndepends_on=''", false},
        {"revision='a'\ndown_revision='b'\ndepends_on=('c','')", false},
        {"revision='a'\ndown_revision='b'\ndepends_on=()", true},
        {"revision='a'\ndown_revision='b'\nbranch_labels=''", false},
        {"revision=None\ndown_revision=None", false},
        {"revision=('a',)\ndown_revision=None", false},
        {"revision='a'\ndown_revision={'b'}", false},
        {"revision='a'\ndown_revision=('b',None)", false},
        {"revision='a'\ndown_revision=('b',('c',))", false},
        {"revision='a'\ndown_revision=('b','a')", false},
        {"revision='a'\ndown_revision='b'\ndepends_on='a'", false},
        {"revision='a'\ndown_revision='b'\nbranch_labels=[()]", false},
        {"revision='a'\ndown_revision=b", false},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_scan_file file = {0};
        struct alc_revision_view view;
        struct alc_arena arena;

        case_name = cases[i].text;
        alc_arena_init(&arena);
        CHECK(scan_into(&file, cases[i].text, strlen(cases[i].text), &arena, NULL) ==
              0);
        CHECK(alc_view_of_file(&view, &file, &arena, NULL) == cases[i].has_view);
        file.duplicate = true;
        CHECK(alc_view_of_file(&view, &file, &arena, NULL) == 0);
        alc_arena_release(&arena);
    }
}

static int load_all(void *arg)
{
    static const char text[] = "a:||one b:a|one c:a d:b,c x:|d y:x|b b:a a b:a";
    static const int objects[MAX_FILES] = {1, 2, 0, 0, 0, 0, 2, 3, 4};
    struct tree t;
    struct ear ear = {0};
    const struct alc_listener listener = {hear, &ear};
    struct alc_graph g;
    struct alc_loaded loaded;
    struct alc_revision_view *views;
    struct alc_error err = {0};
    int rc;

    (void)arg;
    alc_graph_init(&g);
    rc = read_tree(&t, text, &err);
    rc = rc ? rc : make_views(&views, &t, objects, &err);
    rc = rc ? rc : alc_load(&loaded, &g, views, t.files.n_files, &listener, &err);
    if (rc == 0) {
        struct alc_label_sets sets;
        struct alc_bitset labelled;
        uint32_t *owners;
        size_t n;

        rc = alc_bitset_make(&labelled, g.n_nodes, &t.arena, &err);
        if (rc == 0) {
            alc_bitset_add(&labelled, 0);
            rc = alc_graph_labels(&sets, &g, &labelled, &t.arena, &err);
        }
        if (rc == 0) {
            rc = alc_label_set_owners(&owners, &n, &sets, sets.set_of[3], &t.arena,
                                      &err);
        }
        CHECK(rc < 0 || (n >= 1 && owners[0] == 0));
    }
    alc_graph_release(&g);
    alc_arena_release(&t.arena);
    return rc;
}

struct file_load {
    const char *tree;
    bool answers; /* else something is wrong with the files */
};

static int load_all_files(void *arg)
{
    const struct file_load *load = arg;
    struct tree t;
    struct alc_graph g;
    struct alc_loaded loaded;
    struct alc_revision_view *views;
    struct alc_arena arena;
    struct alc_error err;
    int rc;

    alc_graph_init(&g);
    alc_arena_init(&arena);
    rc = read_tree(&t, load->tree, &err);
    rc = rc ? rc : alc_load_files(&loaded, &g, &views, &t.files, &arena, &err);
    CHECK(rc < 0 || rc == load->answers);
    alc_graph_release(&g);
    alc_arena_release(&arena);
    alc_arena_release(&t.arena);
    return rc < 0 ? rc : 0;
}

static void test_out_of_memory(void)
{
    struct file_load loads[] = {
        {"a:||one b:a|one c:a d:b,c x:|d y:x|b", true},
        {"a:||one b:a|one c:one", false},
        {"r a:r base:a,r", false},
    };

    check_out_of_memory(load_all, NULL);
    for (size_t i = 0; i < sizeof loads / sizeof *loads; i++) {
        case_name = loads[i].tree;
        check_out_of_memory(load_all_files, &loads[i]);
    }
}

int main(void)
{
    static const struct test_case cases[] = {
        {"ends", test_ends},
        {"trouble", test_trouble},
        {"views of files", test_views_of_files},
        {"out of memory", test_out_of_memory},
    };

    return RUN_TESTS(cases);
}
