/*
 * The schema model: what is in a database, in the small form that equality needs.
 *
 * One catalog holds the tables of one database (or of one MetaData), filled by a
 * producer (csrc/reflect/, or the binding), then closed with alc_catalog_finish(),
 * after which nothing changes any more and any thread may read it.
 *
 * Ownership: a catalog owns one arena; every string and array in it lives there until
 * alc_catalog_release().  The functions that add copy what they are given.
 *
 * Text: UTF-8 by custom, but any bytes are carried; length explicit.  "Absent" (no
 * default, no comment, no name) is a string whose ptr is NULL; the empty string is not
 * absent.
 */
#ifndef ALC_CATALOG_H
#define ALC_CATALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alc/arena.h"
#include "alc/buf.h"
#include "alc/error.h"
#include "alc/str.h"

enum alc_backend {
    ALC_BACKEND_POSTGRESQL = 1,
    ALC_BACKEND_SQLITE = 2,
};

static inline struct alc_str alc_str_absent(void)
{
    struct alc_str none = {NULL, 0};
    return none;
}

static inline bool alc_str_is_absent(struct alc_str s)
{
    return s.ptr == NULL;
}

enum alc_generated {
    ALC_GENERATED_NONE = 0,
    ALC_GENERATED_STORED,
    ALC_GENERATED_VIRTUAL,
};

enum alc_identity_kind {
    ALC_IDENTITY_NONE = 0,
    ALC_IDENTITY_ALWAYS,
    ALC_IDENTITY_BY_DEFAULT,
};

/* The sequence behind an identity column. */
struct alc_identity {
    int64_t start;
    int64_t increment;
    int64_t min;
    int64_t max;
    int64_t cache;
    bool cycle;
};

struct alc_column {
    struct alc_str name;
    struct alc_str type;         /* the backend's canonical text: "numeric(12,2)" */
    struct alc_str collation;    /* absent: the type's own */
    struct alc_str default_expr; /* as the backend prints it; absent: none */
    struct alc_str generated;    /* expression of a generated column; else absent */
    struct alc_str comment;
    struct alc_identity identity; /* when identity_kind is not NONE */
    enum alc_generated generated_kind;
    enum alc_identity_kind identity_kind;
    struct alc_str not_null_conflict; /* SQLite's ON CONFLICT clause; else absent */
    bool not_null;
    bool is_serial; /* the default is nextval() of a sequence that the column owns */
};

enum alc_constraint_kind {
    ALC_PRIMARY_KEY = 0,
    ALC_UNIQUE,
    ALC_FOREIGN_KEY,
    ALC_CHECK,
    ALC_EXCLUDE,
};

enum alc_fk_action {
    ALC_NO_ACTION = 0,
    ALC_RESTRICT,
    ALC_CASCADE,
    ALC_SET_NULL,
    ALC_SET_DEFAULT,
};

enum alc_fk_match {
    ALC_MATCH_SIMPLE = 0,
    ALC_MATCH_FULL,
    ALC_MATCH_PARTIAL,
};

struct alc_constraint {
    enum alc_constraint_kind kind;
    struct alc_str name;     /* absent: unnamed (SQLite) */
    struct alc_str *columns; /* in key order; empty for CHECK and EXCLUDE */
    size_t n_columns;
    struct alc_str *include; /* UNIQUE and PRIMARY KEY ... INCLUDE */
    size_t n_include;
    /* CHECK: the condition; EXCLUDE: the definition; SQLite's keys: the list as written
     * when it holds more than columns (a COLLATE or a direction), else absent. */
    struct alc_str expr;
    struct alc_str conflict; /* SQLite's ON CONFLICT clause; else absent */

    /* FOREIGN KEY only.  ref_schema is absent where the backend did not say one;
     * n_ref_columns is 0 where the key of the target is meant. */
    struct alc_str ref_schema;
    struct alc_str ref_table;
    struct alc_str *ref_columns;
    size_t n_ref_columns;
    enum alc_fk_action on_update;
    enum alc_fk_action on_delete;
    enum alc_fk_match match;

    bool deferrable;
    bool initially_deferred;
    bool not_valid;
    bool nulls_not_distinct;
};

/* A column or an expression of an index. */
struct alc_index_part {
    struct alc_str text;      /* column name, or the expression */
    struct alc_str opclass;   /* absent: the default of the type */
    struct alc_str collation; /* absent: the column's */
    bool is_expr;
    bool descending;
    bool nulls_first; /* PostgreSQL: as it holds, also when it was not written */
};

struct alc_index {
    struct alc_str name;
    struct alc_index_part *parts;
    size_t n_parts;
    struct alc_str *include;
    size_t n_include;
    struct alc_str predicate; /* partial index; else absent */
    struct alc_str method;    /* "btree"; absent where there is only one */
    struct alc_str options;   /* storage options as text; absent: none */
    bool is_unique;
    bool nulls_not_distinct;
    bool is_constraint; /* stands for a constraint of the same name */
};

enum alc_table_kind {
    ALC_TABLE_ORDINARY = 0,
    ALC_TABLE_PARTITIONED,
    ALC_TABLE_PARTITION,
    ALC_TABLE_FOREIGN,
    ALC_TABLE_VIEW,
    ALC_TABLE_MATERIALIZED_VIEW,
    ALC_TABLE_VIRTUAL, /* SQLite: CREATE VIRTUAL TABLE */
};

struct alc_table {
    struct alc_str schema; /* absent: the backend has only one, or it is the default */
    struct alc_str name;
    enum alc_table_kind kind;
    bool is_temporary;
    bool without_rowid; /* SQLite */
    bool strict;        /* SQLite */
    bool autoincrement; /* SQLite: AUTOINCREMENT on the key */
    /* The producer did not understand the table to the last token, and why: such a
     * table equals nothing, not even itself.  Absent: understood. */
    struct alc_str opaque;
    /* SQLite: the statements of an opaque table and its indexes, so that two such
     * tables are equal only if these are; finished: in byte order. */
    struct alc_str *statements;
    size_t n_statements;
    struct alc_str comment;
    struct alc_column *columns; /* in the table's order */
    size_t n_columns;
    struct alc_constraint *constraints; /* finished: by kind, name, columns */
    size_t n_constraints;
    struct alc_index *indexes; /* finished: by name */
    size_t n_indexes;

    /* Room behind the arrays while the catalog is being filled. */
    size_t cap_columns;
    size_t cap_constraints;
    size_t cap_indexes;
};

enum { ALC_CATALOG_N_ARRAYS = 3, ALC_CATALOG_N_SIZES = 24 };

struct alc_catalog {
    struct alc_arena arena;
    /* Arrays that tables have grown out of, by what they hold and by their size, for
     * the next table that grows: lists through their first bytes. */
    void *spare[ALC_CATALOG_N_ARRAYS][ALC_CATALOG_N_SIZES];
    enum alc_backend backend;
    uint32_t server_version;   /* PostgreSQL: 150004; SQLite: 3040001; 0: unknown */
    struct alc_table **tables; /* finished: by schema, name */
    size_t n_tables;
    size_t cap_tables;
    bool finished;
};

/* No allocation. */
void alc_catalog_init(struct alc_catalog *catalog, enum alc_backend backend);

/* Free everything; the catalog is as after alc_catalog_init(). */
void alc_catalog_release(struct alc_catalog *catalog);

/*
 * Copy a string into the catalog.  An absent one stays absent.
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_catalog_text(struct alc_str *out, struct alc_catalog *catalog,
                     struct alc_str text, struct alc_error *err);

/*
 * Room for n strings in the catalog, all absent; NULL in *out for n 0.
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_catalog_texts(struct alc_str **out, struct alc_catalog *catalog, size_t n,
                      struct alc_error *err);

/*
 * Add a table, zeroed but for its copied names.  The pointer is valid until release.
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_catalog_add_table(struct alc_table **out, struct alc_catalog *catalog,
                          struct alc_str schema, struct alc_str name,
                          struct alc_error *err);

/*
 * Add a zeroed column, constraint or index to a table of this catalog.  The pointer is
 * valid until the next one is added to the same table.  Strings that the caller puts in
 * must live as long as the catalog: use alc_catalog_text().
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_catalog_add_column(struct alc_column **out, struct alc_catalog *catalog,
                           struct alc_table *table, struct alc_error *err);
int alc_catalog_add_constraint(struct alc_constraint **out, struct alc_catalog *catalog,
                               struct alc_table *table, struct alc_error *err);
int alc_catalog_add_index(struct alc_index **out, struct alc_catalog *catalog,
                          struct alc_table *table, struct alc_error *err);

/*
 * Put everything in its canonical order: tables by schema and name, constraints by
 * kind, name, columns and then all else, indexes by name; columns keep the table's
 * order.  Byte order, absent first.  O(n log n).
 * Returns 0, or ALC_E_INVALID when two tables have the same schema and name.
 */
int alc_catalog_finish(struct alc_catalog *catalog, struct alc_error *err);

/* The table of that name in a finished catalog, or NULL.  O(log n). */
const struct alc_table *alc_catalog_find(const struct alc_catalog *catalog,
                                         struct alc_str schema, struct alc_str name);

/*
 * Append the canonical bytes of a finished catalog: equal for equal schemas on any
 * machine, in any run, whatever order rows came in, and different for different ones
 * (each field is length-prefixed).  Covers what the structs above hold but for the
 * server's version.  A fingerprint is a hash of them.  O(size).
 * Returns 0 or ALC_E_NOMEM.
 */
int alc_catalog_canonical(struct alc_buf *out, const struct alc_catalog *catalog,
                          struct alc_error *err);

/* The same for one table. */
int alc_table_canonical(struct alc_buf *out, const struct alc_table *table,
                        struct alc_error *err);

#endif
