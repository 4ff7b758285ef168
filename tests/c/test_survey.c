/*
 * The ends of a tree of files.  A tree is written in one line, files separated by
 * blanks, each `id:down,down|dependency,dependency|label,label`.
 */
#include "harness.h"

#include "alc/survey.h"

enum { MAX_FILES = 32, TEXT_LEN = 256 };

struct tree {
    struct alc_arena arena;
    struct alc_scan_file list[MAX_FILES];
    struct alc_scan_file *order[MAX_FILES];
    struct alc_scan_files files;
};

/* One file's text: a "," behind each name makes one name a tuple, too. */
static int add_file(struct tree *t, const char *spec, size_t len, struct alc_error *err)
{
    static const char *const names[] = {"down_revision", "depends_on", "branch_labels"};
    char source[TEXT_LEN];
    struct alc_scan_scratch scratch;
    const char *end = spec + len;
    size_t id_len = strcspn(spec, ": ");
    int at = snprintf(source, sizeof source, "revision='%.*s'\ndown_revision=None\n",
                      (int)id_len, spec);
    int rc;

    spec += id_len;
    for (size_t i = 0; spec < end && i < sizeof names / sizeof *names; i++) {
        const char *p = ++spec;
        spec += strcspn(spec, "| ");
        if (spec == p) {
            continue;
        }
        at += snprintf(source + at, sizeof source - (size_t)at, "%s=(", names[i]);
        while (p < spec) {
            size_t n = strcspn(p, ",| ");
            at +=
                snprintf(source + at, sizeof source - (size_t)at, "'%.*s',", (int)n, p);
            p += n + (p[n] == ',');
        }
        at += snprintf(source + at, sizeof source - (size_t)at, ")\n");
    }
    alc_scan_scratch_init(&scratch);
    rc = alc_scan_source(&t->list[t->files.n_files++].scan, source, (size_t)at,
                         &t->arena, &scratch, err);
    alc_scan_scratch_release(&scratch);
    return rc;
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

/* "heads/real heads/bases/real bases", or "?" */
static void write_ends(char *to, const struct alc_survey *s, const struct tree *t)
{
    size_t len = 0;

    to[0] = '\0';
    for (size_t e = 0; s->sure && e < ALC_N_ENDS; e++) {
        for (size_t i = 0; i < s->n_ends[e]; i++) {
            const struct alc_scan *scan = &t->list[s->ends[e][i]].scan;
            len += (size_t)snprintf(to + len, TEXT_LEN - len, "%s%s", i ? "," : "",
                                    scan->values[ALC_SCAN_REVISION].u.str.ptr);
        }
        len += (size_t)snprintf(to + len, TEXT_LEN - len, "/");
    }
    if (!s->sure) {
        snprintf(to, TEXT_LEN, "?");
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
        struct alc_survey survey;
        struct alc_arena arena;
        char ends[TEXT_LEN];

        case_name = cases[i].tree;
        alc_arena_init(&arena);
        CHECK(read_tree(&t, cases[i].tree, NULL) == 0);
        CHECK(alc_survey_files(&survey, &t.files, &arena, NULL) == 0);
        write_ends(ends, &survey, &t);
        if (!CHECK(strcmp(ends, cases[i].ends) == 0)) {
            printf("    %s\n", ends);
        }
        alc_arena_release(&arena);
        alc_arena_release(&t.arena);
    }
}

static void test_sound_files(void)
{
    static const struct {
        const char *source;
        bool sound;
    } cases[] = {
        {"revision='a'\ndown_revision=None", true},
        {"revision='a'\ndown_revision='b'\ndepends_on=['c']\nbranch_labels='a'", true},
        {"revision='a'", false},
        {"down_revision='a'", false},
        {"revision=''\ndown_revision=None", false},
        {"revision='a\\0'\ndown_revision=None", false},
        {"revision='a:b'\ndown_revision=None", false},
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
        struct alc_scan_files files;

        case_name = cases[i].source;
        CHECK(alc_scan_buffer(&files, cases[i].source, strlen(cases[i].source), NULL) ==
              0);
        CHECK(alc_scan_is_sound(files.files[0]) == cases[i].sound);
        files.files[0]->duplicate = true;
        CHECK(!alc_scan_is_sound(files.files[0]));
        alc_scan_files_release(&files);
    }
}

static int survey_all(void *arg)
{
    static const char text[] = "a:||one b:a|one c:a d:b,c x:|d y:x|b";
    struct tree t;
    struct alc_survey survey;
    struct alc_arena arena;
    struct alc_error err;
    int rc;

    (void)arg;
    alc_arena_init(&arena);
    rc = read_tree(&t, text, &err);
    if (rc == 0) {
        rc = alc_survey_files(&survey, &t.files, &arena, &err);
        CHECK(survey.sure == (rc == 0));
    }
    alc_arena_release(&arena);
    alc_arena_release(&t.arena);
    return rc;
}

static void test_out_of_memory(void)
{
    check_out_of_memory(survey_all, NULL);
}

int main(void)
{
    static const struct test_case cases[] = {
        {"ends", test_ends},
        {"sound files", test_sound_files},
        {"out of memory", test_out_of_memory},
    };

    return RUN_TESTS(cases);
}
