/*
 * PostgreSQL's catalogs into the schema model.
 *
 * The caller runs the queries of alc_pg_sql() in the order of the enum, in one
 * snapshot, and feeds each result to the reader; who runs them, and through which
 * driver, is not known here.  Four queries, whatever the number of tables.
 *
 * Source of the columns' meanings: the PostgreSQL manual, "System Catalogs".
 */
#ifndef ALC_PG_H
#define ALC_PG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alc/arena.h"
#include "alc/buf.h"
#include "alc/catalog.h"
#include "alc/error.h"
#include "alc/rows.h"

enum { ALC_PG_OLDEST = 130000 };

enum alc_pg_query {
    /* Rows of five kinds: schemas, types, tables, comments, and the sequences that
     * columns own.  Decides which schemas the others are asked about. */
    ALC_PG_NAMES = 0,
    ALC_PG_COLUMNS,
    ALC_PG_CONSTRAINTS,
    ALC_PG_INDEXES,
    ALC_PG_N_QUERIES,
};

struct alc_pg_options {
    /* Names of the wanted schemas; NULL with n_schemas 0: each but the system's. */
    const struct alc_str *schemas;
    size_t n_schemas;
    /* Leave the text of column defaults out (generated columns are always read):
     * saves the server the printing of each expression. */
    bool without_defaults;
    bool without_checks; /* leave CHECK constraints out */
    /* Leave out what columns own, with identities' options; otherwise the defaults of
     * integer columns are read in any case, since they may draw from it. */
    bool without_sequences;
    /* Leave out what autogenerate does not compare: primary keys with their indexes,
     * definitions of constraints, and of indexes all but columns and expressions. */
    bool without_details;
    /* Do not ask for the types that initdb makes: the caller feeds their rows, from an
     * earlier answer, with the others. */
    bool without_system_types;
};

struct alc_pg_reader;

/*
 * server_version: as SHOW server_version_num, at least ALC_PG_OLDEST.
 * `catalog` is borrowed and must outlive the reader; it is an empty PostgreSQL one.
 * Returns 0, ALC_E_LIMIT for a server older than that, or ALC_E_NOMEM.
 */
int alc_pg_reader_new(struct alc_pg_reader **out, struct alc_catalog *catalog,
                      uint32_t server_version, const struct alc_pg_options *options,
                      struct alc_error *err);

/* NULL is fine. */
void alc_pg_reader_free(struct alc_pg_reader *reader);

/*
 * Append the text of a query (no NUL behind it).  Those after ALC_PG_NAMES name the
 * schemas found, so that one has to be fed before.  Its rows may be of more schemas
 * than this reader wants; those are left aside. Returns 0 or ALC_E_NOMEM.
 */
int alc_pg_sql(struct alc_buf *out, const struct alc_pg_reader *reader,
               enum alc_pg_query query, struct alc_error *err);

/* How many columns the result of a query has. */
size_t alc_pg_n_columns(enum alc_pg_query query);

/* The names of those of ALC_PG_NAMES: "kind" ('n', 't', 'r', 'c' or 's'), "oid",
 * "number", "name", "schema", "detail", "visible" (whether the search path lets the
 * schema's name be left out), and more. */
extern const char *const alc_pg_names_columns[];

/*
 * Read the result of a query to its end.  Queries are fed in the enum's order.
 * Returns 0, ALC_E_INVALID for a row that is not as asked for (err->pos: the row), or
 * what the source returned.
 */
int alc_pg_feed(struct alc_pg_reader *reader, enum alc_pg_query query,
                struct alc_rows *rows, struct alc_error *err);

/* Finish the catalog once everything is fed.  Returns 0 or ALC_E_INVALID. */
int alc_pg_finish(struct alc_pg_reader *reader, struct alc_error *err);

#endif
