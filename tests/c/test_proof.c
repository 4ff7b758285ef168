/* The proof's rules: what counts as equal, and what is named when it is not. */
#include "alc/proof.h"
#include "alc/sqlite.h"
#include "harness.h"

static struct alc_str text(const char *s)
{
    struct alc_str str = {s, s ? strlen(s) : 0};
    return str;
}

static const struct alc_proof_options everything = {.types = true,
                                                    .defaults = true,
                                                    .comments = true,
                                                    .indexes = true,
                                                    .foreign_keys = true,
                                                    .checks = true};

/* A table from its statements: CREATE TABLE, then perhaps CREATE INDEX ... */
static struct alc_table *make(struct alc_catalog *catalog, const char *const sql[3])
{
    struct alc_table *table = NULL;
    alc_catalog_init(catalog, ALC_BACKEND_SQLITE);
    CHECK(alc_catalog_add_table(&table, catalog, alc_str_absent(), text("t"), NULL) ==
          0);
    CHECK(alc_sqlite_parse_table(catalog, table, text(sql[0]), NULL) == 0);
    for (size_t i = 1; i < 3 && sql[i]; i++) {
        CHECK(alc_sqlite_parse_index(catalog, table, text(sql[i]), NULL) == 0);
    }
    CHECK(alc_catalog_finish(catalog, NULL) == 0);
    return table;
}

static const struct {
    const char *actual[3], *wanted[3];
    enum alc_proof proof;
} statements[] = {
    {{"CREATE TABLE t (a INT, b)"}, {"CREATE TABLE t (a INT, b)"}, ALC_PROVEN},
    {{"CREATE TABLE t (a INT, b)"}, {"CREATE TABLE t (b, a INT)"}, ALC_PROVEN},
    {{"CREATE TABLE t (a)"}, {"CREATE TABLE t (a, b)"}, ALC_UNPROVEN_COLUMNS},
    {{"CREATE TABLE t (a, b)"}, {"CREATE TABLE t (a, c)"}, ALC_UNPROVEN_COLUMNS},
    {{"CREATE TABLE t (a, b)"}, {"CREATE TABLE t (a, a)"}, ALC_PROVEN}, /* no model */
    {{"CREATE TABLE t (a)"}, {"CREATE TABLE t (A)"}, ALC_UNPROVEN_COLUMNS},
    {{"CREATE TABLE t (a INT)"}, {"CREATE TABLE t (a TEXT)"}, ALC_UNPROVEN_TYPE},
    {{"CREATE TABLE t (a INT)"}, {"CREATE TABLE t (a)"}, ALC_UNPROVEN_TYPE},
    {{"CREATE TABLE t (a COLLATE x)"}, {"CREATE TABLE t (a)"}, ALC_UNPROVEN_TYPE},
    {{"CREATE TABLE t (a NOT NULL)"}, {"CREATE TABLE t (a)"}, ALC_UNPROVEN_NULLABLE},
    {{"CREATE TABLE t (a DEFAULT 1)"}, {"CREATE TABLE t (a)"}, ALC_UNPROVEN_DEFAULT},
    {{"CREATE TABLE t (a)"}, {"CREATE TABLE t (a DEFAULT '')"}, ALC_UNPROVEN_DEFAULT},
    {{"CREATE TABLE t (a DEFAULT 1)"}, {"CREATE TABLE t (a DEFAULT 1)"}, ALC_PROVEN},
    {{"CREATE TABLE t (a AS (1))"}, {"CREATE TABLE t (a)"}, ALC_UNPROVEN_GENERATED},
    {{"CREATE TABLE t (a AS (1))"},
     {"CREATE TABLE t (a AS (1) STORED)"},
     ALC_UNPROVEN_GENERATED},
    {{"CREATE TABLE t (a AS (1))"},
     {"CREATE TABLE t (a AS (2))"},
     ALC_UNPROVEN_GENERATED},
    {{"CREATE TABLE t (a) nonsense"},
     {"CREATE TABLE t (a) nonsense"},
     ALC_UNPROVEN_OPAQUE},
    {{"CREATE TABLE t (a)"}, {"CREATE TABLE t (a) nonsense"}, ALC_UNPROVEN_OPAQUE},
    /* Primary keys are not compared, neither is AUTOINCREMENT. */
    {{"CREATE TABLE t (a PRIMARY KEY)"}, {"CREATE TABLE t (a)"}, ALC_PROVEN},
    /* Indexes: by name, in any order. */
    {{"CREATE TABLE t (a, b)", "CREATE INDEX i ON t (a)", "CREATE INDEX j ON t (b)"},
     {"CREATE TABLE t (a, b)", "CREATE INDEX j ON t (b)", "CREATE INDEX i ON t (a)"},
     ALC_PROVEN},
    {{"CREATE TABLE t (a)", "CREATE INDEX i ON t (a)"},
     {"CREATE TABLE t (a)"},
     ALC_UNPROVEN_INDEX},
    {{"CREATE TABLE t (a)"},
     {"CREATE TABLE t (a)", "CREATE INDEX i ON t (a)"},
     ALC_UNPROVEN_INDEX},
    {{"CREATE TABLE t (a, b)", "CREATE INDEX i ON t (a, b)"},
     {"CREATE TABLE t (a, b)", "CREATE INDEX i ON t (b, a)"},
     ALC_UNPROVEN_INDEX},
    {{"CREATE TABLE t (a)", "CREATE INDEX i ON t (a)"},
     {"CREATE TABLE t (a)", "CREATE UNIQUE INDEX i ON t (a)"},
     ALC_UNPROVEN_INDEX},
    {{"CREATE TABLE t (a)", "CREATE INDEX i ON t (a)"},
     {"CREATE TABLE t (a)", "CREATE INDEX i ON t (a DESC)"},
     ALC_UNPROVEN_INDEX},
    {{"CREATE TABLE t (a)", "CREATE INDEX i ON t (a)"},
     {"CREATE TABLE t (a)", "CREATE INDEX i ON t (a COLLATE nocase)"},
     ALC_UNPROVEN_INDEX},
    {{"CREATE TABLE t (a)", "CREATE INDEX i ON t (a) WHERE a"},
     {"CREATE TABLE t (a)", "CREATE INDEX i ON t (a)"},
     ALC_UNPROVEN_INDEX},
    /* An expression equals nothing. */
    {{"CREATE TABLE t (a)", "CREATE INDEX i ON t (a + 1)"},
     {"CREATE TABLE t (a)", "CREATE INDEX i ON t (a + 1)"},
     ALC_UNPROVEN_INDEX},
    /* Constraints: a wanted one without a name takes what it finds. */
    {{"CREATE TABLE t (a UNIQUE)"}, {"CREATE TABLE t (a)"}, ALC_UNPROVEN_UNIQUE},
    {{"CREATE TABLE t (a)"}, {"CREATE TABLE t (a UNIQUE)"}, ALC_UNPROVEN_UNIQUE},
    {{"CREATE TABLE t (a CONSTRAINT n UNIQUE)"},
     {"CREATE TABLE t (a UNIQUE)"},
     ALC_PROVEN},
    {{"CREATE TABLE t (a UNIQUE)"},
     {"CREATE TABLE t (a CONSTRAINT n UNIQUE)"},
     ALC_UNPROVEN_UNIQUE},
    {{"CREATE TABLE t (a, b, UNIQUE (a, b))"},
     {"CREATE TABLE t (a, b, UNIQUE (b, a))"},
     ALC_UNPROVEN_UNIQUE},
    /* Of two on the same columns the one of the same name is taken first. */
    {{"CREATE TABLE t (a, CONSTRAINT n UNIQUE (a), CONSTRAINT m UNIQUE (a))"},
     {"CREATE TABLE t (a, UNIQUE (a), CONSTRAINT m UNIQUE (a))"},
     ALC_PROVEN},
    {{"CREATE TABLE t (a, CONSTRAINT n UNIQUE (a), CONSTRAINT m UNIQUE (a))"},
     {"CREATE TABLE t (a, CONSTRAINT m UNIQUE (a), CONSTRAINT m UNIQUE (a))"},
     ALC_UNPROVEN_UNIQUE},
    {{"CREATE TABLE t (a REFERENCES o (x))"},
     {"CREATE TABLE t (a CONSTRAINT other REFERENCES o (x))"},
     ALC_PROVEN},
    {{"CREATE TABLE t (a REFERENCES o (x))"},
     {"CREATE TABLE t (a REFERENCES p (x))"},
     ALC_UNPROVEN_FOREIGN_KEY},
    {{"CREATE TABLE t (a REFERENCES o)"},
     {"CREATE TABLE t (a REFERENCES o (x))"},
     ALC_UNPROVEN_FOREIGN_KEY},
    {{"CREATE TABLE t (a REFERENCES o (x) ON DELETE CASCADE)"},
     {"CREATE TABLE t (a REFERENCES o (x))"},
     ALC_UNPROVEN_FOREIGN_KEY},
    {{"CREATE TABLE t (a REFERENCES o (x) DEFERRABLE)"},
     {"CREATE TABLE t (a REFERENCES o (x))"},
     ALC_UNPROVEN_FOREIGN_KEY},
    {{"CREATE TABLE t (a CONSTRAINT c CHECK (a > 0))"},
     {"CREATE TABLE t (a CONSTRAINT c CHECK (a > 1))"},
     ALC_PROVEN}, /* by name */
    {{"CREATE TABLE t (a CONSTRAINT c CHECK (a > 0))"},
     {"CREATE TABLE t (a CONSTRAINT d CHECK (a > 0))"},
     ALC_UNPROVEN_CHECK},
    {{"CREATE TABLE t (a CHECK (a))"},
     {"CREATE TABLE t (a CHECK (a))"},
     ALC_UNPROVEN_CHECK},
};

static void test_statements(void)
{
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        struct alc_catalog actual, wanted;
        const struct alc_table *a = make(&actual, statements[i].actual);
        const struct alc_table *b = make(&wanted, statements[i].wanted);
        enum alc_proof proof = alc_prove_table(a, b, &everything);
        if (!CHECK(proof == statements[i].proof)) {
            printf("\n  %s / %s: %s", statements[i].actual[0], statements[i].wanted[0],
                   alc_proof_reason(proof));
        }
        alc_catalog_release(&actual);
        alc_catalog_release(&wanted);
    }
}

/* What is not asked about does not matter. */
static void test_options(void)
{
    static const struct {
        struct alc_proof_options options;
        const char *wanted;
    } cases[] = {
        {{.types = false,
          .defaults = true,
          .comments = true,
          .indexes = true,
          .foreign_keys = true,
          .checks = true},
         "CREATE TABLE t (a TEXT DEFAULT 1 CONSTRAINT u UNIQUE REFERENCES o (x)"
         " CONSTRAINT c CHECK (a))"},
        {{.types = true,
          .defaults = false,
          .comments = true,
          .indexes = true,
          .foreign_keys = true,
          .checks = true},
         "CREATE TABLE t (a INT CONSTRAINT u UNIQUE REFERENCES o (x)"
         " CONSTRAINT c CHECK (a))"},
        {{.types = true,
          .defaults = true,
          .comments = true,
          .indexes = false,
          .foreign_keys = true,
          .checks = true},
         "CREATE TABLE t (a INT DEFAULT 1 REFERENCES o (x) CONSTRAINT c CHECK (a))"},
        {{.types = true,
          .defaults = true,
          .comments = true,
          .indexes = true,
          .foreign_keys = false,
          .checks = true},
         "CREATE TABLE t (a INT DEFAULT 1 CONSTRAINT u UNIQUE CONSTRAINT c CHECK (a))"},
        {{.types = true,
          .defaults = true,
          .comments = true,
          .indexes = true,
          .foreign_keys = true,
          .checks = false},
         "CREATE TABLE t (a INT DEFAULT 1 CONSTRAINT u UNIQUE REFERENCES o (x))"},
    };
    const char *const actual[] = {"CREATE TABLE t (a INT DEFAULT 1 CONSTRAINT u UNIQUE"
                                  " REFERENCES o (x) CONSTRAINT c CHECK (a))",
                                  NULL, NULL};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const sql[] = {cases[i].wanted, NULL, NULL};
        struct alc_catalog have, want;
        const struct alc_table *a = make(&have, actual), *b = make(&want, sql);
        CHECK(alc_prove_table(a, b, &cases[i].options) == ALC_PROVEN);
        CHECK(alc_prove_table(a, b, &everything) != ALC_PROVEN);
        alc_catalog_release(&have);
        alc_catalog_release(&want);
    }
}

static enum alc_proof prove_columns(const struct alc_column *actual,
                                    const struct alc_column *wanted)
{
    struct alc_column a = *actual, b = *wanted;
    struct alc_table have = {.columns = &a, .n_columns = 1};
    struct alc_table want = {.columns = &b, .n_columns = 1};
    return alc_prove_table(&have, &want, &everything);
}

/* PostgreSQL prints a literal's cast. */
static void test_pg_defaults(void)
{
    static const struct {
        const char *type, *actual, *wanted;
        bool proven;
    } cases[] = {
        {"text", "'a'::text", "'a'", true},
        {"text", "'a'::text", "'a'::text", true},
        {"text", "'a'", "'a'::text", false},
        {"text", "'a'::text", "'b'", false},
        {"text", "'a'::integer", "'a'", false},
        {"text", "'a'::text || 'b'::text", "'a'", false},
        {"text", "'a'::text", "'a", false},
        {"text", "'a'::", "'a'", false},
        {"text", NULL, "'a'", false},
        {"text", "''::text", NULL, false},
        {"text", "''::text", "''", true},
        {"character varying(50)", "'a'::character varying", "'a'", true},
        {"character varying(50)", "'a'::character varying(50)", "'a'", false},
        {"public.mood enum('a')", "'a'::mood", "'a'", true},
        {"public.mood enum('a')", "'a'::public.mood", "'a'", true},
        {"public.mood enum('a')", "'a'::other.mood", "'a'", false},
        {"integer", "1::integer", "1", false},
        {"integer", "5", "5", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_column a = {.name = text("c"), .type = text(cases[i].type)}, b = a;
        a.default_expr = text(cases[i].actual);
        b.default_expr = text(cases[i].wanted);
        enum alc_proof proof = prove_columns(&a, &b);
        if (!CHECK(proof == (cases[i].proven ? ALC_PROVEN : ALC_UNPROVEN_DEFAULT))) {
            printf("\n  %s / %s", cases[i].actual, cases[i].wanted);
        }
    }
    struct alc_column serial = {.name = text("c"), .type = text("integer")};
    struct alc_column wanted = serial;
    serial.default_expr = text("nextval('s'::regclass)");
    CHECK(prove_columns(&serial, &wanted) == ALC_UNPROVEN_DEFAULT);
    wanted.is_serial = true;
    CHECK(prove_columns(&serial, &wanted) == ALC_PROVEN);
}

static void test_identity(void)
{
    struct alc_column a = {.name = text("c"),
                           .type = text("integer"),
                           .identity_kind = ALC_IDENTITY_ALWAYS,
                           .identity = {1, 1, 1, 9, 1, false}};
    struct alc_column b = a;
    CHECK(prove_columns(&a, &b) == ALC_PROVEN);
    b.identity_kind = ALC_IDENTITY_BY_DEFAULT;
    CHECK(prove_columns(&a, &b) == ALC_UNPROVEN_IDENTITY);
    b.identity_kind = ALC_IDENTITY_NONE;
    CHECK(prove_columns(&a, &b) == ALC_UNPROVEN_IDENTITY);
    for (size_t i = 0; i < 6; i++) {
        b = a;
        int64_t *const numbers[] = {&b.identity.start, &b.identity.increment,
                                    &b.identity.min, &b.identity.max,
                                    &b.identity.cache};
        if (i < 5) {
            ++*numbers[i];
        } else {
            b.identity.cycle = true;
        }
        CHECK(prove_columns(&a, &b) == ALC_UNPROVEN_IDENTITY);
    }
    b = a;
    b.comment = text("");
    CHECK(prove_columns(&a, &b) == ALC_UNPROVEN_COMMENT);
}

static void test_tables(void)
{
    struct alc_table a = {.kind = ALC_TABLE_ORDINARY}, b = a;
    CHECK(alc_prove_table(&a, &b, &everything) == ALC_PROVEN);
    b.comment = text("x");
    CHECK(alc_prove_table(&a, &b, &everything) == ALC_UNPROVEN_COMMENT);
    a.kind = ALC_TABLE_VIEW;
    CHECK(alc_prove_table(&a, &b, &everything) == ALC_UNPROVEN_KIND);
    b.opaque = text("x");
    CHECK(alc_prove_table(&a, &b, &everything) == ALC_UNPROVEN_OPAQUE);
}

/* More constraints of a kind than are matched are left to the comparators. */
static void test_many_constraints(void)
{
    struct alc_constraint checks[65];
    char names[65][8];
    memset(checks, 0, sizeof checks);
    for (size_t i = 0; i < 65; i++) {
        snprintf(names[i], sizeof names[i], "c%02zu", i);
        checks[i].kind = ALC_CHECK;
        checks[i].name = text(names[i]);
    }
    struct alc_table table = {.constraints = checks, .n_constraints = 64};
    CHECK(alc_prove_table(&table, &table, &everything) == ALC_PROVEN);
    table.n_constraints = 65;
    CHECK(alc_prove_table(&table, &table, &everything) == ALC_UNPROVEN_CHECK);
}

static void test_reasons(void)
{
    for (int i = 0; i < ALC_N_PROOFS; i++) {
        const char *reason = alc_proof_reason((enum alc_proof)i);
        CHECK(reason && reason[0]);
        for (int j = 0; j < i; j++) {
            CHECK(strcmp(reason, alc_proof_reason((enum alc_proof)j)) != 0);
        }
    }
}

int main(void)
{
    static const struct test_case tests[] = {
        {"statements", test_statements},   {"options", test_options},
        {"pg defaults", test_pg_defaults}, {"identity", test_identity},
        {"tables", test_tables},           {"many constraints", test_many_constraints},
        {"reasons", test_reasons},
    };
    return RUN_TESTS(tests);
}
