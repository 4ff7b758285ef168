/* The schema model: filling, order, search, canonical bytes. */
#include "alc/catalog.h"
#include "alc/sqlite.h"
#include "harness.h"
#include "model_dump.h"

static struct alc_str text(const char *s)
{
    struct alc_str str = {s, s ? strlen(s) : 0};
    return str;
}

/* Tables "schema.name" parted by blanks; "-.name" is without a schema. */
static int add_tables(struct alc_catalog *catalog, const char *names)
{
    while (*names) {
        size_t dot = strcspn(names, "."), end = strcspn(names, " ");
        struct alc_str schema = {names, dot}, name = {names + dot + 1, end - dot - 1};
        struct alc_table *table;
        bool bare = dot == 1 && names[0] == '-';
        int rc = alc_catalog_add_table(&table, catalog,
                                       bare ? alc_str_absent() : schema, name, NULL);
        if (rc) {
            return rc;
        }
        names += end + (names[end] == ' ');
    }
    return 0;
}

static void test_order(void)
{
    static const struct {
        const char *names, *ordered;
    } cases[] = {
        {"", ""},
        {"-.a", "-.a"},
        {"b.a a.b a.a -.z a.", "-.z a. a.a a.b b.a"},
        {"-.b -.B -.\xc3\xa9 -.a -.aa", "-.B -.a -.aa -.b -.\xc3\xa9"},
        {".a -.a", "-.a .a"}, /* an empty schema is not an absent one */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_catalog catalog;
        struct alc_buf out;
        alc_buf_init(&out);
        alc_catalog_init(&catalog, ALC_BACKEND_SQLITE);
        CHECK(add_tables(&catalog, cases[i].names) == 0);
        CHECK(alc_catalog_finish(&catalog, NULL) == 0 && catalog.finished);
        for (size_t t = 0; t < catalog.n_tables; t++) {
            const struct alc_table *table = catalog.tables[t];
            dump(&out, "%s%.*s.%.*s", t ? " " : "", STR(table->schema),
                 STR(table->name));
            CHECK(alc_catalog_find(&catalog, table->schema, table->name) == table);
        }
        dump(&out, "%c", '\0');
        CHECK(strcmp(out.ptr, cases[i].ordered) == 0);
        CHECK(!alc_catalog_find(&catalog, text("none"), text("a")));
        CHECK(!alc_catalog_find(&catalog, alc_str_absent(), text("none")));
        alc_buf_release(&out);
        alc_catalog_release(&catalog);
        CHECK(catalog.n_tables == 0 && catalog.backend == ALC_BACKEND_SQLITE);
    }
}

static void test_twice(void)
{
    static const char *const cases[] = {"-.a -.b -.a", "s.a s.a", ". ."};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_catalog catalog;
        struct alc_error err;
        alc_error_init(&err);
        alc_catalog_init(&catalog, ALC_BACKEND_SQLITE);
        CHECK(add_tables(&catalog, cases[i]) == 0);
        CHECK(alc_catalog_finish(&catalog, &err) == ALC_E_INVALID && err.msg[0]);
        alc_catalog_release(&catalog);
    }
}

/* Statements of one database, each table under the name t0, t1, ... */
struct schema {
    const char *sql[4];
    struct alc_buf *out;
};

static int canonical(void *arg)
{
    const struct schema *schema = arg;
    struct alc_catalog catalog;
    struct alc_table *table = NULL;
    struct alc_buf discarded;
    alc_buf_init(&discarded);
    alc_catalog_init(&catalog, ALC_BACKEND_SQLITE);
    int rc = 0;
    for (size_t i = 0; !rc && i < 4 && schema->sql[i]; i++) {
        const char *sql = schema->sql[i];
        if (strncmp(sql, "CREATE TABLE", 12) == 0) {
            struct alc_str name = {sql + 13, 1};
            rc = alc_catalog_add_table(&table, &catalog, alc_str_absent(), name, NULL);
            rc = rc ? rc : alc_sqlite_parse_table(&catalog, table, text(sql), NULL);
        } else {
            rc = alc_sqlite_parse_index(&catalog, table, text(sql), NULL);
        }
    }
    rc = rc ? rc : alc_catalog_finish(&catalog, NULL);
    rc = rc ? rc
            : alc_catalog_canonical(schema->out ? schema->out : &discarded, &catalog,
                                    NULL);
    alc_buf_release(&discarded);
    alc_catalog_release(&catalog);
    return rc;
}

static bool same_bytes(const struct schema *a, const struct schema *b)
{
    struct alc_buf x, y;
    struct schema first = *a, second = *b;
    alc_buf_init(&x);
    alc_buf_init(&y);
    first.out = &x;
    second.out = &y;
    CHECK(canonical(&first) == 0 && canonical(&second) == 0);
    bool same = x.len == y.len && memcmp(x.ptr, y.ptr, x.len) == 0;
    alc_buf_release(&x);
    alc_buf_release(&y);
    return same;
}

static void test_canonical(void)
{
    static const struct {
        struct schema a, b;
        bool same;
    } cases[] = {
        {{{NULL}, NULL}, {{NULL}, NULL}, true},
        /* Order of rows, of constraints, of indexes; white space, case of types. */
        {{{"CREATE TABLE a (x)", "CREATE TABLE b (y)"}, NULL},
         {{"CREATE TABLE b (y)", "CREATE TABLE a (x)"}, NULL},
         true},
        {{{"CREATE TABLE a (x INT, UNIQUE (x), CHECK (x > 0))"}, NULL},
         {{"CREATE TABLE a (x int,CHECK (x > 0), unique(\"x\"))"}, NULL},
         true},
        {{{"CREATE TABLE a (x)", "CREATE INDEX i ON a (x)", "CREATE INDEX j ON a (x)"},
          NULL},
         {{"CREATE TABLE a (x)", "CREATE INDEX j ON a (x)", "CREATE INDEX i ON a (x)"},
          NULL},
         true},
        {{{"CREATE TABLE a (x REFERENCES b, y REFERENCES b)"}, NULL},
         {{"CREATE TABLE a (x, y, FOREIGN KEY (y) REFERENCES b,"
           " FOREIGN KEY (x) REFERENCES b)"},
          NULL},
         true},
        {{{"CREATE TABLE a (x REFERENCES b(p) REFERENCES b(q))"}, NULL},
         {{"CREATE TABLE a (x REFERENCES b(q) REFERENCES b(p))"}, NULL},
         true},
        /* All else differs. */
        {{{"CREATE TABLE a (x)"}, NULL}, {{"CREATE TABLE b (x)"}, NULL}, false},
        {{{"CREATE TABLE a (x)"}, NULL}, {{NULL}, NULL}, false},
        {{{"CREATE TABLE a (x, y)"}, NULL}, {{"CREATE TABLE a (y, x)"}, NULL}, false},
        {{{"CREATE TABLE a (xy, z)"}, NULL}, {{"CREATE TABLE a (x, yz)"}, NULL}, false},
        {{{"CREATE TABLE a (x INT)"}, NULL}, {{"CREATE TABLE a (x)"}, NULL}, false},
        {{{"CREATE TABLE a (x DEFAULT '')"}, NULL},
         {{"CREATE TABLE a (x)"}, NULL},
         false},
        {{{"CREATE TABLE a (x NOT NULL)"}, NULL},
         {{"CREATE TABLE a (x)"}, NULL},
         false},
        {{{"CREATE TABLE a (x AS (1))"}, NULL},
         {{"CREATE TABLE a (x AS (1) STORED)"}, NULL},
         false},
        {{{"CREATE TABLE a (x) STRICT"}, NULL}, {{"CREATE TABLE a (x)"}, NULL}, false},
        {{{"CREATE TABLE a (x UNIQUE)"}, NULL},
         {{"CREATE TABLE a (x PRIMARY KEY)"}, NULL},
         false},
        {{{"CREATE TABLE a (x UNIQUE)"}, NULL},
         {{"CREATE TABLE a (x UNIQUE ON CONFLICT FAIL)"}, NULL},
         false},
        {{{"CREATE TABLE a (x CHECK (x))"}, NULL},
         {{"CREATE TABLE a (x CONSTRAINT c CHECK (x))"}, NULL},
         false},
        {{{"CREATE TABLE a (x REFERENCES b)"}, NULL},
         {{"CREATE TABLE a (x REFERENCES b(x))"}, NULL},
         false},
        {{{"CREATE TABLE a (x REFERENCES b ON DELETE CASCADE)"}, NULL},
         {{"CREATE TABLE a (x REFERENCES b ON UPDATE CASCADE)"}, NULL},
         false},
        {{{"CREATE TABLE a (x)", "CREATE INDEX i ON a (x)"}, NULL},
         {{"CREATE TABLE a (x)", "CREATE UNIQUE INDEX i ON a (x)"}, NULL},
         false},
        {{{"CREATE TABLE a (x)", "CREATE INDEX i ON a (x)"}, NULL},
         {{"CREATE TABLE a (x)", "CREATE INDEX i ON a (x) WHERE x"}, NULL},
         false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!CHECK(same_bytes(&cases[i].a, &cases[i].b) == cases[i].same)) {
            printf("\n  case %zu: %s", i, cases[i].a.sql[0]);
        }
    }
}

static void test_out_of_memory(void)
{
    struct schema schema = {
        {"CREATE TABLE a (x INT, y, z, u, v, w, UNIQUE (x), CHECK (x > 0))",
         "CREATE INDEX i ON a (x)", "CREATE TABLE b (y REFERENCES a)",
         "CREATE INDEX j ON b (y, y || 'z')"},
        NULL};
    check_out_of_memory(canonical, &schema);
}

static const char *const LEFT_OUT[] = {"v", "a.w", "..", "none"};

/* Make a catalog without some tables; their names go into `names`, unless it is NULL.
 */
static int without(void *names)
{
    struct alc_catalog all, some;
    struct alc_str left_out[4];
    struct alc_buf *out = names;
    for (size_t i = 0; i < 4; i++) {
        left_out[i] = text(LEFT_OUT[i]);
    }
    alc_catalog_init(&all, ALC_BACKEND_POSTGRESQL);
    alc_catalog_init(&some, ALC_BACKEND_NONE);
    int rc = add_tables(&all, "a.v -.v b.vv a.w b.w -.w aa.w .w ...");
    rc = rc ? rc : alc_catalog_finish(&all, NULL);
    rc = rc ? rc : alc_catalog_without(&some, &all, left_out, 4, NULL);
    for (size_t t = 0; rc == 0 && out && t < some.n_tables; t++) {
        const struct alc_table *table = some.tables[t];
        CHECK(alc_catalog_find(&some, table->schema, table->name) == table);
        dump(out, "%s%.*s.%.*s", t ? " " : "", STR(table->schema), STR(table->name));
    }
    CHECK(rc || (some.backend == ALC_BACKEND_POSTGRESQL && some.finished));
    alc_catalog_release(&some);
    alc_catalog_release(&all);
    return rc;
}

static void test_without(void)
{
    struct alc_buf names;
    alc_buf_init(&names);
    CHECK(without(&names) == 0);
    dump(&names, "%c", '\0');
    CHECK(strcmp(names.ptr, "-.w .w aa.w b.vv b.w") == 0);
    alc_buf_release(&names);
}

static void test_without_memory(void)
{
    check_out_of_memory(without, NULL);
}

int main(void)
{
    static const struct test_case tests[] = {
        {"order", test_order},         {"twice", test_twice},
        {"canonical", test_canonical}, {"out of memory", test_out_of_memory},
        {"without", test_without},     {"without, out of memory", test_without_memory},
    };
    return RUN_TESTS(tests);
}
