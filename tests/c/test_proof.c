/* The proof's rules: what counts as equal, and what is named when it is not. */
#include "alc/proof.h"
#include "alc/regular.h"
#include "alc/sqlite.h"
#include "exact_judge.h"
#include "harness.h"

static struct alc_str text(const char *s)
{
    struct alc_str str = {s, s ? strlen(s) : 0};
    return str;
}

static const struct alc_proof_options everything = {.types = true,
                                                    .collations = true,
                                                    .defaults = true,
                                                    .comments = true,
                                                    .indexes = true,
                                                    .foreign_keys = true,
                                                    .checks = true,
                                                    .merges_uniques = true,
                                                    .judge = &exact_judge};

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
    {{"CREATE TABLE t (a X, b X)"}, {"CREATE TABLE t (a X, b X)"}, ALC_PROVEN},
    {{"CREATE TABLE t (a X, b Y)"}, {"CREATE TABLE t (b Y, a X)"}, ALC_PROVEN},
    {{"CREATE TABLE t (a)"}, {"CREATE TABLE t (a, b)"}, ALC_UNPROVEN_COLUMNS},
    {{"CREATE TABLE t (a X, b X)"}, {"CREATE TABLE t (a X, c)"}, ALC_UNPROVEN_COLUMNS},
    {{"CREATE TABLE t (a)"}, {"CREATE TABLE t (A)"}, ALC_UNPROVEN_COLUMNS},
    {{"CREATE TABLE t (a)"}, {"CREATE TABLE t (a)"}, ALC_UNPROVEN_TYPE}, /* none */
    {{"CREATE TABLE t (a INT)"}, {"CREATE TABLE t (a TEXT)"}, ALC_UNPROVEN_TYPE},
    {{"CREATE TABLE t (a INT)"}, {"CREATE TABLE t (a)"}, ALC_UNPROVEN_TYPE},
    {{"CREATE TABLE t (a COLLATE x)"}, {"CREATE TABLE t (a)"}, ALC_UNPROVEN_TYPE},
    {{"CREATE TABLE t (a X NOT NULL)"},
     {"CREATE TABLE t (a X)"},
     ALC_UNPROVEN_NULLABLE},
    {{"CREATE TABLE t (a X DEFAULT 1)"},
     {"CREATE TABLE t (a X)"},
     ALC_UNPROVEN_DEFAULT},
    {{"CREATE TABLE t (a X)"},
     {"CREATE TABLE t (a X DEFAULT '')"},
     ALC_UNPROVEN_DEFAULT},
    {{"CREATE TABLE t (a X DEFAULT 1)"},
     {"CREATE TABLE t (a X DEFAULT 1)"},
     ALC_PROVEN},
    {{"CREATE TABLE t (a X AS (1))"}, {"CREATE TABLE t (a X)"}, ALC_UNPROVEN_GENERATED},
    {{"CREATE TABLE t (a X AS (1))"},
     {"CREATE TABLE t (a X AS (1) STORED)"},
     ALC_PROVEN},
    {{"CREATE TABLE t (a X AS (1))"},
     {"CREATE TABLE t (a X AS ('1'))"},
     ALC_UNPROVEN_GENERATED},
    {{"CREATE TABLE t (a X AS (1))"},
     {"CREATE TABLE t (a X AS (2))"},
     ALC_UNPROVEN_GENERATED},
    {{"CREATE TABLE t (a X) nonsense"},
     {"CREATE TABLE t (a X) nonsense"},
     ALC_UNPROVEN_OPAQUE},
    {{"CREATE TABLE t (a X)"}, {"CREATE TABLE t (a X) nonsense"}, ALC_UNPROVEN_OPAQUE},
    /* Primary keys are not compared, neither is AUTOINCREMENT. */
    {{"CREATE TABLE t (a X PRIMARY KEY)"}, {"CREATE TABLE t (a X)"}, ALC_PROVEN},
    /* Indexes: by name, in any order. */
    {{"CREATE TABLE t (a X, b X)", "CREATE INDEX i ON t (a)",
      "CREATE INDEX j ON t (b)"},
     {"CREATE TABLE t (a X, b X)", "CREATE INDEX j ON t (b)",
      "CREATE INDEX i ON t (a)"},
     ALC_PROVEN},
    {{"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a)"},
     {"CREATE TABLE t (a X)"},
     ALC_UNPROVEN_INDEX},
    {{"CREATE TABLE t (a X)"},
     {"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a)"},
     ALC_UNPROVEN_INDEX},
    {{"CREATE TABLE t (a X, b X)", "CREATE INDEX i ON t (a, b)"},
     {"CREATE TABLE t (a X, b X)", "CREATE INDEX i ON t (b, a)"},
     ALC_UNPROVEN_INDEX},
    {{"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a)"},
     {"CREATE TABLE t (a X)", "CREATE UNIQUE INDEX i ON t (a)"},
     ALC_UNPROVEN_INDEX},
    {{"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a DESC)"},
     {"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a)"},
     ALC_UNPROVEN_INDEX},
    {{"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a, a DESC)"},
     {"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a, a)"},
     ALC_UNPROVEN_INDEX},
    {{"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a)"},
     {"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a COLLATE nocase)"},
     ALC_UNPROVEN_INDEX},
    {{"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a) WHERE a"},
     {"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a)"},
     ALC_UNPROVEN_INDEX},
    {{"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a) WHERE a"},
     {"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a) WHERE a"},
     ALC_PROVEN},
    /* Expressions are the judge's. */
    {{"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a + 1)"},
     {"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a + 1)"},
     ALC_PROVEN},
    {{"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a + 1)"},
     {"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a + 2)"},
     ALC_UNPROVEN_INDEX},
    {{"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a + 1)"},
     {"CREATE TABLE t (a X)", "CREATE INDEX i ON t (a)"},
     ALC_UNPROVEN_INDEX},
    /* Constraints: a wanted one without a name takes what it finds. */
    {{"CREATE TABLE t (a X UNIQUE)"}, {"CREATE TABLE t (a X)"}, ALC_UNPROVEN_UNIQUE},
    {{"CREATE TABLE t (a X)"}, {"CREATE TABLE t (a X UNIQUE)"}, ALC_UNPROVEN_UNIQUE},
    {{"CREATE TABLE t (a X CONSTRAINT n UNIQUE)"},
     {"CREATE TABLE t (a X UNIQUE)"},
     ALC_PROVEN},
    {{"CREATE TABLE t (a X UNIQUE)"},
     {"CREATE TABLE t (a X CONSTRAINT n UNIQUE)"},
     ALC_UNPROVEN_UNIQUE},
    {{"CREATE TABLE t (a X, b X, UNIQUE (a, b))"},
     {"CREATE TABLE t (a X, b X, UNIQUE (b, a))"},
     ALC_PROVEN}, /* uniqueness knows no order */
    {{"CREATE TABLE t (a X, b X, UNIQUE (a, b))"},
     {"CREATE TABLE t (a X, b X, UNIQUE (a))"},
     ALC_UNPROVEN_UNIQUE},
    /* Two on the same columns are reported as one. */
    {{"CREATE TABLE t (a X, CONSTRAINT n UNIQUE (a), CONSTRAINT m UNIQUE (a))"},
     {"CREATE TABLE t (a X, CONSTRAINT n UNIQUE (a), CONSTRAINT m UNIQUE (a))"},
     ALC_UNPROVEN_UNIQUE},
    /* Those with a name are matched first. */
    {{"CREATE TABLE t (a X, b X, CONSTRAINT n UNIQUE (a), CONSTRAINT m UNIQUE (b))"},
     {"CREATE TABLE t (a X, b X, UNIQUE (a), CONSTRAINT m UNIQUE (b))"},
     ALC_PROVEN},
    {{"CREATE TABLE t (a X REFERENCES o (x))"},
     {"CREATE TABLE t (a X CONSTRAINT other REFERENCES o (x))"},
     ALC_PROVEN},
    {{"CREATE TABLE t (a X REFERENCES o (x))"},
     {"CREATE TABLE t (a X REFERENCES p (x))"},
     ALC_UNPROVEN_FOREIGN_KEY},
    {{"CREATE TABLE t (a X REFERENCES o)"},
     {"CREATE TABLE t (a X REFERENCES o (x))"},
     ALC_UNPROVEN_FOREIGN_KEY},
    {{"CREATE TABLE t (a X REFERENCES o (x) ON DELETE CASCADE)"},
     {"CREATE TABLE t (a X REFERENCES o (x))"},
     ALC_UNPROVEN_FOREIGN_KEY},
    {{"CREATE TABLE t (a X REFERENCES o (x) DEFERRABLE)"},
     {"CREATE TABLE t (a X REFERENCES o (x))"},
     ALC_UNPROVEN_FOREIGN_KEY},
    {{"CREATE TABLE t (a X CONSTRAINT c CHECK (a > 0))"},
     {"CREATE TABLE t (a X CONSTRAINT c CHECK (a > 1))"},
     ALC_UNPROVEN_CHECK},
    {{"CREATE TABLE t (a X CONSTRAINT c CHECK (a > 0))"},
     {"CREATE TABLE t (a X CONSTRAINT d CHECK (a > 0))"},
     ALC_UNPROVEN_CHECK},
    {{"CREATE TABLE t (a X CHECK (a))"},
     {"CREATE TABLE t (a X CHECK (b) CHECK (c))"},
     ALC_PROVEN}, /* none with a name */
    /* Names that a pattern over a definition takes apart otherwise. */
    {{"CREATE TABLE t (a X REFERENCES \"o,(\" (x))"},
     {"CREATE TABLE t (a X REFERENCES \"o,(\" (x))"},
     ALC_UNPROVEN_FOREIGN_KEY},
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
          .checks = true,
          .judge = &exact_judge},
         "CREATE TABLE t (a TEXT DEFAULT 1 CONSTRAINT u UNIQUE REFERENCES o (x)"
         " CONSTRAINT c CHECK (a))"},
        {{.types = true,
          .defaults = false,
          .comments = true,
          .indexes = true,
          .foreign_keys = true,
          .checks = true,
          .judge = &exact_judge},
         "CREATE TABLE t (a INT CONSTRAINT u UNIQUE REFERENCES o (x)"
         " CONSTRAINT c CHECK (a))"},
        {{.types = true,
          .defaults = true,
          .comments = true,
          .indexes = false,
          .foreign_keys = true,
          .checks = true,
          .judge = &exact_judge},
         "CREATE TABLE t (a INT DEFAULT 1 REFERENCES o (x) CONSTRAINT c CHECK (a))"},
        {{.types = true,
          .defaults = true,
          .comments = true,
          .indexes = true,
          .foreign_keys = false,
          .checks = true,
          .judge = &exact_judge},
         "CREATE TABLE t (a INT DEFAULT 1 CONSTRAINT u UNIQUE CONSTRAINT c CHECK (a))"},
        {{.types = true,
          .defaults = true,
          .comments = true,
          .indexes = true,
          .foreign_keys = true,
          .checks = false,
          .judge = &exact_judge},
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

/* Texts are the judge's; the key that counts by itself is not looked at. */
static void test_defaults(void)
{
    static const struct {
        const char *actual, *wanted;
        bool proven;
    } cases[] = {
        {"5", "5", true},  {"5", "6", false}, {NULL, NULL, true},
        {NULL, "", false}, {"", NULL, false}, {"", "", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_column a = {.name = text("c"), .type = text("x")}, b = a;
        a.default_expr = text(cases[i].actual);
        b.default_expr = text(cases[i].wanted);
        CHECK(prove_columns(&a, &b) ==
              (cases[i].proven ? ALC_PROVEN : ALC_UNPROVEN_DEFAULT));
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
    b.identity.start = b.identity.increment = b.identity.min = b.identity.max =
        b.identity.cache = ALC_IDENTITY_UNSET;
    CHECK(prove_columns(&a, &b) == ALC_PROVEN);
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
    struct alc_constraint keys[65];
    struct alc_str columns[65];
    char names[65][8];
    memset(keys, 0, sizeof keys);
    for (size_t i = 0; i < 65; i++) {
        snprintf(names[i], sizeof names[i], "c%02zu", i);
        columns[i] = text(names[i]);
        keys[i].kind = ALC_UNIQUE;
        keys[i].name = text(names[i]);
        keys[i].columns = &columns[i];
        keys[i].n_columns = 1;
    }
    struct alc_table table = {.constraints = keys, .n_constraints = 64};
    CHECK(alc_prove_table(&table, &table, &everything) == ALC_PROVEN);
    table.n_constraints = 65;
    CHECK(alc_prove_table(&table, &table, &everything) == ALC_UNPROVEN_UNIQUE);
}

/* A foreign key into a schema whose name the database leaves out. */
static void test_unnamed_schemas(void)
{
    struct alc_str column = text("a"), other = text("extensions");
    struct alc_constraint key = {.kind = ALC_FOREIGN_KEY,
                                 .columns = &column,
                                 .n_columns = 1,
                                 .ref_columns = &column,
                                 .n_ref_columns = 1,
                                 .ref_schema = other,
                                 .ref_table = text("t")};
    struct alc_table table = {.constraints = &key, .n_constraints = 1};
    struct alc_proof_options options = everything;
    CHECK(alc_prove_table(&table, &table, &options) == ALC_PROVEN);
    options.unnamed_schemas = &other;
    options.n_unnamed_schemas = 1;
    CHECK(alc_prove_table(&table, &table, &options) == ALC_UNPROVEN_FOREIGN_KEY);
    options.foreign_keys = false;
    CHECK(alc_prove_table(&table, &table, &options) == ALC_PROVEN);
    /* More is said of it than its columns show: SET NULL (a). */
    options = everything;
    key.expr = text("FOREIGN KEY ...");
    CHECK(alc_prove_table(&table, &table, &options) == ALC_UNPROVEN_FOREIGN_KEY);
}

static void test_regular(void)
{
    static const struct {
        const char *sql;
        bool regular;
    } cases[] = {
        {"CREATE TABLE t (a INT, CONSTRAINT \"x y\" UNIQUE (a, \"b c\"))", true},
        {"CREATE TABLE t (a INT, FOREIGN KEY(a) REFERENCES o (x) ON DELETE CASCADE)",
         true},
        {"CREATE TABLE t (a INT, FOREIGN KEY(a) REFERENCES o (x) MATCH FULL)", false},
        {"CREATE TABLE t (a VARCHAR(5) DEFAULT 'it''s' NOT NULL)", true},
        {"CREATE TABLE t (a INT UNIQUE)", false},
        {"CREATE TABLE t (a INT, UNIQUE (a DESC))", false},
        {"CREATE TABLE t (a INT, UNIQUE (a COLLATE nocase))", false},
        {"CREATE TABLE t (a INT REFERENCES o (x))", false},
        {"CREATE TABLE t (a INT, FOREIGN KEY (a) REFERENCES o)", false},
        {"CREATE TABLE t (a TEXT DEFAULT 'UNIQUE (a)')", false},
        {"CREATE TABLE t (a TEXT DEFAULT 'a check')", false},
        {"CREATE TABLE t (\"a\"\"b\" INT)", false},
        {"CREATE TABLE t (\"a)\" INT)", false},
        {"CREATE TABLE t (`a` INT)", false},
        {"CREATE TABLE t ([a] INT)", false},
        {"CREATE TABLE t (a INT) -- UNIQUE (a)", false},
        {"CREATE TABLE t (a INT /* x */)", false},
        {"CREATE TABLE t (\xc3\xa4 INT)", false},
        {"CREATE TABLE t (\"\xc3\xa4\" INT)", true},
        {"CREATE TABLE t (a INT, CONSTRAINT 'x' UNIQUE (a))", false},
        {"CREATE TABLE t (a TEXT DEFAULT 'open", false},
        {"UNIQUE", false},
        {"FOREIGN", false},
        {"REFERENCES", false},
        {"CONSTRAINT", false},
        {"", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!CHECK(alc_is_regular(text(cases[i].sql)) == cases[i].regular)) {
            printf("\n  %s", cases[i].sql);
        }
    }
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
        {"statements", test_statements}, {"options", test_options},
        {"defaults", test_defaults},     {"identity", test_identity},
        {"tables", test_tables},         {"many constraints", test_many_constraints},
        {"reasons", test_reasons},       {"unnamed schemas", test_unnamed_schemas},
        {"regular", test_regular},
    };
    return RUN_TESTS(tests);
}
