/*
 * SQLite's stored statements into the schema model.
 *
 * sqlite_schema keeps each CREATE statement as it was written, and nothing else keeps
 * the names of constraints, CHECKs, conflict clauses and the options of foreign keys.
 * So the statements are parsed.  A table whose statement is not understood to its last
 * token is opaque, with the reason; the pragma functions then tell what they know of
 * it.
 *
 * Source: the SQLite documentation, "CREATE TABLE" and "CREATE INDEX", and its
 * tokenizer's rules ("SQL As Understood By SQLite").
 */
#ifndef ALC_SQLITE_H
#define ALC_SQLITE_H

#include <stddef.h>
#include <stdint.h>

#include "alc/catalog.h"
#include "alc/error.h"
#include "alc/rows.h"

/*
 * Append the query for one attached database ("main"); its rows are (type, name,
 * tbl_name, sql), tables before their indexes.  Returns 0 or ALC_E_NOMEM.
 */
int alc_sqlite_sql(struct alc_buf *out, struct alc_str database, struct alc_error *err);

/*
 * Read the rows of that query into the catalog, tables and indexes under `schema`
 * (absent for the main database).  Finishing the catalog is the caller's. Returns 0,
 * ALC_E_NOMEM, ALC_E_INVALID for rows of another form, or what the source returned.  A
 * statement that is not understood is no error.
 */
int alc_sqlite_feed(struct alc_catalog *catalog, struct alc_str schema,
                    struct alc_rows *rows, struct alc_error *err);

/*
 * Parse one CREATE TABLE statement into an empty table of the catalog.  A statement
 * that is not understood leaves the table opaque and is no error. Returns 0 or
 * ALC_E_NOMEM.
 */
int alc_sqlite_parse_table(struct alc_catalog *catalog, struct alc_table *table,
                           struct alc_str sql, struct alc_error *err);

/* The same for a CREATE INDEX statement on that table. */
int alc_sqlite_parse_index(struct alc_catalog *catalog, struct alc_table *table,
                           struct alc_str sql, struct alc_error *err);

#endif
