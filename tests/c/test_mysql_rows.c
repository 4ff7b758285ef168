/*
 * The reader of MySQL's information_schema, on rows in memory.  What servers send is
 * held against what they print by tests/unit/test_mysql_bulk.py.
 */
#include "alc/mysql.h"
#include "harness.h"
#include "model_dump.h"
#include "text_rows.h"

static struct alc_mysql_charset latin1 = {
    {"latin1", 6}, {"latin1_swedish_ci", 17}, NULL};
static struct alc_mysql_charset utf8mb4 = {
    {"utf8mb4", 7}, {"utf8mb4_0900_ai_ci", 18}, &latin1};
static const struct alc_mysql_session session = {.charsets = &utf8mb4};

#define COLLATION "utf8mb4_0900_ai_ci"
#define TABLE "|BASE TABLE|InnoDB|" COLLATION "|"
#define NUMBER_COLUMN "|~|~|~||||~\n"

/* Rows of tables that nobody asks for are among them. */
static const char *const world[ALC_MYSQL_N_QUERIES] = {
    [ALC_MYSQL_TABLES] = "t" TABLE "row_format=DYNAMIC|about\nu" TABLE "|\n"
                         "v|VIEW|~|~|~|VIEW\nparted" TABLE "partitioned|\n"
                         "other" TABLE "|\n",
    [ALC_MYSQL_COLUMNS] =
        "t|1|id|int|NO|~|~|~|auto_increment|||~\n"
        "t|2|name|varchar(9)|NO|it's\\|utf8mb4|" COLLATION "||what||~\n"
        "t|3|code|char(3)|YES|~|latin1|latin1_swedish_ci||||~\n"
        "t|4|at|datetime(3)|YES|CURRENT_TIMESTAMP(3)|~|~|DEFAULT_GENERATED on update "
        "CURRENT_TIMESTAMP(3) INVISIBLE|||~\n"
        "t|5|twice|int|YES|~|~|~|VIRTUAL GENERATED||(`id` * 2)|~\n"
        "t|6|kind|varchar(9)|YES|concat(_utf8mb4\\'a\\\\\\'\\')|utf8mb4|" COLLATION
        "|DEFAULT_GENERATED|||~\n"
        "t|7|place|point|YES|~|~|~||||4326\n"
        "t|8|bits|bit(3)|YES|b'101'|~|~||||~\n"
        "u|1|a|int|NO" NUMBER_COLUMN "u|2|b|int|NO" NUMBER_COLUMN
        "u|3|c|point|YES|~|~|~||||-9223372036854775808\n"
        "v|1|a|int|NO" NUMBER_COLUMN "parted|1|a|int|NO" NUMBER_COLUMN
        "other|1|a|int|NO" NUMBER_COLUMN,
    [ALC_MYSQL_INDEXES] =
        "t|PRIMARY|1|0|id|A|~|BTREE|YES||~\n"
        "t|k|1|1|name|A|5|BTREE|YES|a key|~\nt|k|2|1|id|D|~|BTREE|YES|a key|~\n"
        "t|x|1|0|~|A|~|BTREE|NO||(`id` + 1)\nt|s|1|1|place|A|32|SPATIAL|YES||~\n"
        "u|PRIMARY|1|0|a|D|~|BTREE|YES||~\nu|PRIMARY|2|0|b|A|7|BTREE|YES||~\n"
        "other|k|1|1|a|A|~|BTREE|YES||~\n",
    [ALC_MYSQL_KEYS] = "t|f|1|id|db|u|a\nt|f|2|code|db|u|b\nt|g|1|id|else|u|a\n"
                       "other|h|1|a|db|u|a\n",
    [ALC_MYSQL_ACTIONS] = "t|f|NO ACTION|CASCADE|NONE\nt|g|SET NULL|RESTRICT|NONE\n"
                          "other|h|CASCADE|CASCADE|NONE\n",
    [ALC_MYSQL_CHECKS] = "t|c|YES\nu|d|NO\nother|e|YES\n",
    [ALC_MYSQL_CONDITIONS] =
        "c|(`name` <> _utf8mb4\\'x\\')\nd|(`a` > 0)\ne|(`a` > 0)\n",
};
static const char *const names[] = {"t", "u", "v", "parted", "gone"};

enum { N_NAMES = sizeof names / sizeof *names };

static struct alc_str str(const char *text)
{
    return (struct alc_str){text, strlen(text)};
}

static int feed_world(struct alc_mysql_bulk *bulk, const char *const *results,
                      struct alc_error *err)
{
    int rc = 0;
    for (int query = 0; !rc && query < ALC_MYSQL_N_QUERIES; query++) {
        struct text_rows source;
        struct alc_rows rows;
        text_rows_init(&rows, &source, results[query],
                       alc_mysql_n_columns((enum alc_mysql_query)query), query % 2);
        rc = alc_mysql_bulk_feed(bulk, (enum alc_mysql_query)query, &rows, err);
    }
    return rc;
}

/* Read the tables of `names`; *bulk is the caller's to free. */
static int read_world(struct alc_mysql_bulk **bulk, struct alc_catalog *catalog,
                      const char *const *results, struct alc_error *err)
{
    int rc = alc_mysql_bulk_new(bulk, catalog, &session, str("db"), err);
    for (size_t i = 0; !rc && i < N_NAMES; i++) {
        rc = alc_mysql_bulk_want(*bulk, alc_str_absent(), str(names[i]), err);
    }
    rc = rc ? rc : feed_world(*bulk, results, err);
    return rc ? rc : alc_mysql_bulk_end(*bulk, err);
}

static void check_table(const struct alc_catalog *catalog, const char *name,
                        const char *expected)
{
    struct alc_buf found;
    alc_buf_init(&found);
    const struct alc_table *table =
        alc_catalog_find(catalog, alc_str_absent(), str(name));
    if (CHECK(table != NULL)) {
        dump_table(&found, table);
        if (!CHECK(found.len == strlen(expected) &&
                   memcmp(found.ptr, expected, found.len) == 0)) {
            printf("\n  %.*s", (int)found.len, found.ptr);
        }
    }
    alc_buf_release(&found);
}

static void test_world(void)
{
    static const char *const doubts[N_NAMES] = {NULL, NULL, "no table", "options",
                                                "not in information_schema"};
    struct alc_catalog catalog;
    struct alc_mysql_bulk *bulk = NULL;
    struct alc_str name;
    alc_catalog_init(&catalog, ALC_BACKEND_MYSQL);
    CHECK(read_world(&bulk, &catalog, world, NULL) == 0);
    for (size_t i = 0; i < N_NAMES; i++) {
        const char *doubt = alc_mysql_bulk_doubt(&name, bulk, i);
        CHECK(alc_str_eq(name, str(names[i])));
        CHECK(doubts[i] ? doubt && strcmp(doubt, doubts[i]) == 0 : !doubt);
    }
    CHECK(!alc_mysql_bulk_doubt(&name, bulk, N_NAMES) && alc_str_is_absent(name));
    alc_mysql_bulk_free(bulk);
    CHECK(alc_catalog_finish(&catalog, NULL) == 0);
    CHECK(catalog.n_tables == 2);
    check_table(
        &catalog, "t",
        "id int not null auto_increment; "
        "name varchar(9) not null default 'it''s\\\\' comment what; "
        "code char(3) charset latin1 collate latin1_swedish_ci; "
        "at datetime(3) default CURRENT_TIMESTAMP(3) on update CURRENT_TIMESTAMP(3) "
        "invisible; twice int as (`id` * 2); "
        "kind varchar(9) default (concat(_utf8mb4'a\\'')); "
        "place point options srid=4326; bits bit(3) default b'101'; "
        "pk -(id); fk f(id,code) -> -.u(a,b) /cascade/0; "
        "fk g(id) -> else.u(a) null/restrict/0; "
        "ck c [(`name` <> _utf8mb4'x')]; "
        "ix k(name length 5,id desc) comment a key; "
        "ix s(place) using spatial; uix x(=(`id` + 1)) invisible; "
        "engine InnoDB charset utf8mb4 collate utf8mb4_0900_ai_ci options "
        "row_format=DYNAMIC comment about; ");
    check_table(&catalog, "u",
                "a int not null; b int not null; c point options "
                "srid=-9223372036854775808; pk -(a,b) [`a` DESC,`b`(7)]; "
                "ck d [(`a` > 0)] not enforced; "
                "engine InnoDB charset utf8mb4 collate utf8mb4_0900_ai_ci; ");
    alc_catalog_release(&catalog);
}

/* Tables that were there before stay, and come to no harm. */
static void test_after_others(void)
{
    struct alc_catalog catalog;
    struct alc_mysql_bulk *bulk = NULL;
    struct alc_table *before;
    alc_catalog_init(&catalog, ALC_BACKEND_MYSQL);
    CHECK(alc_catalog_add_table(&before, &catalog, alc_str_absent(), str("before"),
                                NULL) == 0);
    CHECK(read_world(&bulk, &catalog, world, NULL) == 0);
    alc_mysql_bulk_free(bulk);
    CHECK(catalog.n_tables == 3 && catalog.tables[0] == before);
    alc_catalog_release(&catalog);
}

static void test_rows_of_no_server(void)
{
    static const struct {
        enum alc_mysql_query query;
        const char *row;
    } cases[] = {
        {ALC_MYSQL_TABLES, "~|x|x|x|x|x"},
        {ALC_MYSQL_COLUMNS, "t|first|id|int|NO" NUMBER_COLUMN},
        {ALC_MYSQL_COLUMNS, "t|1|~|int|NO" NUMBER_COLUMN},
        {ALC_MYSQL_COLUMNS, "t|1|id|~|NO" NUMBER_COLUMN},
        {ALC_MYSQL_INDEXES, "t|~|1|0|id|A|~|BTREE|YES||~"},
        {ALC_MYSQL_INDEXES, "t|k|1|0|~|A|~|BTREE|YES||~"},
        {ALC_MYSQL_KEYS, "t|f|1|id|~|u|a"},
        {ALC_MYSQL_KEYS, "t|f|1|id|db|~|a"},
        {ALC_MYSQL_KEYS, "t|f|1|id|db|u|~"},
        {ALC_MYSQL_ACTIONS, "t|~|CASCADE|CASCADE|NONE"},
        {ALC_MYSQL_CHECKS, "t|~|YES"},
        {ALC_MYSQL_CONDITIONS, "c|~"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *results[ALC_MYSQL_N_QUERIES];
        struct alc_catalog catalog;
        struct alc_mysql_bulk *bulk = NULL;
        struct alc_error err = {0};
        memcpy(results, world, sizeof world);
        results[cases[i].query] = cases[i].row;
        alc_catalog_init(&catalog, ALC_BACKEND_MYSQL);
        CHECK(read_world(&bulk, &catalog, results, &err) == ALC_E_INVALID);
        CHECK(err.code == ALC_E_INVALID);
        alc_mysql_bulk_free(bulk);
        alc_catalog_release(&catalog);
    }
}

static int read_and_release(void *arg)
{
    struct alc_catalog catalog;
    struct alc_mysql_bulk *bulk = NULL;
    (void)arg;
    alc_catalog_init(&catalog, ALC_BACKEND_MYSQL);
    int rc = read_world(&bulk, &catalog, world, NULL);
    alc_mysql_bulk_free(bulk);
    alc_catalog_release(&catalog);
    return rc;
}

static void test_out_of_memory(void)
{
    check_out_of_memory(read_and_release, NULL);
}

static const struct test_case cases[] = {
    {"world", test_world},
    {"after others", test_after_others},
    {"rows of no server", test_rows_of_no_server},
    {"out of memory", test_out_of_memory},
};

int main(void)
{
    return RUN_TESTS(cases);
}
