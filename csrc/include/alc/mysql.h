/*
 * MySQL's and MariaDB's catalogs into the schema model.
 *
 * Two ways to the same model: SHOW CREATE TABLE of each table, parsed, and, of MySQL,
 * queries of information_schema that answer for all tables of a database at once.  The
 * first knows more, the second takes a fixed number of round trips.
 *
 * What the model says of a table:
 *   - Keys are indexes, the primary key alone is a constraint, because a UNIQUE
 *     constraint is nothing but a unique index to these servers.
 *   - A column's character set and collation are absent where they are the table's.
 *   - DEFAULT NULL is no default.
 *   - The counter of AUTO_INCREMENT is no part of the schema.
 *   - An action of a foreign key that was not written is what the server does then:
 *     RESTRICT in MariaDB, NO ACTION in MySQL.
 *   - A CHECK that MariaDB keeps with a column has no name and that column.
 *
 * Source: the servers' manuals, "SHOW CREATE TABLE", "CREATE TABLE" and the pages about
 * the tables of information_schema.
 */
#ifndef ALC_MYSQL_H
#define ALC_MYSQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alc/catalog.h"
#include "alc/error.h"
#include "alc/rows.h"

/* A character set and the collation that it has without one being said. */
struct alc_mysql_charset {
    struct alc_str name;
    struct alc_str collation;
    const struct alc_mysql_charset *next;
};

/* What has to be known of a session to read what it prints. */
struct alc_mysql_session {
    bool is_mariadb;
    bool ansi_quotes; /* names are in double quotes */
    const struct alc_mysql_charset *charsets;
};

/*
 * Parse what SHOW CREATE TABLE printed into an empty table of the catalog, whose name
 * and schema are the caller's.  A statement that is not understood to its last token
 * leaves the table opaque, with what was read so far, and is no error.  A backslash in
 * a string stands before a character: that is how it is printed in every sql_mode.
 * O(length), no recursion.  Returns 0 or ALC_E_NOMEM.
 */
int alc_mysql_parse_table(struct alc_catalog *catalog, struct alc_table *table,
                          const struct alc_mysql_session *session, struct alc_str sql,
                          struct alc_error *err);

/* Whether columns of a type, as the model has it, have a character set. */
bool alc_mysql_has_charset(struct alc_str type);

/* --- MySQL's information_schema ------------------------------------------------------
 */

enum alc_mysql_query {
    ALC_MYSQL_TABLES = 0,
    ALC_MYSQL_COLUMNS,
    ALC_MYSQL_INDEXES,
    ALC_MYSQL_KEYS,    /* columns of foreign keys */
    ALC_MYSQL_ACTIONS, /* of foreign keys */
    ALC_MYSQL_CHECKS,
    ALC_MYSQL_CONDITIONS, /* of CHECKs, which have no table there */
    ALC_MYSQL_N_QUERIES,
};

/*
 * The text of a query with two places to fill, each at most once: "{database}", a
 * literal, and "{tables}", a further condition on TABLE_NAME or nothing.  The columns
 * are those of MySQL from 8.0.16 on.
 */
const char *alc_mysql_sql(enum alc_mysql_query query);

/* How many columns its result has. */
size_t alc_mysql_n_columns(enum alc_mysql_query query);

/*
 * By how many of its leading columns, texts and numbers, its rows have to be sorted
 * before they are read; 0: any order will do.  A sort by the server takes twice as long
 * as the query without one: it puts the rows of the view into a temporary table first.
 */
size_t alc_mysql_n_leading(enum alc_mysql_query query);

/*
 * Reads tables of one database.  It vouches for a table if that is as SHOW CREATE TABLE
 * would have told it, but for what no column of information_schema has: COLUMN_FORMAT,
 * STORAGE, a key's KEY_BLOCK_SIZE, TABLESPACE and DATA DIRECTORY, and the character
 * set of strings in expressions, which is always utf8mb4 there.  All others have to
 * be read by that statement: partitioned tables, full-text keys (their parser), engines
 * but InnoDB, most options, texts that are escaped in an unknown way or not told as
 * they are (expressions that are not ASCII, literals with characters of four bytes),
 * tables that are not there for the account.  What it cannot see is whether the account
 * sees all columns, and whether a temporary table hides one: the caller has to find
 * that out.
 */
struct alc_mysql_bulk;

/*
 * catalog, session: borrowed, must outlive the reader; nobody else adds tables to the
 * catalog until the end.  database: as the server has it.
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_mysql_bulk_new(struct alc_mysql_bulk **out, struct alc_catalog *catalog,
                       const struct alc_mysql_session *session, struct alc_str database,
                       struct alc_error *err);

/* NULL is fine. */
void alc_mysql_bulk_free(struct alc_mysql_bulk *bulk);

/*
 * Read the table of that name; rows of others are left aside.  schema: its name in the
 * model, absent for that of the connection.  Returns 0, ALC_E_NOMEM or ALC_E_LIMIT.
 */
int alc_mysql_bulk_want(struct alc_mysql_bulk *bulk, struct alc_str schema,
                        struct alc_str name, struct alc_error *err);

/*
 * Read a query's rows, sorted by alc_mysql_n_leading() columns; the queries come in the
 * order of the enum.  Returns 0, ALC_E_INVALID for rows that are not as asked for,
 * ALC_E_NOMEM, or what the source returned.
 */
int alc_mysql_bulk_feed(struct alc_mysql_bulk *bulk, enum alc_mysql_query query,
                        struct alc_rows *rows, struct alc_error *err);

/*
 * After all rows: the catalog keeps the tables that are vouched for, and no others.
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_mysql_bulk_end(struct alc_mysql_bulk *bulk, struct alc_error *err);

/*
 * Why the n-th table is not vouched for, NULL if it is; name: what it is called.
 * Valid until the reader is freed; NULL for n beyond the last, with an absent name.
 */
const char *alc_mysql_bulk_doubt(struct alc_str *name,
                                 const struct alc_mysql_bulk *bulk, size_t n);

#endif
