/* What the proof makes of tables of MySQL and MariaDB. */
#include "alc/mysql.h"
#include "alc/proof.h"
#include "exact_judge.h"
#include "harness.h"

#define END ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"

static struct alc_str text(const char *s)
{
    return (struct alc_str){s, s ? strlen(s) : 0};
}

static const struct alc_mysql_session mariadb = {.is_mariadb = true};
static const struct alc_mysql_session mysql = {0};

static enum alc_proof prove(const struct alc_mysql_session *session,
                            const struct alc_table *actual,
                            const struct alc_table *wanted)
{
    const struct alc_proof_options options = {.types = true,
                                              .defaults = true,
                                              .comments = true,
                                              .indexes = true,
                                              .foreign_keys = true,
                                              .checks = true,
                                              .merges_uniques = true,
                                              .is_mysql = true,
                                              .is_mariadb = session->is_mariadb,
                                              .judge = &exact_judge};
    return alc_prove_table(actual, wanted, &options);
}

/* Parse the body of a table; "UNIQUE KEY `=u`" is a unique constraint of a model, named
 * u, and "`=`" one without a name. */
static const struct alc_table *make(struct alc_catalog *catalog,
                                    const struct alc_mysql_session *session,
                                    const char *body, bool is_model)
{
    char sql[1024];
    struct alc_table *table;
    snprintf(sql, sizeof sql, "CREATE TABLE `t` (%s" END, body);
    alc_catalog_init(catalog, ALC_BACKEND_MYSQL);
    CHECK(alc_catalog_add_table(&table, catalog, alc_str_absent(), text("t"), NULL) ==
          0);
    CHECK(alc_mysql_parse_table(catalog, table, session, text(sql), NULL) == 0);
    size_t n_left = 0;
    for (size_t i = 0; is_model && i < table->n_indexes; i++) {
        struct alc_index index = table->indexes[i];
        struct alc_constraint *unique;
        if (index.name.ptr[0] != '=') {
            table->indexes[n_left++] = index;
            continue;
        }
        CHECK(alc_catalog_add_constraint(&unique, catalog, table, NULL) == 0);
        unique->kind = ALC_UNIQUE;
        unique->name = index.name.len > 1
                           ? (struct alc_str){index.name.ptr + 1, index.name.len - 1}
                           : alc_str_absent();
        CHECK(alc_catalog_texts(&unique->columns, catalog, index.n_parts, NULL) == 0);
        for (size_t k = 0; k < index.n_parts; k++) {
            unique->columns[unique->n_columns++] = index.parts[k].text;
        }
    }
    table->n_indexes = is_model ? n_left : table->n_indexes;
    CHECK(alc_catalog_finish(catalog, NULL) == 0);
    return table;
}

/* Whether SQLAlchemy's patterns read a table as it is. */
static const struct {
    const char *body;
    bool regular;
} texts[] = {
    {"`a` int(11) NOT NULL DEFAULT 5 COMMENT 'it''s',PRIMARY KEY (`a`)", true},
    {"`a` varchar(9) DEFAULT 'it''s (a, b)'", true},
    {"`a` timestamp NULL DEFAULT current_timestamp() ON UPDATE current_timestamp()",
     true},
    {"`a` longtext DEFAULT NULL CHECK (json_valid(`a`))", true},
    {"`a` int(11),KEY `k` (`a`(3) DESC) USING BTREE COMMENT 'c',FULLTEXT KEY `f` "
     "(`a`)",
     true},
    {"`PARTITION` int(11)", true},
    /* names */
    {"`a``b` int(11)", false},
    {"`a\"b` int(11)", false},
    {"`a,b` int(11)", false},
    {"`a\n` int(11)", false},
    {"`a` int(11),KEY `PARTITION` (`a`)", false},
    {"`A PARTITION` int(11),KEY `k` (`A PARTITION`)", false},
    {"`a` int(11),KEY `k` (`a`) COMMENT 'no PARTITION'", false},
    {"`a` int(11),CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `o)` (`a`)", false},
    /* what hides the rest of a column */
    {"`a` int(11) DEFAULT (1 + 2)", false},
    {"`a` varchar(9) DEFAULT concat('a','b') COMMENT 'c'", false},
    {"`a` bit(3) DEFAULT b'101'", false},
    {"`a` varchar(9) DEFAULT 'a\\\\b'", false},
    {"`a` timestamp NULL DEFAULT NULL ON UPDATE current_timestamp()", false},
    {"`a` datetime DEFAULT '2020-01-01' ON UPDATE current_timestamp()", false},
    {"`a` int(11) COMMENT 'a\\\\b'", false},
    {"`a` int(11) COMMENT 'a\\nb'", false},
    {"`a` longtext /*M!100301 COMPRESSED*/ DEFAULT NULL", false},
    {"`a` int(11) INVISIBLE DEFAULT 5", false},
    {"`a` int(11) GENERATED ALWAYS AS (1) VIRTUAL", false},
    {"`a` enum('a\\\\b')", false},
    /* keys of which nothing is read */
    {"`a` int(11),KEY `k` (`a`) IGNORED", false},
    {"`a` int(11),KEY `k` (`a`) KEY_BLOCK_SIZE=4", false},
    {"`a` int(11),KEY `k` ((`a` + 1))", false},
    {"`a` int(11),VECTOR KEY `k` (`a`)", false},
    {"`a` int(11),CONSTRAINT `c` CHECK (`a` <> '\n')", false},
    {"`a` int(11),CONSTRAINT `c` CHECK (`a` <> 'PARTITION')", false},
};

static void test_texts(void)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct alc_catalog catalog;
        const struct alc_table *table = make(&catalog, &mariadb, texts[i].body, false);
        case_name = texts[i].body;
        CHECK(alc_str_is_absent(table->opaque));
        CHECK((prove(&mariadb, table, table) != ALC_UNPROVEN_TEXT) == texts[i].regular);
        alc_catalog_release(&catalog);
    }
}

static const struct {
    const struct alc_mysql_session *session;
    const char *actual, *wanted; /* behind columns a and b */
    enum alc_proof proof;
} keys[] = {
    {&mariadb, "", "", ALC_PROVEN},
    {&mariadb, ",KEY `k` (`a`)", ",KEY `k` (`a`)", ALC_PROVEN},
    {&mariadb, ",KEY `k` (`a`)", "", ALC_UNPROVEN_INDEX},
    {&mariadb, "", ",KEY `k` (`a`)", ALC_UNPROVEN_INDEX},
    {&mariadb, ",KEY `k` (`a`,`b`)", ",KEY `k` (`b`,`a`)", ALC_UNPROVEN_INDEX},
    {&mariadb, ",KEY `k` (`a`)", ",KEY `l` (`a`)", ALC_UNPROVEN_INDEX},
    {&mariadb, ",UNIQUE KEY `k` (`a`)", ",KEY `k` (`a`)", ALC_UNPROVEN_INDEX},
    {&mariadb, ",KEY `k` (`a`(3))", ",KEY `k` (`a`)", ALC_PROVEN},
    /* an index named like a column may be a foreign key's */
    {&mariadb, ",KEY `a` (`a`,`b`)", "", ALC_PROVEN},
    {&mariadb, ",KEY `a` (`a`)", ",KEY `a` (`b`)", ALC_PROVEN},
    {&mariadb, ",KEY `a` (`b`)", "", ALC_UNPROVEN_INDEX},
    {&mariadb, ",UNIQUE KEY `a` (`a`)", "", ALC_UNPROVEN_INDEX},
    /* a unique index is a constraint too */
    {&mariadb, ",UNIQUE KEY `u` (`a`,`b`)", ",UNIQUE KEY `=u` (`b`,`a`)", ALC_PROVEN},
    {&mariadb, ",UNIQUE KEY `u` (`a`,`b`)", ",UNIQUE KEY `u` (`a`,`b`)", ALC_PROVEN},
    {&mariadb, ",UNIQUE KEY `u` (`a`,`b`)", ",UNIQUE KEY `u` (`b`,`a`)",
     ALC_UNPROVEN_INDEX},
    {&mariadb, ",UNIQUE KEY `u` (`a`)", ",UNIQUE KEY `=` (`a`)", ALC_PROVEN},
    {&mariadb, ",UNIQUE KEY `u` (`a`)", ",UNIQUE KEY `=` (`b`)", ALC_UNPROVEN_INDEX},
    {&mariadb, ",UNIQUE KEY `u` (`a`)", ",UNIQUE KEY `=v` (`a`)", ALC_UNPROVEN_INDEX},
    {&mariadb, "", ",UNIQUE KEY `=` (`a`)", ALC_UNPROVEN_INDEX},
    {&mariadb, ",KEY `u` (`a`)", ",UNIQUE KEY `=u` (`a`)", ALC_UNPROVEN_INDEX},
    {&mariadb, ",UNIQUE KEY `u` (`a`)", ",UNIQUE KEY `=u` (`a`),UNIQUE KEY `u` (`a`)",
     ALC_UNPROVEN_INDEX},
    {&mariadb, ",UNIQUE KEY `u` (`a`)", ",UNIQUE KEY `=u` (`a`),UNIQUE KEY `=` (`a`)",
     ALC_PROVEN},
};

#define FOREIGN(rest) ",CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `o` (`x`)" rest

/* Actions that are not written are the server's: the model's parser gives it those. */
static const struct {
    const struct alc_mysql_session *session;
    const char *actual, *wanted;
    bool proven;
} actions[] = {
    {&mariadb, "", " ON DELETE NO ACTION", true},
    {&mariadb, "", " ON DELETE RESTRICT", true},
    {&mariadb, " ON DELETE NO ACTION", " ON DELETE RESTRICT", true},
    {&mariadb, " ON DELETE CASCADE", " ON DELETE CASCADE", true},
    {&mariadb, " ON DELETE CASCADE", " ON DELETE NO ACTION", false},
    {&mariadb, "", " ON UPDATE CASCADE", false},
    {&mysql, "", " ON DELETE RESTRICT", true},
    {&mysql, " ON DELETE RESTRICT", " ON DELETE RESTRICT", true},
    {&mysql, " ON DELETE RESTRICT", " ON DELETE NO ACTION", false},
};

static enum alc_proof prove_bodies(const struct alc_mysql_session *session,
                                   const char *actual, const char *wanted)
{
    static const char columns[] = "`a` int(11) DEFAULT NULL,`b` int(11) DEFAULT NULL";
    char bodies[2][512];
    struct alc_catalog there, here;
    snprintf(bodies[0], sizeof bodies[0], "%s%s", columns, actual);
    snprintf(bodies[1], sizeof bodies[1], "%s%s", columns, wanted);
    enum alc_proof proof = prove(session, make(&there, session, bodies[0], false),
                                 make(&here, &mysql, bodies[1], true));
    alc_catalog_release(&there);
    alc_catalog_release(&here);
    return proof;
}

static void test_keys(void)
{
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        case_name = keys[i].wanted;
        CHECK(prove_bodies(keys[i].session, keys[i].actual, keys[i].wanted) ==
              keys[i].proof);
    }
}

static void test_foreign_keys(void)
{
    char actual[256], wanted[256];
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
        snprintf(actual, sizeof actual, FOREIGN("%s"), actions[i].actual);
        snprintf(wanted, sizeof wanted, FOREIGN("%s"), actions[i].wanted);
        case_name = wanted;
        enum alc_proof expected =
            actions[i].proven ? ALC_PROVEN : ALC_UNPROVEN_FOREIGN_KEY;
        CHECK(prove_bodies(actions[i].session, actual, wanted) == expected);
    }
    /* An index that the server made for it; the same ends twice. */
    CHECK(prove_bodies(&mariadb, FOREIGN(",KEY `f` (`a`)"), FOREIGN("")) == ALC_PROVEN);
    CHECK(prove_bodies(&mariadb, FOREIGN("") FOREIGN(" ON DELETE CASCADE"),
                       FOREIGN("")
                           FOREIGN(" ON DELETE CASCADE")) == ALC_UNPROVEN_FOREIGN_KEY);
}

int main(void)
{
    static const struct test_case tests[] = {
        {"texts", test_texts},
        {"keys", test_keys},
        {"foreign keys", test_foreign_keys},
    };
    return run_tests(tests, sizeof tests / sizeof *tests);
}
