/*
 * The reader of PostgreSQL's catalogs, on rows in memory: what it makes of them, and
 * what it says of rows that no server sends.
 */
#include "alc/pg.h"
#include "harness.h"
#include "model_dump.h"
#include "text_rows.h"

/* The columns at the end of a row of ALC_PG_NAMES. */
#define FIVE "|~|~|~|~|~"
#define NONE "|~" FIVE

/* clang-format off */
#define RELATIONS                                                                      \
    "\nr|100|f|t|public|r|t" NONE "\nr|101|f|u|other|p|f" NONE                         \
    "\nr|102|t|t|other|r|f" NONE "\nr|103|f|t|pg_catalog|r|t" NONE
#define NOTES                                                                          \
    "\nc|100|0|a table|~|~|~" NONE "\nc|100|2|a column|~|~|~" NONE                     \
    "\nc|100|3|a dropped one|~|~|~" NONE "\nc|998|0|an unknown one|~|~|~" NONE         \
    "\ns|100|1|t_id_seq|public|id|t|10|2|1|99|5|t"                                     \
    "\ns|101|1|u_id_seq|other|id|f|1|1|1|2147483647|1|f"                               \
    "\ns|101|7|gone_seq|other|gone|f|1|1|1|2147483647|1|f"
/* clang-format on */

/* A small database: two schemas, three tables. */
static const char *const world[ALC_PG_N_QUERIES] = {
    [ALC_PG_NAMES] = "n|11|0|public|~|~|t" NONE "\nn|12|0|other|~|~|f" NONE
                     "\nt|23|0|integer|pg_catalog|~|~|0" FIVE
                     "\nt|1043|0|character varying|pg_catalog|~|~|100" FIVE
                     "\nt|1015|1043|character varying[]|pg_catalog|~|~|100" FIVE
                     "\nt|1042|0|character|pg_catalog|~|~|100" FIVE
                     "\nt|1700|0|numeric|pg_catalog|~|~|0" FIVE
                     "\nt|1184|0|timestamp with time zone|pg_catalog|~|~|0" FIVE
                     "\nt|1560|0|bit|pg_catalog|~|~|0" FIVE
                     "\nt|1186|0|interval|pg_catalog|~|~|0" FIVE
                     "\nt|500|0|mood|public|'so''so', 'glad'|~|0" FIVE
                     "\nt|501|500|_mood|public|~|~|0" FIVE RELATIONS NOTES,
    /* Not in order, and with the gap that a dropped column leaves. */
    [ALC_PG_COLUMNS] = "100|4|name|1043|54|t|||100|~|~\n"
                       "100|1|id|23|-1|t|d||0|~|~\n"
                       "100|2|at|1184|3|f|||0|~|now()\n"
                       "100|5|tags|1015|14|f|||100|~|'{}'::character varying[]\n"
                       "100|6|sum|1700|786438|f|||0|~|~\n"
                       "100|7|twice|23|-1|f||s|0|~|(id * 2)\n"
                       "100|8|moods|501|-1|f|||0|~|~\n"
                       "100|9|flag|1560|8|f|||0|~|~\n"
                       "100|10|span|1186|2147418112|f|||0|~|~\n"
                       "100|11|c|1042|5|f|||950|C|~\n"
                       "100|12|open|1042|-1|f|||100|~|~\n"
                       "101|1|id|23|-1|t|||0|~|nextval('other.u_id_seq'::regclass)\n"
                       "101|2|t_id|23|-1|f|||0|~|~\n"
                       "102|1|id|99|-1|f|||0|~|~\n"
                       "999|1|of_a_table_made_since|23|-1|f|||0|~|~",
    [ALC_PG_CONSTRAINTS] =
        "100|t_pkey|p|{1}|200|f|f|t|~|0|~|~|~|~|~|~|~|~\n"
        "100|t_name_key|u|{4,2}|201|t|t|t|~|0|~|~|~|~|~|~|~|~\n"
        "100|t_check|c|{1}|0|f|f|f|CHECK ((id > 0)) NOT VALID|0|~|~|~|~|~|~|~|~\n"
        "100|t_x|x|{1}|203|f|f|t|EXCLUDE USING gist (id WITH =)|0|~|~|~|~|~|~|~|~\n"
        "101|u_fk|f|{2}|200|t|f|t|~|100|11|t|{1}|c|n|f|~|~\n"
        "101|u_away|f|{1,2}|9|f|f|t|~|7|8|gone|{1,2}|a|d|s|far|{a,\"b c\"}",
    [ALC_PG_INDEXES] =
        "100|200|t_pkey|btree|t|t|f|1|^1|^0|~|~|~|~|^0|~|t|t\n"
        "100|201|t_name_key|btree|t|f|t|2|4 2 6|0 0|~|~|~|~|100 0|~|t|t\n"
        "100|203|t_x|gist|f|f|f|1|^1|^0|~|~|~|~|^0|~|t|t\n"
        "100|202|t_mixed|btree|t|f|f|3|0 4 11|1 3 2|{lower(name),~,~}|(id > 0)|"
        "{fillfactor=70}|{\"\",varchar_pattern_ops,\"\"}|100 100 100|{default,default,"
        "default}|f|f",
};

static const char world_model[] =
    "other.t 2: id unknown type; \n"
    "other.u 1: id INT not null default nextval('other.u_id_seq'::regclass) serial; "
    "t_id INT; fk u_away(id,t_id) -> far.gone(a,b c) /default/0; "
    "fk u_fk(t_id) -> public.t(id) cascade/null/1 deferrable; \n"
    "public.t 0 (a table): id INT not null identity 10 by 2; "
    "at timestamp(3) with time zone default now() comment a column; "
    "name character varying(50) not null; "
    "tags character varying(10)[] default '{}'::character varying[]; "
    "sum numeric(12,2); twice INT as (id * 2) stored; "
    "moods public.mood enum('so''so', 'glad')[]; flag bit(8); "
    "span interval typmod 2147418112; c character(1) collate C; open bpchar; "
    "pk t_pkey(id); uq t_name_key(name,at) include (sum) deferrable deferred nulls not "
    "distinct; ck t_check [CHECK ((id > 0)) NOT VALID] not valid; "
    "ex t_x [EXCLUDE USING gist (id WITH =)]; "
    "uix t_mixed(=lower(name) desc collate default,name desc varchar_pattern_ops,"
    "c collate default) where (id > 0) invalid not ready; "
    "uix t_name_key(name,at) include (sum) of constraint; "
    "uix t_pkey(id) of constraint; ix t_x(id) of constraint; \n";

static struct alc_str text(const char *s)
{
    struct alc_str str = {s, strlen(s)};
    return str;
}

struct reading {
    /* A row in place of query's own, or behind them. */
    int query; /* -1: the world as it is */
    const char *rows;
    bool typed;
    const struct alc_pg_options *options;
    struct alc_error err;
    struct alc_buf *out; /* or NULL */
};

static void dump_catalog(struct alc_buf *out, const struct alc_catalog *catalog)
{
    for (size_t i = 0; i < catalog->n_tables; i++) {
        const struct alc_table *table = catalog->tables[i];
        dump(out, "%.*s.%.*s %d", STR(table->schema), STR(table->name),
             (int)table->kind);
        if (!alc_str_is_absent(table->comment)) {
            dump(out, " (%.*s)", STR(table->comment));
        }
        dump(out, ": ");
        dump_table(out, table);
        dump(out, "\n");
    }
    dump(out, "%c", '\0');
}

static int read_world(void *arg)
{
    static const struct alc_pg_options everything = {0};
    struct reading *reading = arg;
    struct alc_catalog catalog;
    struct alc_pg_reader *reader = NULL;
    struct alc_rows rows;
    struct text_rows source;
    alc_error_init(&reading->err);
    alc_catalog_init(&catalog, ALC_BACKEND_POSTGRESQL);
    int rc = alc_pg_reader_new(&reader, &catalog, 150004,
                               reading->options ? reading->options : &everything,
                               &reading->err);
    for (int query = 0; !rc && query < ALC_PG_N_QUERIES; query++) {
        bool replaced = query == reading->query;
        text_rows_init(&rows, &source, replaced ? reading->rows : world[query],
                       alc_pg_n_columns((enum alc_pg_query)query), reading->typed);
        rc = alc_pg_feed(reader, (enum alc_pg_query)query, &rows, &reading->err);
    }
    rc = rc ? rc : alc_pg_finish(reader, &reading->err);
    if (!rc && reading->out) {
        dump_catalog(reading->out, &catalog);
    }
    alc_pg_reader_free(reader);
    alc_catalog_release(&catalog);
    return rc;
}

static void expect_model(struct reading *reading, const char *wanted)
{
    struct alc_buf out;
    alc_buf_init(&out);
    reading->out = &out;
    if (CHECK(read_world(reading) == 0)) {
        if (!CHECK(strcmp(out.ptr, wanted) == 0)) {
            printf("\nwant\n%s\nhave\n%s", wanted, out.ptr);
        }
    } else {
        printf("\n%s (row %zu)", reading->err.msg, reading->err.pos);
    }
    alc_buf_release(&out);
}

/* The names of types as the server prints them go in as they are. */
static void test_world(void)
{
    struct alc_buf wanted;
    alc_buf_init(&wanted);
    for (const char *at = world_model; *at; at++) {
        bool is_int = strncmp(at, "INT", 3) == 0;
        dump(&wanted, is_int ? "integer" : "%c", *at);
        at += is_int ? 2 : 0;
    }
    dump(&wanted, "%c", '\0');
    for (int typed = 0; typed < 2; typed++) {
        struct reading reading = {.query = -1, .typed = typed};
        expect_model(&reading, wanted.ptr);
    }
    alc_buf_release(&wanted);
}

static void test_schemas(void)
{
    struct alc_str other[] = {text("missing"), text("other")};
    struct alc_pg_options options = {.schemas = other, .n_schemas = 2};
    struct reading reading = {
        .query = ALC_PG_NAMES,
        .rows = "n|11|0|public|~|~|t" NONE "\nn|12|0|other|~|~|f" NONE
                "\nt|23|0|integer|pg_catalog|~|~|0" FIVE "\nr|100|f|t|public|r|t" NONE
                "\nr|101|f|u|other|p|t" NONE NOTES,
        .options = &options};
    expect_model(&reading, "other.u 1: id integer not null default "
                           "nextval('other.u_id_seq'::regclass) serial; t_id integer; "
                           "fk u_away(id,t_id) -> far.gone(a,b c) /default/0; "
                           "fk u_fk(t_id) -> -.t() cascade/null/1 deferrable; \n");
    struct alc_pg_options none = {.schemas = other, .n_schemas = 0};
    struct reading nothing = {.query = -1, .options = &none};
    expect_model(&nothing, "");
}

/* Rows that no server sends: a clear error, never a crash, never half a table. */
static const struct {
    enum alc_pg_query query;
    const char *row;
} broken[] = {
    {ALC_PG_NAMES, "n|x|0|public|~|~|t" NONE},
    {ALC_PG_NAMES, "n|~|0|public|~|~|t" NONE},
    {ALC_PG_NAMES, "n|11|0|~|~|~|t" NONE},
    {ALC_PG_NAMES, "z|11|0|public|~|~|t" NONE},
    {ALC_PG_NAMES, "nn|11|0|public|~|~|t" NONE},
    {ALC_PG_NAMES, "~|11|0|public|~|~|t" NONE},
    {ALC_PG_NAMES, "t|23|0|~|pg_catalog|~|~|0" FIVE},
    {ALC_PG_NAMES, "t|x|0|integer|pg_catalog|~|~|0" FIVE},
    {ALC_PG_NAMES, "t|23|~|integer|pg_catalog|~|~|0" FIVE},
    {ALC_PG_NAMES, "t|23|0|integer|pg_catalog|~|~|1e3" FIVE},
    {ALC_PG_NAMES, "r|100|f|~|public|r|t" NONE},
    {ALC_PG_NAMES, "r|100|f|t|~|r|t" NONE},
    {ALC_PG_NAMES, "r|~|f|t|public|r|t" NONE},
    {ALC_PG_NAMES, "r|100|x|t|public|r|t" NONE},
    /* twice: found at the end */
    {ALC_PG_NAMES, "r|100|f|t|public|r|t" NONE "\nr|103|f|t|public|r|t" NONE},
    {ALC_PG_NAMES, "c|x|0|a|~|~|~" NONE},
    {ALC_PG_NAMES, "c|100|~|a|~|~|~" NONE},
    {ALC_PG_NAMES, "s|~|1|a|public|id|t|1|2|1|99|5|t"},
    {ALC_PG_NAMES, "s|100|1|a|public|id|t|~|2|1|99|5|t"},
    {ALC_PG_NAMES, "s|100|1|a|public|id|t|1|2|1|99|5|~"},
    {ALC_PG_COLUMNS, "100|1|~|23|-1|t|||0|~|~"},
    {ALC_PG_COLUMNS, "100|~|name|1043|54|t|||100|~|~"},
    {ALC_PG_COLUMNS, "100|1|name|int4|54|t|||100|~|~"},
    {ALC_PG_COLUMNS, "100|1|name|23|-1|yes|||100|~|~"},
    {ALC_PG_COLUMNS, "100|1|name|23|99999999999999999999|t|||100|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|z|{1}|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|pp|{1}|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|~|{1}|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|p|{3}|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|p|{0}|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|p|{-1}|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|p|{9223372036854775807}|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|p|{1|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|p|{|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|p|{1,}|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|p|{,1}|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|p|{{1}}|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|p|{\"1}|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|p|{\"1\"2}|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|p|{\"1\\}|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|p|{a}|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|p|{NULL}|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "100|k|f|{1}|0|f|f|t|~|~|~|~|~|~|~|~|~|~"},
    {ALC_PG_CONSTRAINTS, "101|k|f|{2}|0|f|f|t|~|100|11|t|{3}|c|n|f|~|~"},
    {ALC_PG_CONSTRAINTS, "101|k|f|{2}|0|f|f|t|~|7|8|t|{3}|c|n|f|far|{\"}"},
    {ALC_PG_INDEXES, "100|x|i|btree|t|f|f|1|^1|^0|~|~|~|~|^0|~|t|t"},
    {ALC_PG_INDEXES, "100|1|i|btree|t|f|f|~|1|0|~|~|~|~|0|~|t|t"},
    {ALC_PG_INDEXES, "100|1|i|btree|t|f|f|1|3|0|~|~|~|~|0|~|t|t"},
    {ALC_PG_INDEXES, "100|1|i|btree|t|f|f|1|0|0|~|~|~|~|0|~|t|t"},
    {ALC_PG_INDEXES, "100|1|i|btree|t|f|f|2|1 0|0|{a}|~|~|~|0|~|t|t"},
    {ALC_PG_INDEXES, "100|1|i|btree|t|f|f|1|1 |0|~|~|~|~|0|~|t|t"},
    {ALC_PG_INDEXES, "100|1|i|btree|t|f|f|1|1|a|~|~|~|~|0|~|t|t"},
    {ALC_PG_INDEXES, "100|1|i|btree|t|f|f|1|1|0|{\"\\}|~|~|~|0|~|t|t"},
};

static void test_broken_rows(void)
{
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        for (int typed = 0; typed < 2; typed++) {
            struct reading reading = {
                .query = (int)broken[i].query, .rows = broken[i].row, .typed = typed};
            if (!CHECK(read_world(&reading) == ALC_E_INVALID)) {
                printf("\n  query %d: %s", (int)broken[i].query, broken[i].row);
            }
            CHECK(reading.err.code == ALC_E_INVALID && reading.err.msg[0]);
        }
    }
}

/* Rows that say less than they should, and are read as far as they go. */
static void test_sparse_rows(void)
{
    static const struct {
        enum alc_pg_query query;
        const char *row;
    } cases[] = {
        {ALC_PG_CONSTRAINTS, "100|k|p|~|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
        {ALC_PG_CONSTRAINTS, "100|k|p|{}|0|~|~|~|~|0|~|~|~|~|~|~|~|~"},
        {ALC_PG_CONSTRAINTS, "999|k|p|{1}|0|f|f|t|~|0|~|~|~|~|~|~|~|~"},
        {ALC_PG_INDEXES, "100|1|i|btree|t|f|f|-5|1 2|0|~|~|~|~|0|~|t|t"},
        {ALC_PG_INDEXES, "100|1|i|btree|t|f|f|70000|1|0|~|~|~|~|0|~|t|t"},
        {ALC_PG_INDEXES, "100|1|i|btree|t|f|f|1||0|~|~|~|~|0|~|t|t"},
        {ALC_PG_INDEXES, "999|1|i|btree|t|f|f|1|^1|^0|~|~|~|~|^0|~|t|t"},
        {ALC_PG_COLUMNS, "100|2147483647|a|23|-1|t|||0|~|~\n100|-5|b|23|-1|t|||0|~|~"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reading reading = {.query = (int)cases[i].query, .rows = cases[i].row};
        int rc = read_world(&reading);
        bool fine = rc == 0 || cases[i].query == ALC_PG_COLUMNS;
        if (!CHECK(fine)) {
            printf("\n  %s: %s", cases[i].row, reading.err.msg);
        }
    }
}

static int failing_next(void *self, struct alc_cell *cells, struct alc_error *err)
{
    (void)self;
    (void)cells;
    return alc_error_set(err, ALC_E_IO, 0, "connection lost");
}

static void test_contract(void)
{
    static const struct alc_pg_options options = {0};
    struct alc_catalog catalog;
    struct alc_pg_reader *reader = NULL;
    struct alc_error err;
    struct alc_rows rows;
    struct text_rows source;
    alc_error_init(&err);
    alc_catalog_init(&catalog, ALC_BACKEND_POSTGRESQL);
    CHECK(alc_pg_reader_new(&reader, &catalog, 120099, &options, &err) == ALC_E_LIMIT);
    CHECK(strstr(err.msg, "12.99") != NULL && reader == NULL);
    if (!CHECK(alc_pg_reader_new(&reader, &catalog, 130000, &options, &err) == 0)) {
        return;
    }
    text_rows_init(&rows, &source, "", 11, false);
    CHECK(alc_pg_feed(reader, ALC_PG_COLUMNS, &rows, &err) ==
          ALC_E_INVALID); /* order */
    text_rows_init(&rows, &source, "", 4, false);
    CHECK(alc_pg_feed(reader, ALC_PG_NAMES, &rows, &err) == ALC_E_INVALID);
    CHECK(alc_pg_finish(reader, &err) == ALC_E_INVALID);
    text_rows_init(&rows, &source, "", 13, false);
    rows.next = failing_next;
    CHECK(alc_pg_feed(reader, ALC_PG_NAMES, &rows, &err) == ALC_E_IO);
    CHECK(strcmp(err.msg, "connection lost") == 0);
    alc_pg_reader_free(reader);
    alc_pg_reader_free(NULL);
    alc_catalog_release(&catalog);
}

static bool has(const struct alc_buf *sql, const char *piece)
{
    size_t len = strlen(piece);
    for (size_t i = 0; i + len <= sql->len; i++) {
        if (memcmp(sql->ptr + i, piece, len) == 0) {
            return true;
        }
    }
    return false;
}

/* One text a version and option, the same number of columns in each. */
static void test_sql(void)
{
    static const struct {
        uint32_t version;
        bool less;
        enum alc_pg_query query;
        const char *there, *missing;
    } cases[] = {
        {130000, false, ALC_PG_INDEXES, ", false,", "indnullsnotdistinct"},
        {149999, false, ALC_PG_INDEXES, ", false,", "indnullsnotdistinct"},
        {150000, false, ALC_PG_INDEXES, "i.indnullsnotdistinct", "%"},
        {150000, false, ALC_PG_INDEXES, "i.indislive", "NOT i.indisprimary"},
        {150000, true, ALC_PG_INDEXES, "NOT i.indisprimary", "i.indislive"},
        {150000, true, ALC_PG_INDEXES, "opcname", "%"},
        {150000, false, ALC_PG_COLUMNS, "IN (11, 12)", "%"},
        {150000, true, ALC_PG_COLUMNS, "attgenerated <> '' THEN", "%"},
        {150000, false, ALC_PG_CONSTRAINTS, "('u', 'f', 'x', 'p', 'c')", "WHEN false"},
        {150000, true, ALC_PG_CONSTRAINTS, "('u', 'f', 'x')", "IN ('c', 'x')"},
        {150000, false, ALC_PG_CONSTRAINTS, "IN (11, 12)", "%"},
        {170000, false, ALC_PG_CONSTRAINTS, "k.confdelsetcols", "k.conperiod"},
        {180000, true, ALC_PG_CONSTRAINTS, "k.conperiod", "%"},
        {150000, false, ALC_PG_NAMES, "pg_sequence", "%"},
        {150000, true, ALC_PG_NAMES, "pg_description", "pg_sequence"},
        {150000, false, ALC_PG_NAMES, "c.oid >= 16384", "t.oid >= 16384"},
        {150000, true, ALC_PG_NAMES, "t.oid >= 16384", "%"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct alc_pg_options options = {.without_defaults = cases[i].less,
                                         .without_checks = cases[i].less,
                                         .without_sequences = cases[i].less,
                                         .without_details = cases[i].less,
                                         .without_system_types = cases[i].less};
        struct alc_catalog catalog;
        struct alc_pg_reader *reader = NULL;
        struct alc_rows rows;
        struct text_rows source;
        struct alc_buf sql;
        alc_buf_init(&sql);
        alc_catalog_init(&catalog, ALC_BACKEND_POSTGRESQL);
        CHECK(alc_pg_reader_new(&reader, &catalog, cases[i].version, &options, NULL) ==
              0);
        CHECK(alc_pg_sql(&sql, reader, cases[i].query, NULL) == 0);
        CHECK(cases[i].query == ALC_PG_NAMES || has(&sql, "IN (0)"));
        alc_buf_reset(&sql);
        text_rows_init(&rows, &source, world[ALC_PG_NAMES], 13, false);
        CHECK(alc_pg_feed(reader, ALC_PG_NAMES, &rows, NULL) == 0);
        CHECK(alc_pg_sql(&sql, reader, cases[i].query, NULL) == 0);
        if (!CHECK(has(&sql, cases[i].there) && !has(&sql, cases[i].missing))) {
            printf("\n  case %zu: %.*s", i, (int)sql.len, sql.ptr);
        }
        alc_buf_release(&sql);
        alc_pg_reader_free(reader);
        alc_catalog_release(&catalog);
    }
}

/* Names of schemas stand in the text as no setting and no driver mistakes them. */
static void test_literals(void)
{
    struct alc_str names[] = {text("plain_1"),
                              text("it's 100%\\ $1:a"),
                              text("caf\xc3\xa9"),
                              {"no\0name", 7}};
    struct alc_pg_options options = {.schemas = names, .n_schemas = 4};
    struct alc_catalog catalog;
    struct alc_pg_reader *reader = NULL;
    struct alc_buf sql;
    alc_buf_init(&sql);
    alc_catalog_init(&catalog, ALC_BACKEND_POSTGRESQL);
    CHECK(alc_pg_reader_new(&reader, &catalog, 150000, &options, NULL) == 0);
    CHECK(alc_pg_sql(&sql, reader, ALC_PG_NAMES, NULL) == 0);
    CHECK(!has(&sql, "16384")); /* the system's may be wanted */
    CHECK(has(&sql, "n.nspname IN (NULL, E'plain_1', E'it\\u0027s\\u0020100\\u0025"
                    "\\u005c\\u0020\\u00241\\u003aa', E'caf\xc3\xa9')"));
    CHECK(!has(&sql, "%") && !has(&sql, "no"));
    alc_buf_release(&sql);
    alc_pg_reader_free(reader);
    alc_catalog_release(&catalog);
}

static int write_sql(void *arg)
{
    struct alc_catalog catalog;
    struct alc_pg_reader *reader = NULL;
    static const struct alc_pg_options options = {0};
    struct alc_buf sql;
    (void)arg;
    alc_buf_init(&sql);
    alc_catalog_init(&catalog, ALC_BACKEND_POSTGRESQL);
    int rc = alc_pg_reader_new(&reader, &catalog, 150000, &options, NULL);
    for (int query = 0; !rc && query < ALC_PG_N_QUERIES; query++) {
        rc = alc_pg_sql(&sql, reader, (enum alc_pg_query)query, NULL);
    }
    alc_buf_release(&sql);
    alc_pg_reader_free(reader);
    alc_catalog_release(&catalog);
    return rc;
}

static void test_out_of_memory(void)
{
    struct reading reading = {.query = -1};
    check_out_of_memory(read_world, &reading);
    check_out_of_memory(write_sql, NULL);
}

/* Many tables: the maps grow, and each column finds its table. */
static void test_many(void)
{
    enum { N = 3000 };
    struct alc_buf relations, columns;
    struct alc_catalog catalog;
    struct alc_pg_reader *reader = NULL;
    static const struct alc_pg_options options = {0};
    struct alc_rows rows;
    struct text_rows source;
    alc_buf_init(&relations);
    alc_buf_init(&columns);
    for (int i = N; i-- > 0;) {
        dump(&relations, "r|%lld|f|t%05d|public|r|t" NONE "\n", 16384 + 65536LL * i, i);
        dump(&columns, "%lld|1|c%05d|23|-1|f|||0|~|~\n", 16384 + 65536LL * i, i);
    }
    dump(&relations, "%c", '\0');
    dump(&columns, "%c", '\0');
    alc_catalog_init(&catalog, ALC_BACKEND_POSTGRESQL);
    CHECK(alc_pg_reader_new(&reader, &catalog, 150000, &options, NULL) == 0);
    for (int query = 0; query < ALC_PG_N_QUERIES; query++) {
        const char *all = query == ALC_PG_NAMES     ? relations.ptr
                          : query == ALC_PG_COLUMNS ? columns.ptr
                                                    : "";
        text_rows_init(&rows, &source, all, alc_pg_n_columns((enum alc_pg_query)query),
                       false);
        CHECK(alc_pg_feed(reader, (enum alc_pg_query)query, &rows, NULL) == 0);
    }
    CHECK(alc_pg_finish(reader, NULL) == 0 && catalog.n_tables == N);
    for (size_t i = 0; i < catalog.n_tables; i++) {
        const struct alc_table *table = catalog.tables[i];
        CHECK(table->n_columns == 1 && table->columns[0].name.len == 6 &&
              memcmp(table->columns[0].name.ptr + 1, table->name.ptr + 1, 5) == 0);
    }
    alc_pg_reader_free(reader);
    alc_catalog_release(&catalog);
    alc_buf_release(&relations);
    alc_buf_release(&columns);
}

int main(void)
{
    static const struct test_case tests[] = {
        {"world", test_world},
        {"schemas", test_schemas},
        {"broken rows", test_broken_rows},
        {"sparse rows", test_sparse_rows},
        {"contract", test_contract},
        {"sql", test_sql},
        {"literals", test_literals},
        {"many tables", test_many},
        {"out of memory", test_out_of_memory},
    };
    return RUN_TESTS(tests);
}
