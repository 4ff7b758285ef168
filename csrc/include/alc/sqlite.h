/*
 * SQLite's stored statements into the schema model.
 *
 * sqlite_schema keeps each CREATE statement as it was written, and nothing else keeps
 * the names of constraints, CHECKs, conflict clauses and the options of foreign keys.
 * So the statements are parsed.  A table of which a statement is not understood to its
 * last token is opaque, with the reason and its statements; the pragma functions then
 * tell what they know of it.
 *
 * Source: the SQLite documentation, "CREATE TABLE", "CREATE INDEX" and "PRAGMA
 * Statements", and its tokenizer's rules ("SQL As Understood By SQLite").
 */
#ifndef ALC_SQLITE_H
#define ALC_SQLITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alc/catalog.h"
#include "alc/error.h"
#include "alc/rows.h"

/* --- statements ----------------------------------------------------------------------
 */

/* The columns of the query for statements. */
enum alc_sqlite_column {
    ALC_SQLITE_TYPE = 0, /* "table" or "index" */
    ALC_SQLITE_NAME,
    ALC_SQLITE_TABLE_NAME,
    ALC_SQLITE_STATEMENT,
    ALC_SQLITE_N_COLUMNS,
};

/*
 * Append the query for one attached database ("main"); its rows are tables before their
 * indexes.  Returns 0 or ALC_E_NOMEM.
 */
int alc_sqlite_sql(struct alc_buf *out, struct alc_str database, struct alc_error *err);

/*
 * Read the rows of that query into the catalog, tables and indexes under `schema`
 * (absent for the main database).  parse: false leaves every table opaque, for the
 * pragmas to tell of.  Finishing the catalog is the caller's.
 * Returns 0, ALC_E_NOMEM, ALC_E_INVALID for rows of another form, or what the source
 * returned.  A statement that is not understood is no error.
 */
int alc_sqlite_feed(struct alc_catalog *catalog, struct alc_str schema, bool parse,
                    struct alc_rows *rows, struct alc_error *err);

/*
 * Parse one CREATE TABLE statement into an empty table of the catalog.  A statement
 * that is not understood leaves the table opaque, with what was read so far, and is no
 * error.  Returns 0 or ALC_E_NOMEM.
 */
int alc_sqlite_parse_table(struct alc_catalog *catalog, struct alc_table *table,
                           struct alc_str sql, struct alc_error *err);

/* The same for a CREATE INDEX statement on that table. */
int alc_sqlite_parse_index(struct alc_catalog *catalog, struct alc_table *table,
                           struct alc_str sql, struct alc_error *err);

/* --- pragmas -------------------------------------------------------------------------
 */

enum alc_sqlite_pragma {
    ALC_SQLITE_COLUMNS = 0,
    ALC_SQLITE_PRIMARY_KEYS,
    ALC_SQLITE_FOREIGN_KEYS,
    ALC_SQLITE_INDEXES,
    ALC_SQLITE_N_PRAGMAS,
};

/*
 * Append the query that asks one pragma function about the opaque tables under
 * `schema`, which is the attached database `database`; nothing when there are none.
 * Virtual tables are not asked about: a module that is not loaded would fail the query.
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_sqlite_pragma_sql(struct alc_buf *out, const struct alc_catalog *catalog,
                          struct alc_str schema, struct alc_str database,
                          enum alc_sqlite_pragma pragma, struct alc_error *err);

/* How many columns the result has. */
size_t alc_sqlite_pragma_n_columns(enum alc_sqlite_pragma pragma);

/*
 * Read the rows of that query into the opaque tables; those of other tables are left
 * out.  What the pragmas do not know stays empty: names of constraints, CHECKs, the
 * text of expressions (a part of an index that is one has no text) and of partial
 * indexes' conditions.
 * Returns 0, ALC_E_NOMEM, ALC_E_INVALID for rows of another form, or what the source
 * returned.
 */
int alc_sqlite_pragma_feed(struct alc_catalog *catalog, struct alc_str schema,
                           enum alc_sqlite_pragma pragma, struct alc_rows *rows,
                           struct alc_error *err);

#endif
