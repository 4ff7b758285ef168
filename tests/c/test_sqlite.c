/* The parser of SQLite's stored statements. */
#include "alc/sqlite.h"
#include "harness.h"
#include "model_dump.h"
#include "text_rows.h"

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
     "a VARCHAR (50); b NUMERIC(12,2); c DOUBLE  PRECISION; "},
    {"CREATE TABLE t (a varchar/**/(50), b long\nvarchar( - 3 ) , c int -- x\n)", NULL,
     "a VARCHAR/**/(50); b LONG\nVARCHAR(-3); c INT; "},
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
     "a INT; b INT; pk pk(a,b) [a, b DESC]; uq -(b,a) [b COLLATE nocase, a]; fk f(a,b) "
     "-> -.o(x,y) null/cascade/1"
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
    {"CREATE TABLE t (a DEFAULT ( /* x */ 1 -- y\n ))", NULL,
     "a - default /* x */ 1 -- y; "},
    {"CREATE TABLE t (a, CHECK (a <> ')') CONSTRAINT u UNIQUE (a))", NULL,
     "a -; uq u(a); ck - [a <> ')']; "},
    {"CREATE TABLE t (a INT PRIMARY KEY DESC, b NOT NULL ON CONFLICT fail)", NULL,
     "a INT; b - not null on conflict FAIL; pk -(a) [DESC]; "},
    {"CREATE TABLE t (a, PRIMARY KEY (A AUTOINCREMENT) ON CONFLICT replace)", NULL,
     "a -; pk -(A) on conflict REPLACE; autoincrement; "},
    {"CREATE TABLE t (A, b, PRIMARY KEY (a ASC, B)) WITHOUT ROWID", NULL,
     "A - not null; b - not null; pk -(a,B); without rowid; "},
    {"CREATE TABLE t (a INT DEFERRABLE)", NULL, "opaque: unexpected token"},
    {"CREATE TABLE t (a REFERENCES o DEFERRABLE)", NULL,
     "a -; fk -(a) -> -.o() //0 deferrable; "},
    {"CREATE TABLE t (a UNIQUE ON CONFLICT sometimes)", NULL,
     "opaque: unexpected token"},
    {"CREATE TABLE t (a GENERATED)", NULL, "opaque: unexpected token"},
    {"CREATE TABLE t (a \xEF\xBB\xBF INT)", NULL, "opaque: broken token"},
    {"CREATE TABLE t (\xC3\xA9 INT, \xFF INT)", NULL, "\xC3\xA9 INT; \xFF INT; "},
    {"CREATE TABLE t (a, /* open", NULL, "opaque: name expected"},
    {"CREATE TABLE t (a) -- open", NULL, "a -; "},
    {"", NULL, "opaque: unexpected token"},
    {"CREATE TABLE t AS SELECT 1", NULL, "opaque: unexpected token"},
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
    {"CREATE TABLE t (a)", "CREATE INDEX i ON t (a,  ", "opaque: expression expected"},
    {"CREATE TABLE t (a)", "CREATE INDEX i ON t ( )", "opaque: expression expected"},
    {"CREATE TABLE t (a)", "CREATE INDEX i ON t (a) WHERE  ",
     "opaque: expression expected"},
    {"CREATE TABLE t (aA, b)", "CREATE INDEX i ON t (Aa, \"B\" ASC)",
     "aA -; b -; ix i(aA,b); "},
    {"CREATE TABLE t (a)", "CREATE INDEX i ON t (a COLLATE x || a, a COLLATE x)",
     "opaque: unexpected token"},
    {"CREATE TABLE t (a)",
     "CREATE INDEX i ON t ((a DESC), ((a)) DESC, (a) COLLATE x, (a)+1)",
     "a -; ix i(=(a DESC),a desc,a collate x,=(a)+1); "},
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

static void test_rows(void)
{
    static const char text_of_rows[] = "table|b|b|CREATE TABLE b (x)\n"
                                       "table|a|a|CREATE TABLE a (y)\n"
                                       "index|i|b|CREATE INDEX i ON b (x)\n"
                                       "index|j|gone|CREATE INDEX j ON gone (x)\n";
    struct text_rows fed;
    struct alc_rows rows;
    struct alc_catalog catalog;
    struct alc_error err;
    alc_error_init(&err);
    alc_catalog_init(&catalog, ALC_BACKEND_SQLITE);
    text_rows_init(&rows, &fed, text_of_rows, ALC_SQLITE_N_COLUMNS, false);
    CHECK(alc_sqlite_feed(&catalog, text("s"), true, &rows, &err) == 0);
    CHECK(alc_catalog_finish(&catalog, &err) == 0);
    const struct alc_table *b = alc_catalog_find(&catalog, text("s"), text("b"));
    if (CHECK(catalog.n_tables == 2 && b != NULL)) {
        CHECK(b->n_indexes == 1 && b == catalog.tables[1]);
    }
    CHECK(alc_catalog_find(&catalog, alc_str_absent(), text("b")) == NULL);
    alc_catalog_release(&catalog);

    text_rows_init(&rows, &fed, text_of_rows, ALC_SQLITE_N_COLUMNS - 1, false);
    CHECK(alc_sqlite_feed(&catalog, alc_str_absent(), true, &rows, &err) ==
          ALC_E_INVALID);
    alc_catalog_release(&catalog);
}

/* A database with a table that is not understood, a virtual one, and one that is. */
static const char schema_rows[] = "table|odd|odd|CREATE TABLE odd (a 'q', b)\n"
                                  "table|v|v|CREATE VIRTUAL TABLE v USING gone(x)\n"
                                  "table|p|p|CREATE TABLE p (x)\n"
                                  "index|odd_i|odd|CREATE INDEX odd_i ON odd (a)\n"
                                  "index|p_i|p|CREATE INDEX p_i ON p (x, x + 1 + )\n"
                                  "index|p_j|p|CREATE INDEX p_j ON p (x ( 1)";

static const char *const pragma_rows[ALC_SQLITE_N_PRAGMAS] = {
    [ALC_SQLITE_COLUMNS] = "odd|a|q|0|~|0\nodd|b|int (5)|1|'x'|2\nodd|c||0|~|3\n"
                           "p|x||0|~|0\nv|x|TEXT|0|~|0\nother|x|TEXT|0|~|0",
    [ALC_SQLITE_PRIMARY_KEYS] = "odd|b\nodd|a\nother|x",
    [ALC_SQLITE_FOREIGN_KEYS] = "odd|0|o|a|x|CASCADE|NO ACTION\n"
                                "odd|1|o|b|y|CASCADE|NO ACTION\n"
                                "odd|0|self|c|~|SET NULL|SET DEFAULT",
    [ALC_SQLITE_INDEXES] =
        "odd|0|odd_i|0|c|1|a|0|BINARY\nodd|1|odd_i|0|c|1|~|1|NOCASE\n"
        "odd|0|sqlite_autoindex_odd_1|1|u|0|a|0|BINARY\n"
        "odd|1|sqlite_autoindex_odd_1|1|u|0|b|0|BINARY\n"
        "odd|2|sqlite_autoindex_odd_1|1|u|0|c|0|BINARY\n"
        "odd|0|sqlite_autoindex_odd_2|1|pk|0|a|0|BINARY",
};

struct database {
    int pragma; /* whose rows are replaced, or -1 */
    const char *rows;
    bool typed;
    struct alc_error err;
    struct alc_buf *out; /* or NULL */
};

static int read_database(void *arg)
{
    struct database *database = arg;
    struct alc_catalog catalog;
    struct alc_rows rows;
    struct text_rows source;
    struct alc_buf sql;
    alc_buf_init(&sql);
    alc_error_init(&database->err);
    alc_catalog_init(&catalog, ALC_BACKEND_SQLITE);
    text_rows_init(&rows, &source, schema_rows, ALC_SQLITE_N_COLUMNS, false);
    int rc = alc_sqlite_feed(&catalog, text("s"), true, &rows, &database->err);
    for (int i = 0; !rc && i < ALC_SQLITE_N_PRAGMAS; i++) {
        enum alc_sqlite_pragma pragma = (enum alc_sqlite_pragma)i;
        rc = alc_sqlite_pragma_sql(&sql, &catalog, text("s"), text("s"), pragma,
                                   &database->err);
        text_rows_init(&rows, &source,
                       i == database->pragma ? database->rows : pragma_rows[i],
                       alc_sqlite_pragma_n_columns(pragma), database->typed);
        rc = rc ? rc
                : alc_sqlite_pragma_feed(&catalog, text("s"), pragma, &rows,
                                         &database->err);
    }
    rc = rc ? rc : alc_catalog_finish(&catalog, &database->err);
    for (size_t i = 0; !rc && database->out && i < catalog.n_tables; i++) {
        dump(database->out, "%.*s: ", STR(catalog.tables[i]->name));
        dump_table(database->out, catalog.tables[i]);
        dump(database->out, "\n");
    }
    alc_buf_release(&sql);
    alc_catalog_release(&catalog);
    return rc;
}

static void test_pragmas(void)
{
    static const char wanted[] =
        "odd: opaque: quoted type; <CREATE INDEX odd_i ON odd (a)> "
        "<CREATE TABLE odd (a 'q', b)>; a Q; b INT (5) not null default 'x'; c -; "
        "pk -(b,a); uq -(a,b,c); fk -(a,b) -> -.o(x,y) cascade//0; "
        "fk -(c) -> -.self() null/default/0; ix odd_i(a,= desc collate NOCASE) where ; "
        "\n"
        "p: opaque: unexpected token; <CREATE INDEX p_i ON p (x, x + 1 + )> "
        "<CREATE INDEX p_j ON p (x ( 1)> <CREATE TABLE p (x)>; x -; \n"
        "v: opaque: virtual table; <CREATE VIRTUAL TABLE v USING gone(x)>; \n";
    for (int typed = 0; typed < 2; typed++) {
        struct alc_buf out;
        alc_buf_init(&out);
        struct database database = {.pragma = -1, .typed = typed, .out = &out};
        CHECK(read_database(&database) == 0);
        dump(&out, "%c", '\0');
        if (!CHECK(strcmp(out.ptr, wanted) == 0)) {
            printf("\nwant\n%s\nhave\n%s", wanted, out.ptr);
        }
        alc_buf_release(&out);
    }
    struct database database = {.pragma = -1};
    check_out_of_memory(read_database, &database);
}

static void test_broken_pragmas(void)
{
    static const struct {
        enum alc_sqlite_pragma pragma;
        const char *rows;
    } broken[] = {
        {ALC_SQLITE_COLUMNS, "odd|a|q|~|~|0"},
        {ALC_SQLITE_COLUMNS, "odd|a|q|0|~|x"},
        {ALC_SQLITE_FOREIGN_KEYS, "odd|1|o|b|y|CASCADE|NO ACTION"},
        {ALC_SQLITE_FOREIGN_KEYS, "odd|0|o|b|y|cascade|NO ACTION"},
        {ALC_SQLITE_FOREIGN_KEYS, "odd|x|o|b|y|CASCADE|NO ACTION"},
        {ALC_SQLITE_INDEXES, "odd|1|i|0|c|1|a|0|BINARY"},
        {ALC_SQLITE_INDEXES, "odd|1|i|0|u|1|a|0|BINARY"},
        {ALC_SQLITE_INDEXES, "odd|0|i|y|c|1|a|0|BINARY"},
        {ALC_SQLITE_INDEXES, "odd|0|i|0|c|1|a|~|BINARY"},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct database database = {.pragma = (int)broken[i].pragma,
                                    .rows = broken[i].rows};
        if (!CHECK(read_database(&database) == ALC_E_INVALID)) {
            printf("\n  %s", broken[i].rows);
        }
    }
}

/* Names of databases and tables that end a quote. */
static void test_pragma_sql(void)
{
    static const char rows_of_two[] =
        "table|a'b\"|x|broken\ntable|p|p|CREATE TABLE p (x)";
    struct alc_catalog catalog;
    struct alc_rows rows;
    struct text_rows source;
    struct alc_buf sql;
    alc_buf_init(&sql);
    alc_catalog_init(&catalog, ALC_BACKEND_SQLITE);
    text_rows_init(&rows, &source, rows_of_two, ALC_SQLITE_N_COLUMNS, false);
    CHECK(alc_sqlite_feed(&catalog, alc_str_absent(), true, &rows, NULL) == 0);
    CHECK(alc_sqlite_pragma_sql(&sql, &catalog, alc_str_absent(), text("d'\"d"),
                                ALC_SQLITE_PRIMARY_KEYS, NULL) == 0);
    dump(&sql, "%c", '\0');
    CHECK(strcmp(sql.ptr,
                 "SELECT m.name, x.name FROM \"d'\"\"d\".sqlite_master m JOIN"
                 " pragma_table_xinfo(m.name, 'd''\"d') x WHERE m.type = 'table'"
                 " AND x.pk > 0 AND m.name IN ('a''b\"') ORDER BY m.name, x.pk") == 0);
    alc_buf_reset(&sql);
    CHECK(alc_sqlite_pragma_sql(&sql, &catalog, text("elsewhere"), text("elsewhere"),
                                ALC_SQLITE_COLUMNS, NULL) == 0);
    CHECK(sql.len == 0);
    alc_catalog_release(&catalog);

    /* Not parsed at all: everything is asked about. */
    text_rows_init(&rows, &source, rows_of_two, ALC_SQLITE_N_COLUMNS, false);
    CHECK(alc_sqlite_feed(&catalog, alc_str_absent(), false, &rows, NULL) == 0);
    CHECK(catalog.n_tables == 2 && catalog.tables[0]->n_statements == 1 &&
          catalog.tables[1]->opaque.len > 0 && catalog.tables[1]->n_columns == 0);
    alc_catalog_release(&catalog);
    alc_buf_release(&sql);
}

int main(void)
{
    static const struct test_case tests[] = {
        {"statements", test_statements},     {"out of memory", test_out_of_memory},
        {"deep nesting", test_deep_nesting}, {"rows", test_rows},
        {"pragmas", test_pragmas},           {"broken pragmas", test_broken_pragmas},
        {"pragma sql", test_pragma_sql},
    };
    return run_tests(tests, sizeof tests / sizeof *tests);
}
