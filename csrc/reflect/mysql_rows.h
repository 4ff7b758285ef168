/*
 * The reader of MySQL's information_schema: what its two files share.
 *
 * mysql_rows.c has the queries, tables and columns; mysql_row_keys.c has indexes and
 * constraints, and the end, when it is known which tables are whole.
 */
#ifndef ALC_REFLECT_MYSQL_ROWS_H
#define ALC_REFLECT_MYSQL_ROWS_H

#include <stdio.h>

#include "alc/buf.h"
#include "alc/intern.h"
#include "alc/mysql.h"
#include "row.h"

/* The columns of each query, by their names in the view.  The first is a table's name,
 * in CHECK_CONSTRAINTS the constraint's. */
#define TABLES_COLUMNS(FIRST, X)                                                       \
    FIRST(TABLE_NAME)                                                                  \
    X(TABLE_TYPE)                                                                      \
    X(ENGINE)                                                                          \
    X(TABLE_COLLATION)                                                                 \
    X(CREATE_OPTIONS)                                                                  \
    X(TABLE_COMMENT)

#define COLUMNS_COLUMNS(FIRST, X)                                                      \
    FIRST(TABLE_NAME)                                                                  \
    X(ORDINAL_POSITION)                                                                \
    X(COLUMN_NAME)                                                                     \
    X(COLUMN_TYPE)                                                                     \
    X(IS_NULLABLE)                                                                     \
    X(COLUMN_DEFAULT)                                                                  \
    X(CHARACTER_SET_NAME)                                                              \
    X(COLLATION_NAME)                                                                  \
    X(EXTRA)                                                                           \
    X(COLUMN_COMMENT)                                                                  \
    X(GENERATION_EXPRESSION)                                                           \
    X(SRS_ID)

#define STATISTICS_COLUMNS(FIRST, X)                                                   \
    FIRST(TABLE_NAME)                                                                  \
    X(INDEX_NAME)                                                                      \
    X(SEQ_IN_INDEX)                                                                    \
    X(NON_UNIQUE)                                                                      \
    X(COLUMN_NAME)                                                                     \
    X(COLLATION)                                                                       \
    X(SUB_PART)                                                                        \
    X(INDEX_TYPE)                                                                      \
    X(IS_VISIBLE)                                                                      \
    X(INDEX_COMMENT)                                                                   \
    X(EXPRESSION)

#define KEY_COLUMN_USAGE_COLUMNS(FIRST, X)                                             \
    FIRST(TABLE_NAME)                                                                  \
    X(CONSTRAINT_NAME)                                                                 \
    X(ORDINAL_POSITION)                                                                \
    X(COLUMN_NAME)                                                                     \
    X(REFERENCED_TABLE_SCHEMA)                                                         \
    X(REFERENCED_TABLE_NAME)                                                           \
    X(REFERENCED_COLUMN_NAME)

#define REFERENTIAL_CONSTRAINTS_COLUMNS(FIRST, X)                                      \
    FIRST(TABLE_NAME)                                                                  \
    X(CONSTRAINT_NAME)                                                                 \
    X(UPDATE_RULE)                                                                     \
    X(DELETE_RULE)                                                                     \
    X(MATCH_OPTION)

#define TABLE_CONSTRAINTS_COLUMNS(FIRST, X)                                            \
    FIRST(TABLE_NAME)                                                                  \
    X(CONSTRAINT_NAME)                                                                 \
    X(ENFORCED)

#define CHECK_CONSTRAINTS_COLUMNS(FIRST, X)                                            \
    FIRST(CONSTRAINT_NAME)                                                             \
    X(CHECK_CLAUSE)

#define TABLES_ID(name) TABLES_##name,
#define COLUMNS_ID(name) COLUMNS_##name,
#define STATISTICS_ID(name) STATISTICS_##name,
#define KEY_COLUMN_USAGE_ID(name) KEYS_##name,
#define REFERENTIAL_CONSTRAINTS_ID(name) ACTIONS_##name,
#define TABLE_CONSTRAINTS_ID(name) CHECKS_##name,
#define CHECK_CONSTRAINTS_ID(name) CONDITIONS_##name,

enum { TABLES_COLUMNS(TABLES_ID, TABLES_ID) };
enum { COLUMNS_COLUMNS(COLUMNS_ID, COLUMNS_ID) };
enum { STATISTICS_COLUMNS(STATISTICS_ID, STATISTICS_ID) };
enum { KEY_COLUMN_USAGE_COLUMNS(KEY_COLUMN_USAGE_ID, KEY_COLUMN_USAGE_ID) };
enum {
    REFERENTIAL_CONSTRAINTS_COLUMNS(REFERENTIAL_CONSTRAINTS_ID,
                                    REFERENTIAL_CONSTRAINTS_ID)
};
enum { TABLE_CONSTRAINTS_COLUMNS(TABLE_CONSTRAINTS_ID, TABLE_CONSTRAINTS_ID) };
enum { CHECK_CONSTRAINTS_COLUMNS(CHECK_CONSTRAINTS_ID, CHECK_CONSTRAINTS_ID) };

/* A table that is read. */
struct mysql_wanted {
    struct alc_table *table;
    const char *doubt;   /* why it is not vouched for; NULL while it is */
    int64_t last_column; /* position of the last column */
    size_t n_keys;       /* foreign keys, and how many of them have their actions */
    size_t n_actions;
    bool is_known; /* has a row among the tables */
};

/* Where a CHECK is: constraints move when others are added. */
struct mysql_check {
    uint32_t table;
    size_t constraint;
};

struct alc_mysql_bulk {
    struct alc_catalog *catalog;
    const struct alc_mysql_session *session;
    size_t first; /* the catalog's tables from here on are those that are read */
    struct alc_str database;
    struct alc_arena scratch;
    struct alc_interner names; /* of the tables; an id is a place among them */
    struct mysql_wanted *tables;
    size_t n_tables;
    size_t cap_tables;
    struct alc_interner check_names; /* likewise */
    struct mysql_check *checks;
    size_t n_checks;
    size_t cap_checks;
    struct alc_buf text; /* the one that is being put together */
};

/* The first doubt stays. */
static inline void mysql_doubt(struct mysql_wanted *wanted, const char *why)
{
    wanted->doubt = wanted->doubt ? wanted->doubt : why;
}

/* The table whose name is the row's first field, NULL if it is not wanted. */
struct mysql_wanted *mysql_find_wanted(struct alc_mysql_bulk *bulk, struct row *row);

bool mysql_is(struct alc_str text, const char *word);
bool mysql_starts_with(struct alc_str text, const char *word);

/* Add to the text that is being put together; take it, absent for none. */
void mysql_put(struct alc_mysql_bulk *bulk, struct row *row, const char *ptr,
               size_t len);
struct alc_str mysql_take_put(struct alc_mysql_bulk *bulk, struct row *row);

/* Add an expression as SHOW CREATE TABLE prints it; false, and nothing is put together
 * any more, if it is not known what it is. */
bool mysql_put_expression(struct alc_mysql_bulk *bulk, struct row *row,
                          struct alc_str text);

row_fn mysql_read_table, mysql_read_column, mysql_read_index, mysql_read_key,
    mysql_read_actions, mysql_read_check, mysql_read_condition;

#endif
