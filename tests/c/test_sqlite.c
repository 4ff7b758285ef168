/* The parser of SQLite's stored statements. */
#include "alc/sqlite.h"
#include "harness.h"
#include "model_dump.h"

static const struct {
    const char *sql;
    const char *index; /* or NULL */
    const char *model;
} cases[] = {
    {"CREATE TABLE t (a)", NULL, "a -; "},
    {"CREATE TABLE t (a INTEGER PRIMARY KEY)", NULL, "a INTEGER; pk -(a); "},
    {"create table t (a integer primary key autoincrement not null)", NULL,
     "a INTEGER not null; pk -(a); autoincrement; "},
    {"CREATE TABLE t (a VARCHAR (50) , b numeric( 12 , 2 ), c double  precision)", NULL,
     "a VARCHAR(50); b NUMERIC(12,2); c DOUBLE PRECISION; "},
    {"CREATE TABLE \"t\" (\"a b\" TEXT, [c]]d] INT, `e``f` INT, 'g''h' INT)", NULL,
     "opaque: unexpected token"},
    {"CREATE TABLE t (\"a\"\"b\" TEXT, [c d] INT, `e``f` INT, 'g''h' INT)", NULL,
     "a\"b TEXT; c d INT; e`f INT; g'h INT; "},
    {"CREATE TABLE t (a TEXT DEFAULT 'it''s', b INT DEFAULT -1, c DEFAULT (1 + (2)),"
     " d DEFAULT CURRENT_TIMESTAMP, e DEFAULT x'00ff', f DEFAULT 1.5e-3)",
     NULL,
     "a TEXT default 'it''s'; b INT default -1; c - default 1 + (2); "
     "d - default CURRENT_TIMESTAMP; e - default x'00ff'; f - default 1.5e-3; "},
    {"CREATE TABLE t (a INT CONSTRAINT n NOT NULL CONSTRAINT c CHECK (a > 0)"
     " CONSTRAINT u UNIQUE ON CONFLICT IGNORE)",
     NULL, "a INT not null; uq u(a) on conflict IGNORE; ck c [a > 0]; "},
    {"CREATE TABLE t (a INT, b INT, CONSTRAINT pk PRIMARY KEY (a, b DESC),"
     " UNIQUE (b COLLATE nocase, a), CHECK (a IN (1,2,(3))), CONSTRAINT f FOREIGN KEY"
     " (a, b) REFERENCES o (x, y) ON DELETE CASCADE ON UPDATE SET NULL MATCH FULL"
     " DEFERRABLE INITIALLY DEFERRED)",
     NULL,
     "a INT; b INT; pk pk(a,b); uq -(b,a); fk f(a,b) -> -.o(x,y) null/cascade/1"
     " deferrable deferred; ck - [a IN (1,2,(3))]; "},
    {"CREATE TABLE t (a INT REFERENCES o NOT NULL, b REFERENCES o(x) NOT DEFERRABLE)",
     NULL, "a INT not null; b -; fk -(a) -> -.o() //0; fk -(b) -> -.o(x) //0; "},
    {"CREATE TABLE t (a INT, b INT GENERATED ALWAYS AS (a * 2) STORED, c AS (a) "
     "VIRTUAL,"
     " d TEXT COLLATE NOCASE)",
     NULL, "a INT; b INT as a * 2 stored; c - as a; d TEXT collate NOCASE; "},
    {"CREATE TABLE t (a INT PRIMARY KEY, b) WITHOUT ROWID, STRICT", NULL,
     "a INT not null; b -; pk -(a); without rowid; strict; "},
    {"CREATE TABLE t (a INT, -- a comment, with (\n b /* ) */ INT)", NULL,
     "a INT; b INT; "},
    {"CREATE TABLE t (a, CHECK (a <> ')') CONSTRAINT u UNIQUE (a))", NULL,
     "a -; uq u(a); ck - [a <> ')']; "},
    {"CREATE TABLE t (a INT", NULL, "opaque: unexpected token"},
    {"CREATE TABLE t (a CHECK (a > (1))", NULL, "opaque: unexpected token"},
    {"CREATE TABLE t (a CHECK (a > (1)", NULL, "opaque: open parenthesis"},
    {"CREATE TABLE t (a 'quoted type')", NULL, "opaque: quoted type"},
    {"CREATE TABLE t (a) nonsense", NULL, "opaque: unexpected token"},
    {"CREATE VIRTUAL TABLE t USING fts5(a)", NULL, "opaque: virtual table"},
    {"CREATE TABLE t (a \"open", NULL, "opaque: broken token"},
    {"CREATE TABLE t (a, b)", "CREATE UNIQUE INDEX i ON t (b DESC, a COLLATE nocase)",
     "a -; b -; uix i(b desc,a collate nocase); "},
    {"CREATE TABLE t (a, b)",
     "CREATE INDEX IF NOT EXISTS s.\"i x\" ON t (lower(a) , a + b DESC, \"nope\")"
     " WHERE a IS NOT NULL AND b > 0",
     "a -; b -; ix i x(=lower(a),=a + b desc,=nope) where a IS NOT NULL AND b > 0; "},
    {"CREATE TABLE t (a, b)", "CREATE INDEX i ON t (a", "opaque: unexpected token"},
};

struct statement {
    const char *sql, *index;
    struct alc_buf *out; /* or NULL */
};

static struct alc_str text(const char *s)
{
    struct alc_str str = {s, strlen(s)};
    return str;
}

static int parse(void *arg)
{
    const struct statement *statement = arg;
    struct alc_catalog catalog;
    struct alc_table *table;
    struct alc_error err;
    alc_error_init(&err);
    alc_catalog_init(&catalog, ALC_BACKEND_SQLITE);
    int rc = alc_catalog_add_table(&table, &catalog, alc_str_absent(), text("t"), &err);
    rc = rc ? rc : alc_sqlite_parse_table(&catalog, table, text(statement->sql), &err);
    if (!rc && statement->index) {
        rc = alc_sqlite_parse_index(&catalog, table, text(statement->index), &err);
    }
    rc = rc ? rc : alc_catalog_finish(&catalog, &err);
    if (!rc && statement->out) {
        dump_table(statement->out, table);
    }
    alc_catalog_release(&catalog);
    return rc;
}

static void test_statements(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_buf out;
        alc_buf_init(&out);
        struct statement statement = {cases[i].sql, cases[i].index, &out};
        CHECK(parse(&statement) == 0);
        dump(&out, "%c", '\0');
        if (!CHECK(strcmp(out.ptr, cases[i].model) == 0)) {
            printf("\n  %s\n  want %s\n  have %s", cases[i].sql, cases[i].model,
                   out.ptr);
        }
        alc_buf_release(&out);
    }
}

static void test_out_of_memory(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct statement statement = {cases[i].sql, cases[i].index, NULL};
        check_out_of_memory(parse, &statement);
    }
}

/* Nesting costs no stack. */
static void test_deep_nesting(void)
{
    enum { DEPTH = 100000 };
    struct alc_buf sql, out;
    alc_buf_init(&sql);
    alc_buf_init(&out);
    dump(&sql, "CREATE TABLE t (a CHECK ");
    for (int i = 0; i < DEPTH; i++) {
        dump(&sql, "(");
    }
    for (int i = 0; i < DEPTH; i++) {
        dump(&sql, ")");
    }
    dump(&sql, ")%c", '\0');
    struct statement statement = {sql.ptr, NULL, NULL};
    CHECK(parse(&statement) == 0);
    alc_buf_release(&sql);
    alc_buf_release(&out);
}

#define TEXT(s)                                                                        \
    {                                                                                  \
        ALC_CELL_TEXT, 0,                                                              \
        {                                                                              \
            s, sizeof s - 1                                                            \
        }                                                                              \
    }

static void test_rows(void)
{
    static const struct alc_cell cells[] = {
        TEXT("table"), TEXT("b"), TEXT("b"),    TEXT("CREATE TABLE b (x)"),
        TEXT("table"), TEXT("a"), TEXT("a"),    TEXT("CREATE TABLE a (y)"),
        TEXT("index"), TEXT("i"), TEXT("b"),    TEXT("CREATE INDEX i ON b (x)"),
        TEXT("index"), TEXT("j"), TEXT("gone"), TEXT("CREATE INDEX j ON gone (x)"),
    };
    struct alc_memory_rows memory = {cells, 4, 4, 0};
    struct alc_rows rows;
    struct alc_catalog catalog;
    struct alc_error err;
    alc_error_init(&err);
    alc_catalog_init(&catalog, ALC_BACKEND_SQLITE);
    alc_rows_from_memory(&rows, &memory);
    CHECK(alc_sqlite_feed(&catalog, text("s"), &rows, &err) == 0);
    CHECK(alc_catalog_finish(&catalog, &err) == 0);
    const struct alc_table *b = alc_catalog_find(&catalog, text("s"), text("b"));
    if (CHECK(catalog.n_tables == 2 && b != NULL)) {
        CHECK(b->n_indexes == 1 && b == catalog.tables[1]);
    }
    CHECK(alc_catalog_find(&catalog, alc_str_absent(), text("b")) == NULL);
    alc_catalog_release(&catalog);

    memory.n_columns = 3;
    alc_rows_from_memory(&rows, &memory);
    CHECK(alc_sqlite_feed(&catalog, alc_str_absent(), &rows, &err) == ALC_E_INVALID);
    alc_catalog_release(&catalog);
}

int main(void)
{
    static const struct test_case tests[] = {
        {"statements", test_statements},
        {"out of memory", test_out_of_memory},
        {"deep nesting", test_deep_nesting},
        {"rows", test_rows},
    };
    return run_tests(tests, sizeof tests / sizeof *tests);
}
